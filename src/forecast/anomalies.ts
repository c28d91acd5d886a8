// Keeps anomalies out of the model, and says which samples they were: outliers, level shifts, and values that are stuck.
// An outlier is learned from only up to the limit; a second one on the same side is accepted whole, for that is a level shift.
// A stuck value counts as missing, but never for ever: what has gone on long enough, or has happened before, is ordinary.
import type { Anomaly, AnomalyCounts } from "./forecaster.ts";
import { ELAPSED, EXPECTED, INNOVATION, TIME, VALUE } from "./frame.ts";
import { DAY_MS, WEEK_MS } from "./seasons.ts";
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
/** Share of z that is the rounding of a perfect forecast, and no error. After a past without any, settling begins with the first: a mean of 0 would stay 0. */
const ROUNDING = 1e-9;

/** One value is stuck when it has come longer than this, and than so many times its longest run so far. */
const STUCK_AFTER_MS = 30 * 60_000;
const STUCK_RUNS = 3;
const STUCK_SAMPLES = 6;
/** Nothing is called stuck before so long: quiet nights and weekends come first, and a series that never changes is only constant. */
const RUNS_KNOWN_AFTER_MS = WEEK_MS;
/** A value that is still the same after so long is accepted. */
const ACCEPTED_AFTER_MS = DAY_MS;

/** Slots of `numbers`. */
const MEAN = 0;
const COUNT = 1;
/** Side of the last present sample, how many have been out there in a row, and the time of the first of them. */
const SIDE = 2;
const OUT = 3;
const OUT_SINCE = 4;
/** The mean error that the last sample was judged by. */
const JUDGED_BY = 5;
/** The last value, how many samples it has come in a row, since when, and the longest such run of ordinary times. */
const LAST = 6;
const RUN = 7;
const RUN_SINCE = 8;
const LONGEST = 9;
const IS_STUCK = 10;
const OUTLIERS = 11;
const LEVEL_SHIFTS = 12;
const STUCK = 13;
/** What the last sample was: one of the kinds below. */
const KIND = 14;
const NUMBERS = 15;

const ORDINARY = 0;
const OUTLIER = 1;
const LEVEL_SHIFT = 2;
const STUCK_VALUE = 3;

export interface Anomalies {
  readonly stepMs: number;
  readonly numbers: Float64Array;
}

export function createAnomalies(state: State, stepMs: number): Anomalies {
  return { stepMs, numbers: state.f64(NUMBERS) };
}

/** To follow the state's clear. */
export function resetAnomalies({ numbers }: Anomalies): void {
  numbers[LAST] = NaN;
}

/**
 * Takes the frame's value; true where it is stuck, and to be treated as missing. A missing sample neither prolongs nor ends a run.
 * 0 is never stuck: quiet hours are exactly 0.
 */
export function isStuck({ stepMs, numbers }: Anomalies, frame: Float64Array): boolean {
  const value = frame[VALUE]!;
  numbers[KIND] = ORDINARY;
  if (value === numbers[LAST]!) return isRepeatedTooOften(numbers, frame, stepMs);
  if (value !== value) return false;
  // As a rule each value is another: then there is nothing to end.
  if (numbers[RUN] !== 1 || numbers[LONGEST] === 0) endRun(numbers);
  numbers[LAST] = value;
  numbers[RUN_SINCE] = frame[TIME]!;
  return false;
}

function isRepeatedTooOften(numbers: Float64Array, frame: Float64Array, stepMs: number): boolean {
  const run = numbers[RUN]! + 1;
  numbers[RUN] = run;
  if (numbers[LAST] === 0 || run < STUCK_SAMPLES || run * stepMs <= STUCK_AFTER_MS) return false;
  return isImplausible(numbers, frame, run, stepMs);
}

/** Another value: what ran so far is ordinary from now on. A run that was stuck counts a third, so that one as long is not stuck again. */
function endRun(numbers: Float64Array): void {
  const run = numbers[IS_STUCK] === 1 ? Math.ceil(numbers[RUN]! / STUCK_RUNS) : numbers[RUN]!;
  if (run > numbers[LONGEST]!) numbers[LONGEST] = run;
  numbers[RUN] = 1;
  numbers[IS_STUCK] = 0;
}

