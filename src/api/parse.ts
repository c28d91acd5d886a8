// An unknown object in, a complete scaler out with every default filled in, or all problems at once. Agrees with what the API server accepts.
import { z } from "zod";
import { completeCalendar } from "./calendar.ts";
import { GROUP, KIND, VERSION } from "./identity.ts";
import { completeOutput } from "./output.ts";
import { foundText, pathText, problemsOf, unknownField } from "./problems.ts";
import { COMPANION_RULES, FIELD_RULES } from "./rules.ts";
import { specSchema } from "./schema.ts";
import type { ParseResult, Problem, PrometheusAccess, ScalerSpec } from "./spec.ts";
import { bare, defaultOf, schemaAt, valueAt } from "./tree.ts";

const TOP_FIELDS = ["apiVersion", "kind", "metadata", "spec", "status"];
/** Deeper than any manifest: what is written deeper, or holds itself (YAML can), has no text that a problem could quote. */
const MOST_DEEP = 64;
const NESTED = `a manifest of at most ${MOST_DEEP} levels`;
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

type PlainObject = Readonly<Record<string, unknown>>;

/** Parses a PredictiveScaler as JSON.parse or a YAML reader yields it. Never throws. Metadata other than name is the API server's to check. */
export function parseScaler(object: unknown): ParseResult {
  if (!isTree(object)) return { kind: "invalid", problems: [{ path: "", found: "a value within itself, or one that is nested too deep", expected: NESTED }] };
  if (!isObject(object)) return { kind: "invalid", problems: [{ path: "", found: foundText(object), expected: `an object of kind ${KIND}` }] };
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const spec = withDefaultsForNull(specSchema, object["spec"]);
  const parsed = specSchema.safeParse(spec);
  const problems = [
    ...envelopeProblems(object, metadata["name"]),
    ...(parsed.success ? [] : problemsOf(parsed.error.issues, specSchema, spec, ["spec"])),
    ...ruleProblems(spec),
    ...companionProblems(spec),
  ];
  if (problems.length > 0 || !parsed.success) return { kind: "invalid", problems };
  const { namespace, name, uid, generation } = metadata;
  return {
    kind: "valid",
    scaler: {
      namespace: typeof namespace === "string" && namespace !== "" ? namespace : "default",
      name: String(name),
      uid: typeof uid === "string" ? uid : "",
      generation: typeof generation === "number" ? generation : 0,
      spec: completeSpec(parsed.data),
    },
  };
}

/** Whether a value ends at a bounded depth on every way down. What is found again elsewhere is looked at once. */
function isTree(value: unknown, depth = 0, above = new Set<object>(), seen = new Set<object>()): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth > MOST_DEEP || above.has(value)) return false;
  if (seen.has(value)) return true;
  above.add(value);
  const holds = Object.values(value).every((member) => isTree(member, depth + 1, above, seen));
  above.delete(value);
  seen.add(value);
  return holds;
}

function envelopeProblems(object: PlainObject, name: unknown): Problem[] {
  const problems: Problem[] = [];
  const expect = (isRight: boolean, path: string, found: unknown, expected: string) => {
    if (!isRight) problems.push({ path, found: foundText(found), expected });
  };
  expect(object["apiVersion"] === `${GROUP}/${VERSION}`, "apiVersion", object["apiVersion"], `${GROUP}/${VERSION}`);
  expect(object["kind"] === KIND, "kind", object["kind"], KIND);
  expect(typeof name === "string" && NAME.test(name), "metadata.name", name, "a name of lower-case letters, digits, - and .");
  for (const key of Object.keys(object)) expect(TOP_FIELDS.includes(key), key, object[key], unknownField(key, TOP_FIELDS));
  return problems;
}

