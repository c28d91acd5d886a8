// `backtest`: a manifest and a recorded trace in, what the controller would have done and how well it would have gone out.
// Exit codes: 1 the manifest or the trace is bad, 3 a file cannot be read or written.
import { readFile, stat, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { durationText, parseDuration } from "../api/index.ts";
import { gridOfTrace } from "../replay/index.ts";
import { coverage, regularize } from "../series/index.ts";
import type { Series } from "../series/index.ts";
import { readManifest } from "./backtest/manifest.ts";
import { courseCsv, resultJson } from "./backtest/machine.ts";
import { backtestCourse, backtestResult } from "./backtest/result.ts";
import { summaryText } from "./backtest/summary.ts";
import { MOST_ROWS, readTraceCsv } from "./backtest/trace-csv.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";

export interface BacktestOptions {
  readonly scaler: string;
  readonly csv: string;
  /** Share of the trace that is history, 0..1. */
  readonly train: number;
  readonly readyDelay: number;
  readonly output: "text" | "json" | "csv";
  /** File for the output; standard output if not given. */
  readonly out?: string;
}

/** A string of more bytes than this is near what the engine can hold. */
const MOST_BYTES = 400 * 1024 * 1024;
const DAY_MS = 86_400_000;

const EXAMPLE = `
Example:
  predictive-scaler backtest --scaler checkout.yaml --csv demand.csv
  predictive-scaler backtest --scaler checkout.yaml --csv demand.csv --output csv --out rows.csv

The trace has the header timestamp,value: ISO 8601 times (without a zone: UTC) or
unix seconds. Its step is found from the data and replaces spec.metric.step; rows
that are absent and values that are empty or NaN are gaps, never 0. Of two rows for
one moment the later counts.

The first --train of the trace is history: the forecaster is fitted on it, and it is
replayed through forecaster and demand rule. The rest is decided step by step, each
step from the past only. Replicas asked for are ready after --ready-delay, removal
is at once. Judging starts --ready-delay and one hour after the split; a missing
demand counts as covered. Replayed are forecast, margin, scale-down stabilisation,
tolerance, minReplicas and maxReplicas; mode, scaling policies, scale-up
stabilisation, fallback and weekly refits are not.

--output csv: a row a step after the split; forecast and upper (95 % bound) were made
one lead time before that moment. --output json: shares from 0 to 1, pinball is the
mean loss of the 95 % bound in the unit of the demand, podHours counts replicas asked
for, replicaChanges is per day. hpa-tuned and last-week: the cheapest of 75
utilisations with no more overload than predictive, chosen in hindsight; their
numbers are null if there is none. last-week asks for what last week's next half hour
needed. clairvoyant knows the future.
`;

export function backtestCommand(io: Io, finish: (code: number) => void): Command {
  return new Command("backtest")
    .description("Replay a recorded trace through the controller's own forecast and demand rule.")
    .addOption(new Option("--scaler <file>", "manifest of the PredictiveScaler").makeOptionMandatory())
    .addOption(new Option("--csv <file>", "trace of the demand, header timestamp,value").makeOptionMandatory())
    .addOption(new Option("--train <share>", "how much of the trace is history").argParser(share).default(0.7, "70%"))
    .addOption(new Option("--ready-delay <duration>", "time from asking for a replica to Ready").argParser(duration).default(300_000, "5m"))
    .addOption(new Option("--output <format>", "what is printed").choices(["text", "json", "csv"]).default("text"))
    .addOption(new Option("--out <file>", "where it is written (default: standard output)"))
    .addHelpText("after", EXAMPLE)
    .action(async (options: BacktestOptions) => finish(await runBacktest(options, io)));
}

/** Something to tell the user, with the exit code that it means. */
class Refusal extends Error {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** Runs the backtest; resolves to the exit code. */
export async function runBacktest(options: BacktestOptions, io: Io): Promise<number> {
  try {
    const text = await backtest(options, io);
    if (options.out === undefined) io.stdout(text);
    else await writeFile(options.out, text).catch((error: unknown) => refuse(`${options.out}: cannot be written: ${reasonOf(error)}`, EXIT.unreachable));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.stderr(`${error.message.replaceAll(/^/gm, "predictive-scaler: ")}\n`);
    return error.code;
  }
}

/** What is to be printed. Throws Refusal. */
async function backtest({ scaler: scalerFile, csv, train, readyDelay, output }: BacktestOptions, io: Io): Promise<string> {
  const note = (sentence: string) => io.stderr(`predictive-scaler: ${sentence}\n`);
  const manifest = readManifest(await textOf(scalerFile), scalerFile);
  if (manifest.kind === "invalid") refuse(manifest.problems);
  const trace = traceOf(await textOf(csv), csv, note);
  const { stepMs: ownStepMs } = manifest.scaler.spec.metric;
  if (ownStepMs !== trace.stepMs) note(`The step of ${csv} is ${durationText(trace.stepMs)}; it replaces the manifest's ${durationText(ownStepMs)}.`);
  const split = Math.floor(train * trace.values.length + 1e-9);
  const replayed = split === 0 ? undefined : backtestCourse(manifest.scaler, trace, split, readyDelay);
  if (replayed === undefined) {
    const lengths = `${durationText(trace.values.length * trace.stepMs)}, of which ${durationText(split * trace.stepMs)} are history`;
    refuse(`${csv}: found a trace of ${lengths}; expected history, and after it more than the --ready-delay and one hour that are not judged`);
  }
  const history = durationText(split * trace.stepMs);
  if (!replayed.course.isFitted) note(`The history (${history}) is too short to fit the model: its parameters are the default ones.`);
  if (output === "csv") return courseCsv(replayed);
  const result = backtestResult(replayed);
  return output === "json" ? `${JSON.stringify(resultJson(result), undefined, 2)}\n` : summaryText(result, basename(csv));
}

function traceOf(text: string, file: string, note: (sentence: string) => void): Series {
  const read = readTraceCsv(text);
  if (read.kind === "invalid") {
    const lines = read.problems.map(({ line, found, expected }) => `${file}: line ${line}: found ${found}, expected ${expected}`);
    refuse([...lines, ...(read.count > lines.length ? [`${file}: and ${read.count - lines.length} more lines like these`] : [])].join("\n"));
  }
  const { samples } = read;
  const grid = gridOfTrace(samples);
  if (grid === undefined) refuse(`${file}: found ${samples.timesMs.length} rows, expected at least two different timestamps`);
  const step = durationText(grid.stepMs);
  if (grid.stepMs > DAY_MS) refuse(`${file}: found a step of ${step}, expected at most a day`);
  if (grid.length > MOST_ROWS) refuse(`${file}: found ${grid.length} steps of ${step} from first to last row, expected at most ${MOST_ROWS}`);
  const trace = regularize(samples, grid);
  const present = coverage(trace);
  if (present === 0) refuse(`${file}: found no value in ${samples.timesMs.length} rows, expected samples`);
  const sharing = samples.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0) - Math.round(present * grid.length);
  if (sharing > 0) note(`${file}: ${sharing} rows share their step of ${step} with another; the later one counts.`);
  return trace;
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) refuse(`${file}: found ${size} bytes, expected at most ${MOST_BYTES}`);
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuse(`${file}: cannot be read: ${reasonOf(error)}`, EXIT.unreachable);
  }
}

function refuse(message: string, code: number = EXIT.bad): never {
  throw new Refusal(message, code);
}

const WORDS: Readonly<Record<string, string>> = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "permission denied" };

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WORDS[code ?? ""] ?? message;
}

function share(text: string): number {
  const found = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const value = found === null ? Number(text) : Number(found[1]) / 100;
  if (text.trim() === "" || !(value > 0 && value < 1)) throw new InvalidArgumentError("Expected a percentage between 0% and 100%, such as 70%.");
  return value;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError("Expected a duration such as 90s, 5m or 1h30m.");
  if (ms > DAY_MS) throw new InvalidArgumentError("Expected at most 1d.");
  return ms;
}
