// The API's paths, parameters, limits and error texts as Prometheus 3 has them: a request's form -> status and JSON.
import type { Steps, Store, Vector } from "./evaluate.ts";
import { evaluate, ExecutionError, isScalar } from "./evaluate.ts";
import { durationMs, parseQuery } from "./query.ts";
import type { Expression } from "./query.ts";
import { ParseError } from "./tokens.ts";

export interface Answer {
  readonly status: number;
  readonly json: string;
}

/** Prometheus's own bound on the points of one series. */
const MAX_POINTS = 11_000;

/** A parameter that Prometheus refuses with 400. */
class BadData extends Error {}

/** The answer to /api/v1/query_range. */
export function rangeAnswer(form: URLSearchParams, store: Store): Answer {
  return answered(() => {
    const startMs = timeOf(form, "start");
    const endMs = timeOf(form, "end");
    if (endMs < startMs) throw invalid("end", "end timestamp must not be before start time");
    const stepMs = stepOf(form);
    if (stepMs <= 0) throw invalid("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
    if ((endMs - startMs) / stepMs > MAX_POINTS)
      throw new BadData("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
    const expression = queryOf(form);
    if (expression.kind === "range") throw invalid("query", 'invalid expression type "range vector" for range query, must be Scalar or instant Vector');
    const at: Steps = { startMs, stepMs, steps: Math.floor((endMs - startMs) / stepMs) + 1 };
    const result = evaluate(expression, store, at).map((vector) => `{"metric":${JSON.stringify(vector.labels)},"values":[${pointsOf(vector, at)}]}`);
    return `{"resultType":"matrix","result":[${result.join(",")}]}`;
  });
}

/** The answer to /api/v1/query, for instant vectors and numbers. */
export function instantAnswer(form: URLSearchParams, store: Store): Answer {
  return answered(() => {
    const timeMs = form.has("time") ? timeOf(form, "time") : store.nowMs;
    const expression = queryOf(form);
    const at = { startMs: timeMs, stepMs: 1, steps: 1 };
    const vectors = evaluate(expression, store, at);
    if (isScalar(expression)) return `{"resultType":"scalar","result":${pointsOf(vectors[0], at)}}`;
    const result = vectors.map((vector) => `{"metric":${JSON.stringify(vector.labels)},"value":${pointsOf(vector, at)}}`);
    return `{"resultType":"vector","result":[${result.join(",")}]}`;
  });
}

/** What /api/v1/status/buildinfo says. */
export const BUILD_INFO: Answer = {
  status: 200,
  json: '{"status":"success","data":{"version":"3.0.0-playground","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":""}}',
};

/** An error as the API words it. */
export function errorAnswer(status: number, errorType: string, error: string): Answer {
  return { status, json: JSON.stringify({ status: "error", errorType, error }) };
}

function answered(data: () => string): Answer {
  try {
    return { status: 200, json: `{"status":"success","data":${data()}}` };
  } catch (error) {
    if (error instanceof BadData) return errorAnswer(400, "bad_data", error.message);
    if (error instanceof ExecutionError) return errorAnswer(422, "execution", error.message);
    throw error;
  }
}

/** `[time,"value"],…` of the steps that have a point: the hot loop of a history load. */
function pointsOf(vector: Vector | undefined, { startMs, stepMs }: Steps): string {
  let points = "";
  const values = vector?.values ?? [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    points += `${points === "" ? "" : ","}[${(startMs + i * stepMs) / 1000},"${value - value === 0 ? value : wordFor(value)}"]`;
  }
  return points;
}

function wordFor(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function queryOf(form: URLSearchParams): Expression {
  try {
    return parseQuery(form.get("query") ?? "");
  } catch (error) {
    if (error instanceof ParseError) throw invalid("query", error.message);
    throw error;
  }
}

/** Seconds since 1970, in ms. */
function timeOf(form: URLSearchParams, name: string): number {
  const text = form.get(name) ?? "";
  const ms = /^-?\d+(\.\d*)?(e\+?\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : NaN;
  if (Number.isNaN(ms)) throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return ms;
}

/** Seconds or a duration, in ms. */
function stepOf(form: URLSearchParams): number {
  const text = form.get("step") ?? "";
  const ms = /^-?\d+(\.\d*)?$/.test(text) ? Number(text) * 1000 : durationMs(text);
  if (Number.isNaN(ms)) throw invalid("step", `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}

function invalid(parameter: string, message: string): BadData {
  return new BadData(`invalid parameter "${parameter}": ${message}`);
}
