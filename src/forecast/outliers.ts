// Keeps anomalies out of the model: the innovation of each sample, cut back when it lies far outside the usual.
// A second sample on the same side is accepted whole: that is a level shift, not an outlier.
import type { State } from "./state.ts";

/** Beyond so many mean absolute errors a sample is an outlier, and is learned from as if it lay at that limit. */
const LIMIT = 6;
/** The mean learns from at most so many times itself, or one spike would widen the limits for a day. */
const MEAN_LIMIT = 4;
/** Samples before the mean is limited, and before anything is called an outlier: the model settles first. */
const MEAN_SETTLED = 50;
const SETTLED = 500;
/** Slowest gain of the mean. */
const GAIN = 0.002;

const MEAN = 0;
const COUNT = 1;
const SIDE = 2;

export interface Outliers {
  readonly numbers: Float64Array;
}

export function createOutliers(state: State): Outliers {
  return { numbers: state.f64(3) };
}

/** Takes the innovation of a present sample; returns what may be learned of it: `e`, or the limit on its side. */
export function screened({ numbers }: Outliers, e: number): number {
  const size = Math.abs(e);
  const mean = numbers[MEAN]!;
  const count = numbers[COUNT]! + 1;
  const limit = LIMIT * mean;
  const side = count > SETTLED && size > limit ? Math.sign(e) : 0;
  const isRepeated = side === numbers[SIDE];
  numbers[SIDE] = side;
  numbers[COUNT] = count;
  const counted = count > MEAN_SETTLED ? Math.min(size, MEAN_LIMIT * mean) : size;
  numbers[MEAN] = mean + Math.max(GAIN, 1 / count) * (counted - mean);
  return side === 0 || isRepeated ? e : side * limit;
}