function isImplausible(numbers: Float64Array, frame: Float64Array, run: number, stepMs: number): boolean {
  const isLong = run > STUCK_RUNS * numbers[LONGEST]! && run * stepMs <= ACCEPTED_AFTER_MS;
  const hasChanged = numbers[LONGEST]! > 0;
  const stuck = hasChanged && isLong && frame[ELAPSED]! >= RUNS_KNOWN_AFTER_MS;
  if (stuck && numbers[IS_STUCK] === 0) numbers[STUCK] = numbers[STUCK]! + 1;
  numbers[IS_STUCK] = stuck ? 1 : 0;
  numbers[KIND] = stuck ? STUCK_VALUE : ORDINARY;
  return stuck;
}

/** Takes the frame's innovation, of a present sample; leaves there what may be learned of it: itself, or the limit on its side. */
export function screen({ numbers }: Anomalies, frame: Float64Array): void {
  const size = Math.abs(frame[INNOVATION]!);
  const mean = numbers[MEAN]!;
  const rounding = ROUNDING * Math.max(0, frame[EXPECTED]!);
  const count = mean <= rounding && size > rounding ? 1 : numbers[COUNT]! + 1;
  const limit = LIMIT * mean;
  numbers[COUNT] = count;
  const counted = count > MEAN_SETTLED ? Math.min(size, MEAN_LIMIT * mean) : size;
  numbers[MEAN] = mean + Math.max(GAIN, 1 / count) * (counted - mean);
  if (count > SETTLED && size > limit && size > rounding) screenOutlier(numbers, frame, limit);
  else numbers[SIDE] = 0;
}

function screenOutlier(numbers: Float64Array, frame: Float64Array, limit: number): void {
  const e = frame[INNOVATION]!;
  const side = Math.sign(e);
  numbers[JUDGED_BY] = limit / LIMIT;
  if (side === numbers[SIDE]) {
    const out = numbers[OUT]! + 1;
    numbers[OUT] = out;
    numbers[KIND] = LEVEL_SHIFT;
    if (out === 2) numbers[LEVEL_SHIFTS] = numbers[LEVEL_SHIFTS]! + 1;
    return;
  }
  numbers[SIDE] = side;
  numbers[OUT] = 1;
  numbers[KIND] = OUTLIER;
  numbers[OUT_SINCE] = frame[TIME]!;
  numbers[OUTLIERS] = numbers[OUTLIERS]! + 1;
  frame[INNOVATION] = side * limit;
}

/** What is unusual about the frame's sample, once it has been learned from; undefined where nothing is, and where it is missing. */
export function anomalyOf({ numbers }: Anomalies, frame: Float64Array): Anomaly | undefined {
  const kind = numbers[KIND]!;
  if (kind === ORDINARY) return undefined;
  const value = numbers[LAST]!;
  const away = Math.sqrt(value) - frame[EXPECTED]!;
  const sample = { timeMs: frame[TIME]!, value, expected: Math.max(0, frame[EXPECTED]!) ** 2 };
  if (kind === STUCK_VALUE)
    return { kind: "stuck", ...sample, sinceMs: numbers[RUN_SINCE]!, samples: numbers[RUN]!, longestBefore: numbers[LONGEST]! };
  const out = { side: away > 0 ? "high" : "low", sizeInMae: Math.abs(away) / numbers[JUDGED_BY]! } as const;
  if (kind === OUTLIER) return { kind: "outlier", ...sample, ...out };
  return { kind: "levelShift", ...sample, ...out, sinceMs: numbers[OUT_SINCE]!, samples: numbers[OUT]! };
}

export function anomalyCountsOf({ numbers }: Anomalies): AnomalyCounts {
  return { outliers: numbers[OUTLIERS]!, levelShifts: numbers[LEVEL_SHIFTS]!, stuck: numbers[STUCK]! };
}
