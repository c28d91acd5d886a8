// A backtest for programs: a row a step after the split as CSV, and the numbers as JSON. Names and columns are a stable contract.
// Invariant: what is missing is empty in CSV and null in JSON, never 0.
import { durationText } from "../../api/index.ts";
import { rfc3339, rfc3339Micro } from "../../clock.ts";
import { suggestions } from "./suggestions.ts";
import { reasonSentence } from "./verdict.ts";
import type { BacktestCourse, BacktestReport, ComparedPolicy } from "./result.ts";

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

export function resultJson(result: BacktestReport): object {
  const { course, leadMs, forecast, policies, curve, worst } = result;
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
    priceCurve: {
      points: curve.points.map(({ serviceLevel, margin, meanReplicas, podHours, isKnown }) => ({
        serviceLevel, margin: rounded(margin), meanReplicas: rounded(meanReplicas), podHours: rounded(podHours), known: isKnown,
      })),
      checked: curve.checked.map(({ serviceLevel, podHours, overloadedShare, predictedPodHours }) => ({
        serviceLevel, podHours: rounded(podHours), overloadedShare: rounded(overloadedShare), predictedPodHours: rounded(predictedPodHours),
      })),
    },
    worstHours: worst.map((hour) => ({
      from: time(hour.startMs),
      overloadedMinutes: rounded(hour.overloadedMs / 60_000),
      unservedShare: rounded(hour.unservedShare),
      demand: rounded(hour.demand),
      forecast: rounded(hour.forecast),
      readyReplicas: rounded(hour.readyReplicas),
      neededReplicas: rounded(hour.neededReplicas),
      reason: hour.reason.kind,
      message: reasonSentence(hour, leadMs),
    })),
    errorByHourOfWeek: Array.from(result.errorByHour, rounded),
    suggestions: suggestions(result),
  };
}

function policyJson(result: BacktestReport, policy: ComparedPolicy): object {
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

function settingsOf(result: BacktestReport, { name, utilisation }: ComparedPolicy): object {
  const { targetPerReplica, minReplicas, maxReplicas } = result;
  const bounds = { targetPerReplica, minReplicas, maxReplicas, readyDelay: durationText(result.readyDelayMs) };
  if (name === "compare" && result.compare !== undefined) {
    const { name: hpa, target, behavior, ...own } = result.compare;
    return { hpa, target, ...bounds, ...own, behavior };
  }
  if (name === "predictive") return { leadTime: durationText(result.leadMs), serviceLevel: result.serviceLevel, ...bounds };
  return utilisation === undefined ? bounds : { utilisation, ...bounds };
}
