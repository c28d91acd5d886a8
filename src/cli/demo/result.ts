// The numbers of the demo: peaks, the operator and two HPAs over the same demand, and how good the forecast was. Pure.
import { hpaReplicas, measure, tunedHpa } from "../../replay/index.ts";
import type { PolicyNumbers, World as ReplayWorld } from "../../replay/index.ts";
import { rfc3339 } from "../../clock.ts";
import type { ReplicaRecord, Traffic } from "../../playground/index.ts";
import { courseOf, MINUTE_MS } from "./course.ts";
import type { Course, Forecasts } from "./course.ts";
import { peakReports } from "./peaks.ts";
import type { PeakReport } from "./peaks.ts";
import { JUDGED_MINUTES, LEAD_MS, MAX_REPLICAS, MIN_REPLICAS, READY_DELAY_MS, TARGET_PER_REPLICA } from "./settings.ts";

/** Utilisation of the HPA that most people run. */
export const HPA_TARGET = 0.8;
/** Steps that set the scene for the HPAs before they are judged. */
const SCENE_MINUTES = 60;

export interface DemoResult {
  readonly seed: number;
  readonly course: Course;
  readonly peaks: readonly PeakReport[];
  readonly operator: PolicyNumbers;
  readonly hpa: PolicyNumbers;
  /** The cheapest fixed target with no more overload than the operator, chosen in hindsight; undefined if none has. */
  readonly hpaTuned: { readonly utilisation: number; readonly numbers: PolicyNumbers } | undefined;
  readonly forecast: { readonly wape: number; readonly wapePersistence: number };
  readonly errors: number;
  /** What the operator said last of what went wrong. */
  readonly lastComplaint: string | undefined;
  /** Age of the newest minute that was decided on, simulated minutes. */
  readonly minutesBehind: number;
}

export interface Seen {
  readonly seed: number;
  readonly traffic: Traffic;
  readonly record: readonly ReplicaRecord[];
  readonly forecasts: Forecasts;
  /** First judged minute, unix ms. */
  readonly startMs: number;
  readonly errors: number;
  readonly lastComplaint: string | undefined;
  /** Age of the newest minute that was decided on, simulated minutes. */
  readonly minutesBehind: number;
}

export function resultOf({ seed, traffic, record, forecasts, startMs, errors, lastComplaint, minutesBehind }: Seen): DemoResult {
  const demandAt = (timeMs: number) => traffic.rate(timeMs);
  const course = courseOf({ startMs, minutes: JUDGED_MINUTES, demandAt, forecasts, record });
  const sceneMs = startMs - SCENE_MINUTES * MINUTE_MS;
  const replay: ReplayWorld = {
    demand: Float64Array.from({ length: SCENE_MINUTES + JUDGED_MINUTES }, (_, i) => demandAt(sceneMs + i * MINUTE_MS)),
    stepMs: MINUTE_MS,
    targetPerReplica: TARGET_PER_REPLICA,
    readyDelayMs: READY_DELAY_MS,
    minReplicas: MIN_REPLICAS,
    maxReplicas: MAX_REPLICAS,
    judgedFrom: SCENE_MINUTES,
  };
  const operator = numbersOf(course);
  return {
    seed,
    course,
    peaks: peakReports(traffic.peaks(startMs, startMs + JUDGED_MINUTES * MINUTE_MS), {
      noiseFree: (timeMs) => traffic.noiseFree(timeMs),
      demandAt,
      targetPerReplica: TARGET_PER_REPLICA,
      record,
    }),
    operator,
    hpa: measure(replay, hpaReplicas(replay, HPA_TARGET)),
    hpaTuned: tunedHpa(replay, operator.overloadedShare),
    forecast: forecastError(course, demandAt),
    errors,
    lastComplaint,
    minutesBehind,
  };
}

/** Minute i is overloaded when its demand is above what was Ready then. */
export function isOverloaded({ demand, ready }: Course, i: number): boolean {
  return (demand[i] ?? NaN) > (ready[i] ?? 0) * TARGET_PER_REPLICA;
}

/** The operator's numbers from what really was asked for and Ready. */
function numbersOf(course: Course): PolicyNumbers {
  const { asked } = course;
  const minutes = asked.length;
  let overloaded = 0;
  let changes = 0;
  for (let i = 0; i < minutes; i++) {
    if (isOverloaded(course, i)) overloaded++;
    if (i > 0 && asked[i] !== asked[i - 1]) changes++;
  }
  const podMinutes = asked.reduce((sum, replicas) => sum + replicas, 0);
  return { overloadedShare: overloaded / minutes, podHours: podMinutes / 60, replicaChanges: changes / (minutes / 1440) };
}

/** Weighted absolute percentage errors over the minutes for which a forecast was seen, and of "as it is now" over the same minutes. */
function forecastError({ startMs, demand, forecast }: Course, demandAt: (timeMs: number) => number): DemoResult["forecast"] {
  let error = 0;
  let errorPersistence = 0;
  let sum = 0;
  for (const [i, value] of demand.entries()) {
    const expected = forecast[i] ?? NaN;
    if (Number.isNaN(expected)) continue;
    error += Math.abs(value - expected);
    errorPersistence += Math.abs(value - demandAt(startMs + i * MINUTE_MS - LEAD_MS));
    sum += value;
  }
  return { wape: error / sum, wapePersistence: errorPersistence / sum };
}

/** Regular peaks for which the capacity was never asked: the demo failed. */
export function missedPeaks({ peaks }: DemoResult): readonly PeakReport[] {
  return peaks.filter(({ kind, askedMs }) => kind === "regular" && askedMs === undefined);
}

/** What `--output json` prints. */
export function resultJson({ peaks, operator, hpa, hpaTuned, forecast, errors }: DemoResult): object {
  const time = (ms: number | undefined) => (ms === undefined ? null : rfc3339(ms));
  return {
    peaks: peaks.map(({ kind, atMs, askedMs, readyMs, leadMinutes }) => ({
      kind,
      at: time(atMs),
      askedAt: time(askedMs),
      readyAt: time(readyMs),
      leadMinutes: leadMinutes === undefined ? null : rounded(leadMinutes, 1),
    })),
    operator: policyJson(operator),
    hpa: policyJson(hpa),
    hpaTuned: hpaTuned === undefined ? null : policyJson(hpaTuned.numbers),
    forecast: { wape: rounded(forecast.wape, 4), wapePersistence: rounded(forecast.wapePersistence, 4) },
    errors,
  };
}

function policyJson({ overloadedShare, podHours, replicaChanges }: PolicyNumbers): object {
  return { overloadedShare: rounded(overloadedShare, 5), podHours: rounded(podHours, 1), replicaChanges: rounded(replicaChanges, 1) };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
