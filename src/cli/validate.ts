// `validate FILE…`: all problems of manifests, offline. Exit codes: 1 a manifest is bad, 2 usage, 3 a file cannot be read.
import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { Command, Option } from "commander";
import { KIND, parseScaler } from "../api/index.ts";
import type { Problem, Scaler } from "../api/index.ts";
import { queryProblem } from "../prometheus/index.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { readDocuments } from "./manifests.ts";
import type { ManifestDocument, Place } from "./manifests.ts";

interface ValidateOptions {
  readonly output: "text" | "json";
  readonly queries: boolean;
}

/** A problem and where it stands. */
type Finding = Problem & Place;

/** What one document of one file came to. */
interface Checked {
  readonly file: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly problems: readonly Finding[];
}

/** The files as a whole. `others`: documents of other kinds, which are not looked at. */
interface Report {
  readonly scalers: readonly Checked[];
  readonly others: number;
}

const EXAMPLE = `
Examples:
  predictive-scaler validate checkout.yaml
  kustomize build . | predictive-scaler validate -

Documents of other kinds are passed over. Each problem stands on a line of its own:
file:line:column, the field, what was found, what was expected. The rules are those
of the CRD, and the query is read with the grammar of Prometheus; --no-queries
leaves that out, for servers that take more (such as VictoriaMetrics).
`;

export function validateCommand(io: Io, finish: (code: number) => void): Command {
  return new Command("validate")
    .description("Check manifests offline and list all that is wrong with them.")
    .argument("<file...>", "YAML or JSON files; - is standard input")
    .addOption(new Option("--output <format>", "how the problems are printed").choices(["text", "json"]).default("text"))
    .option("--no-queries", "do not check the syntax of the queries")
    .addHelpText("after", EXAMPLE)
    .action(async (files: string[], options: ValidateOptions) => finish(await validate(files, options, io)));
}

async function validate(files: readonly string[], options: ValidateOptions, io: Io): Promise<number> {
  const reports: Report[] = [];
  for (const file of files) {
    const read = await textOf(file, io);
    if (read.kind === "unreadable") {
      io.stderr(`predictive-scaler: ${read.message}\n`);
      return EXIT.unreachable;
    }
    reports.push(check(read.text, file, options.queries));
  }
  const scalers = reports.flatMap((report) => report.scalers);
  if (options.output === "json") io.stdout(`${JSON.stringify(scalers, undefined, 2)}\n`);
  else io.stdout(asText(scalers, reports.reduce((sum, { others }) => sum + others, 0)));
  return scalers.some(({ problems }) => problems.length > 0) ? EXIT.bad : EXIT.ok;
}

async function textOf(file: string, { stdin }: Io): Promise<{ kind: "text"; text: string } | { kind: "unreadable"; message: string }> {
  try {
    return { kind: "text", text: file === "-" ? await readAll(stdin) : await readFile(file, "utf8") };
  } catch (error) {
    return { kind: "unreadable", message: `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function check(text: string, file: string, withQueries: boolean): Report {
  const documents = readDocuments(text);
  const isOther = (document: ManifestDocument) => document.kind === "object" && kindOf(document.object) !== undefined && kindOf(document.object) !== KIND;
  const others = documents.filter(isOther).length;
  const scalers = documents.filter((document) => !isOther(document)).map((document) => checked(document, file, withQueries));
  if (scalers.length > 0) return { scalers, others };
  const found = others === 0 ? "nothing" : `${others} documents of other kinds`;
  const problem = { path: "", found, expected: `a ${KIND}`, line: 1, column: 1 };
  return { scalers: [{ file, namespace: undefined, name: undefined, problems: [problem] }], others };
}

function checked(document: ManifestDocument, file: string, withQueries: boolean): Checked {
  if (document.kind === "broken") {
    const problem = { path: "", found: document.message, expected: "YAML", ...document.place };
    return { file, namespace: undefined, name: undefined, problems: [problem] };
  }
  const parsed = parseScaler(document.object);
  const problems = parsed.kind === "invalid" ? parsed.problems : withQueries ? queryProblems(parsed.scaler) : [];
  const { namespace, name } = parsed.kind === "valid" ? parsed.scaler : namesOf(document.object);
  return { file, namespace, name, problems: problems.map((problem) => ({ ...problem, ...document.placeOf(problem.path) })) };
}

function queryProblems({ spec }: Scaler): Problem[] {
  const problem = queryProblem(spec.metric.query);
  if (problem === undefined) return [];
  return [{ path: "spec.metric.query", found: JSON.stringify(spec.metric.query), expected: `PromQL; ${problem.message}` }];
}

function kindOf(object: unknown): unknown {
  return typeof object === "object" && object !== null && "kind" in object ? object.kind : undefined;
}

function namesOf(object: unknown): { namespace: string | undefined; name: string | undefined } {
  const metadata: unknown = typeof object === "object" && object !== null && "metadata" in object ? object.metadata : undefined;
  const at = (key: string) => {
    const value: unknown = typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, key) : undefined;
    return typeof value === "string" ? value : undefined;
  };
  return { namespace: at("namespace"), name: at("name") };
}

function asText(scalers: readonly Checked[], others: number): string {
  const lineOf = (file: string, { line, column, path, found, expected }: Finding) =>
    `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}found ${found}, expected ${expected}`;
  const lines = scalers.flatMap(({ file, problems }) => problems.map((problem) => lineOf(file, problem)));
  const bad = scalers.filter(({ problems }) => problems.length > 0).length;
  const passedOver = others === 0 ? "" : ` ${counted(others, "document")} of other kinds passed over.`;
  const verdict = bad === 0 ? `${counted(scalers.length, "scaler")}, no problem.` : `${counted(scalers.length, "scaler")}, ${bad} with problems.`;
  return [...lines, verdict + passedOver, ""].join("\n");
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
