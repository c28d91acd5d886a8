// An expression over a range of times -> vectors: per label set the value at each step, undefined where there is none.
import type { Expression, Matcher, Selector } from "./query.ts";
import { instantValue, rateOf } from "./series.ts";
import type { PlaygroundSeries } from "./series.ts";

/** Steps to evaluate at: startMs, startMs + stepMs, … `steps` of them, unix ms. */
export interface Steps {
  readonly startMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

export interface Store {
  readonly series: readonly PlaygroundSeries[];
  readonly nowMs: number;
  readonly scrapeMs: number;
}

/** One result: its labels (with `__name__` where the series was selected as it is) and a value per step; undefined = no point. */
export interface Vector {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | undefined)[];
}

/** A query that parses but cannot be evaluated: Prometheus answers 422. */
export class ExecutionError extends Error {
  override readonly name = "ExecutionError";
}

/** The vectors of `expression` that have a point; a number is one vector without labels. Throws ExecutionError. */
export function evaluate(expression: Expression, store: Store, at: Steps): Vector[] {
  return evaluated(expression, store, at).filter(({ values }) => values.some((value) => value !== undefined));
}

function evaluated(expression: Expression, store: Store, at: Steps): Vector[] {
  const { nowMs, scrapeMs } = store;
  switch (expression.kind) {
    case "number":
      return [{ labels: {}, values: Array.from({ length: at.steps }, () => expression.value) }];
    case "select":
      return selected(expression.selector, store).map((series) => ({
        labels: { __name__: series.name, ...series.labels },
        values: overSteps(at, (timeMs) => (timeMs > nowMs ? undefined : instantValue(series, timeMs, nowMs, scrapeMs))),
      }));
    case "rate":
      return selected(expression.selector, store).map((series) => ({
        labels: { ...series.labels },
        values: overSteps(at, (timeMs) => (timeMs > nowMs ? undefined : rateOf(series, timeMs, expression.rangeMs, nowMs, scrapeMs))),
      }));
    case "sum":
      return [summed(evaluated(expression.of, store, at), at.steps)];
    case "binary":
      return combined(expression, store, at);
    case "range":
      throw new ExecutionError("a range vector has no value at a time");
  }
}

function overSteps(at: Steps, valueAt: (timeMs: number) => number | undefined): (number | undefined)[] {
  const values: (number | undefined)[] = [];
  for (let i = 0; i < at.steps; i++) values.push(valueAt(at.startMs + i * at.stepMs));
  return values;
}

function summed(vectors: readonly Vector[], steps: number): Vector {
  const [first, ...rest] = vectors;
  const values = first === undefined ? Array.from<undefined>({ length: steps }) : first.values.slice();
  for (const { values: more } of rest)
    for (let i = 0; i < steps; i++) {
      const [sum, value] = [values[i], more[i]];
      if (value !== undefined) values[i] = sum === undefined ? value : sum + value;
    }
  return { labels: {}, values };
}

function combined({ op, left, right }: Expression & { kind: "binary" }, store: Store, at: Steps): Vector[] {
  const [lefts, rights] = [evaluated(left, store, at), evaluated(right, store, at)];
  if (!isScalar(left) && !isScalar(right)) throw new ExecutionError("the playground combines a vector with numbers only");
  const apply = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? undefined : OPERATIONS[op]?.(a, b));
  const many = isScalar(left) ? rights : lefts;
  return many.map(({ labels, values }) => ({
    labels: Object.fromEntries(Object.entries(labels).filter(([name]) => name !== "__name__")),
    values: values.map((value, i) => (isScalar(left) ? apply(lefts[0]?.values[i], value) : apply(value, rights[0]?.values[i]))),
  }));
}

const OPERATIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
};

/** Whether the expression is a number at every time, as PromQL's types have it. */
export function isScalar(expression: Expression): boolean {
  if (expression.kind === "binary") return isScalar(expression.left) && isScalar(expression.right);
  return expression.kind === "number";
}

function selected(selector: Selector, store: Store): PlaygroundSeries[] {
  const { name, matchers } = selector;
  return store.series.filter((series) => series.name === name && matchers.every((matcher) => isMatch(matcher, series.labels?.[matcher.label] ?? "")));
}

function isMatch({ op, value }: Matcher, found: string): boolean {
  if (op === "=" || op === "!=") return (found === value) === (op === "=");
  return new RegExp(`^(?:${value})$`).test(found) === (op === "=~");
}
