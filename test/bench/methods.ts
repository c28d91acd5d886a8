// What a forecaster must beat: persistence, its five-minute average, and the same time yesterday or last week.
// Each takes the whole series and answers, per sample, what it would have said `leadSteps` before; NaN where it could say nothing.
import type { Series } from "../../src/series/index.ts";

const DAY_MS = 86_400_000;
const AVERAGE_MS = 300_000;

export type Method = (series: Series, leadSteps: number) => Float64Array;

/** `state` made at i - leadSteps, carried to i. */
function delayed(state: Float64Array, leadSteps: number): Float64Array {
  const out = new Float64Array(state.length).fill(NaN);
  out.set(state.subarray(0, Math.max(0, state.length - leadSteps)), Math.min(leadSteps, state.length));
  return out;
}

const persistence: Method = ({ values }, leadSteps) => {
  let last = NaN;
  return delayed(values.map((y) => (last = Number.isNaN(y) ? last : y)), leadSteps);
};

const movingAverage: Method = ({ values, stepMs }, leadSteps) => {
  const gain = 1 - Math.exp(-stepMs / AVERAGE_MS);
  let mean = NaN;
  return delayed(values.map((y) => (mean = Number.isNaN(y) ? mean : Number.isNaN(mean) ? y : mean + gain * (y - mean))), leadSteps);
};

/** The value one period ago, or, if that is missing, as many periods ago as it takes. */
const seasonalNaive = (periodMs: number): Method => ({ values, stepMs }) => {
  const period = Math.round(periodMs / stepMs);
  const filled = values.slice();
  return values.map((y, i) => {
    const before = i >= period ? filled[i - period]! : NaN;
    if (Number.isNaN(y)) filled[i] = before;
    return before;
  });
};

export const NAIVE_METHODS = {
  persistence,
  EMA5: movingAverage,
  "SN day": seasonalNaive(DAY_MS),
  "SN week": seasonalNaive(7 * DAY_MS),
} as const satisfies Record<string, Method>;

/** 100 sum|y - f| / sum|y| over samples from `from` on for which both are known. */
export function wape(values: Float64Array, forecasts: Float64Array, from: number): number {
  let missed = 0;
  let demand = 0;
  for (let i = from; i < values.length; i++) {
    const error = Math.abs(values[i]! - forecasts[i]!);
    if (Number.isNaN(error)) continue;
    missed += error;
    demand += Math.abs(values[i]!);
  }
  return demand > 0 ? (100 * missed) / demand : NaN;
}
