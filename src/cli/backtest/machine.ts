// A backtest for programs: a row a step after the split as CSV, and the numbers as JSON. Names and columns are a stable contract.
// Invariant: what is missing is empty in CSV and null in JSON, never 0.
import { durationText } from "../../api/index.ts";
import { rfc3339, rfc3339Micro } from "../../clock.ts";
import type { PolicyResult } from "../../replay/index.ts";
import type { BacktestCourse, BacktestResult } from "./result.ts";

const COLUMNS = "timestamp,demand,forecast,upper,wanted,ready,overloaded";
/** Significant digits of computed numbers. */
const DIGITS = 10;

const time = (ms: number) => (ms % 1000 === 0 ? rfc3339(ms) : rfc3339Micro(ms));
const rounded = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null);

export function courseCsv({ course, targetPerReplica }: BacktestCourse): string {
  const { trace, split, forecast, upper, wanted, ready } = course;
  const cell = (value: number | undefined) => rounded(value ?? NaN) ?? "";
  const rows = [COLUMNS];
  for (let i = split; i < trace.values.length; i++) {
    const demand = trace.values[i] ?? NaN;
    const isOverloaded = demand > (ready[i] ?? 0) * targetPerReplica;
    const numbers = [Number.isNaN(demand) ? "" : demand, cell(forecast[i]), cell(upper[i]), wanted[i], ready[i], isOverloaded ? 1 : 0];
    rows.push(`${time(trace.startMs + i * trace.stepMs)},${numbers.join(",")}`);
  }
  return `${rows.join("\n")}\n`;
}

export function resultJson(result: BacktestResult): object {
  const { course, leadMs, forecast, policies } = result;
  const { startMs, stepMs, values } = course.trace;
  const at = (step: number) => time(startMs + step * stepMs);
  return {
    trace: {
      samples: values.length,
      step: durationText(stepMs),
      from: at(0),
      to: at(values.length - 1),
      missing: values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0),
      split: at(course.split),
      judgedFrom: at(course.judgedFrom),
    },
    forecast: {
      lead: durationText(leadMs),
      wape: rounded(forecast.wape),
      wapePersistence: rounded(forecast.wapePersistence),
      coverage: rounded(forecast.coverage),
      pinball: rounded(forecast.pinball),
    },
    policies: policies.map((policy) => policyJson(result, policy)),
  };
}

function policyJson(result: BacktestResult, policy: PolicyResult): object {
  const { name, numbers } = policy;
  const number = (value: number | undefined) => rounded(value ?? NaN);
  return {
    name,
    settings: numbers === undefined ? null : settingsOf(result, policy),
    overloadedShare: number(numbers?.overloadedShare),
    unservedShare: number(numbers?.unservedShare),
    podHours: number(numbers?.podHours),
    replicaChanges: number(numbers?.replicaChanges),
    meanReplicas: number(numbers?.meanReplicas),
  };
}

function settingsOf(result: BacktestResult, { name, utilisation }: PolicyResult): object {
  const { targetPerReplica, minReplicas, maxReplicas } = result;
  const bounds = { targetPerReplica, minReplicas, maxReplicas, readyDelay: durationText(result.readyDelayMs) };
  if (name === "predictive") return { leadTime: durationText(result.leadMs), serviceLevel: result.serviceLevel, ...bounds };
  return utilisation === undefined ? bounds : { utilisation, ...bounds };
}