/** Rules between fields, where both fields are right by themselves. */
function ruleProblems(spec: unknown): Problem[] {
  const problems: Problem[] = [];
  for (const { fields, holds, measure, expected } of FIELD_RULES) {
    const [path, other] = [fields[0].split("."), fields[1].split(".")];
    const [found, second] = [parsedAt(spec, path), parsedAt(spec, other)];
    const first = measure === undefined ? found : measure(found);
    if (typeof first !== "number" || typeof second !== "number" || holds(first, second)) continue;
    problems.push({ path: pathText(["spec", ...path]), found: writtenAt(spec, path), expected: `${expected} (${writtenAt(spec, other)})` });
  }
  return problems;
}

/** Fields that another one asks for, or has no use for. */
function companionProblems(spec: unknown): Problem[] {
  return COMPANION_RULES.flatMap(({ field, beside, word, expected }) => {
    const said = parsedAt(spec, [beside]);
    const found = valueAt(spec, [field]);
    if (said === undefined || (said === word) === (found !== undefined)) return [];
    return [{ path: pathText(["spec", field]), found: foundText(found), expected }];
  });
}

/** The value at a path, or its default, as the manifest writes it. */
function writtenAt(spec: unknown, path: readonly string[]): string {
  return foundText(valueAt(spec, path) ?? defaultAt(path));
}

function defaultAt(path: readonly string[]): unknown {
  const schema = schemaAt(specSchema, path);
  return schema === undefined ? undefined : defaultOf(schema);
}

/** The value at a path as the schema reads it, its default if it is absent below an object; undefined if it is wrong or not there. */
function parsedAt(spec: unknown, path: readonly string[]): unknown {
  const schema = schemaAt(specSchema, path);
  const value = valueAt(spec, path);
  if (schema === undefined || (value === undefined && !mayDefault(spec, path))) return undefined;
  const parsed = z.safeParse(schema, value);
  return parsed.success ? parsed.data : undefined;
}

/** Whether each object above the field is there, or is filled in by a default. */
function mayDefault(spec: unknown, path: readonly string[]): boolean {
  return path.slice(0, -1).every((_, i) => valueAt(spec, path.slice(0, i + 1)) !== undefined || defaultAt(path.slice(0, i + 1)) !== undefined);
}

/** As the API server does it: null where a default exists is the same as nothing. */
function withDefaultsForNull(schema: z.core.$ZodType, value: unknown): unknown {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) return value.map((item) => withDefaultsForNull(inner.element, item));
  if (!(inner instanceof z.ZodObject) || !isObject(value)) return value;
  const kept = Object.entries(value).filter(([key, entry]) => {
    const field = schemaAt(inner, [key]);
    return entry !== null || field === undefined || defaultOf(field) === undefined;
  });
  return Object.fromEntries(
    kept.map(([key, entry]) => {
      const field = schemaAt(inner, [key]);
      return [key, field === undefined ? entry : withDefaultsForNull(field, entry)];
    }),
  );
}

function isObject(value: unknown): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function completeSpec({ metric, forecast, schedules = [], fallback, nodeHeadroom, output, ...rest }: z.output<typeof specSchema>): ScalerSpec {
  const { step, prometheus, ...demand } = metric;
  const { leadTime, history, calendar, ...outlook } = forecast;
  return {
    ...rest,
    metric: { ...demand, stepMs: step, prometheus: prometheus === undefined ? undefined : completeAccess(prometheus) },
    forecast: { ...outlook, leadTimeMs: leadTime, historyMs: history, calendar: completeCalendar(calendar) },
    schedules: schedules.map(({ duration, ...schedule }) => ({ ...schedule, durationMs: duration })),
    fallback: fallback === undefined ? undefined : { replicas: fallback.replicas, afterMs: fallback.after },
    nodeHeadroom: nodeHeadroom === undefined ? undefined : { priorityClassName: nodeHeadroom.priorityClassName, aheadMs: nodeHeadroom.ahead },
    output: completeOutput(output),
  };
}

function completeAccess({ timeout, ...access }: NonNullable<z.output<typeof specSchema>["metric"]["prometheus"]>): PrometheusAccess {
  return { ...access, timeoutMs: timeout };
}
