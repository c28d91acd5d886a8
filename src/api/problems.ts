// What is wrong with a manifest, each thing with its path, what was found and what was expected.
import { z } from "zod";
import { nearestName } from "./nearest.ts";
import type { Problem } from "./spec.ts";
import { bare, metaOf, schemaAt, valueAt } from "./tree.ts";

/** Longest quotation of what was found. */
const MAX_FOUND = 120;

/** `value`, as JSON or YAML gave it, as a problem quotes it. */
export function foundText(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = (JSON.stringify(value) as string | undefined) ?? typeof value;
  return text.length <= MAX_FOUND ? text : `${text.slice(0, MAX_FOUND)}…`;
}

/** `spec.policies[0].value`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i === 0 ? "" : "."}${String(key)}`)).join("");
}

/** The problems behind zod's issues about `value`, which lies at `prefix` of the manifest. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], schema: z.core.$ZodType, value: unknown, prefix: readonly string[]): Problem[] {
  const problems = new Map<string, Problem>();
  for (const issue of issues) {
    for (const [path, expected] of expectations(issue, schema)) {
      const at = pathText([...prefix, ...path]);
      if (!problems.has(at)) problems.set(at, { path: at, found: foundText(valueAt(value, path)), expected });
    }
  }
  return [...problems.values()];
}

function expectations(issue: z.core.$ZodIssue, schema: z.core.$ZodType): [PropertyKey[], string][] {
  const at = schemaAt(schema, issue.path);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [[...issue.path, key], unknownField(key, fieldNames(at))]);
  const known = at === undefined ? undefined : (metaOf(at)?.range ?? `an object with the fields ${fieldNames(at).join(", ")}`);
  const isOwnWord = issue.code === "custom" && issue.message !== "Invalid input";
  return [[issue.path, isOwnWord ? issue.message : (known ?? issue.message)]];
}

/** What is expected where a field stands that nobody knows. */
export function unknownField(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  return `no such field; ${near === undefined ? `the fields here are ${known.join(", ")}` : `perhaps ${near} was meant`}`;
}

function fieldNames(schema: z.core.$ZodType | undefined): string[] {
  const inner = schema === undefined ? undefined : bare(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** The problems as lines for a person; "" if there are none. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(({ path, found, expected }) => `${path}: found ${found}, expected ${expected}`).join("\n");
}
