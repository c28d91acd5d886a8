// One trace judged: the backtest's own code at a few service levels, in the world that the table of `bench decision` is about.
// Invariant: nothing here decides or measures; that is done by what `backtest` runs.
import { GROUP, KIND, parseScaler, VERSION } from "../../src/api/index.ts";
import type { Scaler } from "../../src/api/index.ts";
import { backtestCourse, backtestResult } from "../../src/cli/backtest/result.ts";
import type { BacktestCourse } from "../../src/cli/backtest/result.ts";
import { priceCurve } from "../../src/replay/index.ts";
import type { CheckedPrice, PolicyResult } from "../../src/replay/index.ts";
import type { Series } from "../../src/series/index.ts";
import { readTrace } from "./traces.ts";

const MINUTE_MS = 60_000;
/** Of a longer trace, only so many days from its beginning are judged. */
const FIRST_DAYS = 35;
/** Share of that which is history. */
export const HISTORY_SHARE = 0.7;
/** A replica serves so much of the judged part's mean demand. */
const MEAN_REPLICAS = 20;
const MIN_REPLICAS = 2;
/** As good as no maximum. */
const MAX_REPLICAS = 1e9;

/** One trace with one delay, at all levels. Plain values: it travels to a thread. */
export interface Task {
  readonly dir: string;
  readonly trace: string;
  /** Of its step. */
  readonly minutes: number;
  readonly readyDelayMinutes: number;
  readonly serviceLevels: readonly number[];
}

export interface Judged {
  readonly trace: string;
  readonly readyDelayMinutes: number;
  readonly serviceLevel: number;
  readonly policies: readonly PolicyResult[];
  /** Of the price curve. */
  readonly checked: readonly CheckedPrice[];
}

/** What a user would write, with the defaults of the API. */
function scalerFor(targetPerReplica: number, readyDelayMs: number, serviceLevel: number): Scaler {
  const parsed = parseScaler({
    apiVersion: `${GROUP}/${VERSION}`,
    kind: KIND,
    metadata: { name: "bench", namespace: "bench" },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "bench" },
      minReplicas: MIN_REPLICAS,
      maxReplicas: 1000,
      metric: { query: "sum(rate(requests_total[1m]))", targetPerReplica: 1 },
      forecast: { leadTime: `${readyDelayMs / MINUTE_MS}m`, serviceLevel: `${+(100 * serviceLevel).toFixed(6)}%` },
    },
  });
  if (parsed.kind === "invalid") throw new Error(`The bench's own manifest is refused: ${JSON.stringify(parsed.problems)}`);
  const { spec } = parsed.scaler;
  return { ...parsed.scaler, spec: { ...spec, maxReplicas: MAX_REPLICAS, metric: { ...spec.metric, targetPerReplica } } };
}

/** `series` replayed with its first `historyShare` as history; undefined if nothing is left to judge. */
export function courseFor(series: Series, readyDelayMinutes: number, serviceLevel: number, historyShare = HISTORY_SHARE): BacktestCourse | undefined {
  const split = Math.floor(historyShare * series.values.length + 1e-9);
  const judged = series.values.subarray(split).filter((value) => !Number.isNaN(value));
  const mean = judged.reduce((sum, value) => sum + value, 0) / judged.length;
  const readyDelayMs = readyDelayMinutes * MINUTE_MS;
  return backtestCourse(scalerFor(mean / MEAN_REPLICAS, readyDelayMs, serviceLevel), series, split, readyDelayMs);
}

/** All policies over `series`; undefined if nothing is left to judge. */
export function judgeSeries(trace: string, series: Series, readyDelayMinutes: number, serviceLevel: number, historyShare = HISTORY_SHARE): Judged | undefined {
  const replayed = courseFor(series, readyDelayMinutes, serviceLevel, historyShare);
  if (replayed === undefined) return undefined;
  return { trace, readyDelayMinutes, serviceLevel, policies: backtestResult(replayed).policies, checked: priceCurve(replayed.course).checked };
}

/** Reads and judges a task's trace at each of its levels. */
export function judgeTrace({ dir, trace, minutes, readyDelayMinutes, serviceLevels }: Task): Judged[] {
  const read = readTrace(dir, trace, minutes * MINUTE_MS);
  const series = { ...read, values: read.values.slice(0, (FIRST_DAYS * 1440) / minutes) };
  return serviceLevels.flatMap((serviceLevel) => judgeSeries(trace, series, readyDelayMinutes, serviceLevel) ?? []);
}
