// Keeps anomalies out of the model, and says which samples they were: outliers, level shifts, and values that are stuck.
// An outlier is learned from only up to the limit; a second one on the same side is accepted whole, for that is a level shift.
// A stuck value counts as missing, but never for ever: what has gone on long enough, or has happened before, is ordinary.
import type { Anomaly, AnomalyCounts } from "./forecaster.ts";
import type { Frame } from "./frame.ts";
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
/**
 * Share of z that is no error: below it nobody would call a forecast wrong. After a past without any, settling begins with the first,
 * because a mean of 0 would stay 0.
 */
const ROUNDING = 1e-6;

/** One value is stuck when it has come longer than this, and than so many times its longest run so far. */
const STUCK_AFTER_MS = 30 * 60_000;
const STUCK_RUNS = 3;
const STUCK_SAMPLES = 6;
/** Nothing is called stuck before so long: quiet nights and weekends come first, and a series that never changes is only constant. */
const RUNS_KNOWN_AFTER_MS = WEEK_MS;
/** A value that is still the same after so long is accepted. */
const ACCEPTED_AFTER_MS = DAY_MS;

function blank() {
  return {
    /** Mean absolute error, and of how many samples. */
    mean: 0, count: 0,
    /** Side of the last present sample, how many have been out there in a row, and the time of the first of them. */
    side: 0, out: 0, outSince: 0,
    /** The mean error that the last sample was judged by. */
    judgedBy: 0,
    /** The last value, how many samples it has come in a row, since when, and the longest such run of ordinary times. */
    last: 0, run: 0, runSince: 0, longest: 0, isStuck: 0,
    outliers: 0, levelShifts: 0, stuck: 0,
    /** What the last sample was: one of the kinds below. */
    kind: 0,
  };
}

type Numbers = ReturnType<typeof blank>;

const ORDINARY = 0;
const OUTLIER = 1;
const LEVEL_SHIFT = 2;
const STUCK_VALUE = 3;

export interface Anomalies {
  readonly stepMs: number;
  readonly numbers: Numbers;
}

export function createAnomalies(state: State, stepMs: number): Anomalies {
  return { stepMs, numbers: state.record(blank()) };
}

/** To follow the state's clear. */
export function resetAnomalies({ numbers }: Anomalies): void {
  numbers.last = NaN;
}

/**
 * Takes the frame's value; true where it is stuck, and to be treated as missing. A missing sample neither prolongs nor ends a run.
 * 0 is never stuck: quiet hours are exactly 0.
 */
export function isStuck({ stepMs, numbers }: Anomalies, frame: Frame): boolean {
  const value = frame.value;
  numbers.kind = ORDINARY;
  if (value === numbers.last) return isRepeatedTooOften(numbers, frame, stepMs);
  if (value !== value) return false;
  // As a rule each value is another: then there is nothing to end.
  if (numbers.run !== 1 || numbers.longest === 0) endRun(numbers);
  numbers.last = value;
  numbers.runSince = frame.time;
  return false;
}

function isRepeatedTooOften(numbers: Numbers, frame: Frame, stepMs: number): boolean {
  const run = numbers.run + 1;
  numbers.run = run;
  if (numbers.last === 0 || run < STUCK_SAMPLES || run * stepMs <= STUCK_AFTER_MS) return false;
  return isImplausible(numbers, frame, run, stepMs);
}

/** Another value: what ran so far is ordinary from now on. A run that was stuck counts a third, so that one as long is not stuck again. */
function endRun(numbers: Numbers): void {
  const run = numbers.isStuck === 1 ? Math.ceil(numbers.run / STUCK_RUNS) : numbers.run;
  if (run > numbers.longest) numbers.longest = run;
  numbers.run = 1;
  numbers.isStuck = 0;
}

function isImplausible(numbers: Numbers, frame: Frame, run: number, stepMs: number): boolean {
  const isLong = run > STUCK_RUNS * numbers.longest && run * stepMs <= ACCEPTED_AFTER_MS;
  const hasChanged = numbers.longest > 0;
  const stuck = hasChanged && isLong && frame.elapsed >= RUNS_KNOWN_AFTER_MS;
  if (stuck && numbers.isStuck === 0) numbers.stuck = numbers.stuck + 1;
  numbers.isStuck = stuck ? 1 : 0;
  numbers.kind = stuck ? STUCK_VALUE : ORDINARY;
  return stuck;
}

/** Takes the frame's innovation, of a present sample; leaves there what may be learned of it: itself, or the limit on its side. */
export function screen({ numbers }: Anomalies, frame: Frame): void {
  const size = Math.abs(frame.innovation);
  const mean = numbers.mean;
  const rounding = ROUNDING * Math.max(0, frame.expected);
  const count = mean <= rounding && size > rounding ? 1 : numbers.count + 1;
  const limit = LIMIT * mean;
  numbers.count = count;
  const counted = count > MEAN_SETTLED ? Math.min(size, MEAN_LIMIT * mean) : size;
  numbers.mean = mean + Math.max(GAIN, 1 / count) * (counted - mean);
  if (count > SETTLED && size > limit && size > rounding) screenOutlier(numbers, frame, limit);
  else numbers.side = 0;
}

function screenOutlier(numbers: Numbers, frame: Frame, limit: number): void {
  const e = frame.innovation;
  const side = Math.sign(e);
  numbers.judgedBy = limit / LIMIT;
  if (side === numbers.side) {
    const out = numbers.out + 1;
    numbers.out = out;
    numbers.kind = LEVEL_SHIFT;
    if (out === 2) numbers.levelShifts = numbers.levelShifts + 1;
    return;
  }
  numbers.side = side;
  numbers.out = 1;
  numbers.kind = OUTLIER;
  numbers.outSince = frame.time;
  numbers.outliers = numbers.outliers + 1;
  frame.innovation = side * limit;
}

/** What is unusual about the frame's sample, once it has been learned from; undefined where nothing is, and where it is missing. */
export function anomalyOf({ numbers }: Anomalies, frame: Frame): Anomaly | undefined {
  const kind = numbers.kind;
  if (kind === ORDINARY) return undefined;
  const value = numbers.last;
  const away = Math.sqrt(value) - frame.expected;
  const sample = { timeMs: frame.time, value, expected: Math.max(0, frame.expected) ** 2 };
  if (kind === STUCK_VALUE)
    return { kind: "stuck", ...sample, sinceMs: numbers.runSince, samples: numbers.run, longestBefore: numbers.longest };
  const out = { side: away > 0 ? "high" : "low", sizeInMae: Math.abs(away) / numbers.judgedBy } as const;
  if (kind === OUTLIER) return { kind: "outlier", ...sample, ...out };
  return { kind: "levelShift", ...sample, ...out, sinceMs: numbers.outSince, samples: numbers.out };
}

export function anomalyCountsOf({ numbers }: Anomalies): AnomalyCounts {
  return { outliers: numbers.outliers, levelShifts: numbers.levelShifts, stuck: numbers.stuck };
}
