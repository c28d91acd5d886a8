// One forecast out of three experts': each counts by the inverse square of its recent squared error.
// An expert without a settled error has no weight; while none has, expert 1 speaks alone.
import type { Forecasts } from "./forecasts.ts";
import type { Frame } from "./frame.ts";
import type { State } from "./state.ts";

/** Time constant of the squared errors. */
const TAU_MS = 6 * 3_600_000;
/** Of an expert of which no error has settled. */
const UNKNOWN = -1;

type Experts = Pick<Forecasts, "holtWinters" | "regression" | "average">;

export interface Combination {
  readonly gain: number;
  /** EW mean of the squared error per expert; negative until one has settled. */
  readonly errors: Experts;
}

export function createCombination(state: State, stepMs: number): Combination {
  return { gain: 1 - Math.exp(-stepMs / TAU_MS), errors: state.record({ holtWinters: 0, regression: 0, average: 0 }) };
}

/** Starts anew: nothing settled. */
export function resetCombination({ errors }: Combination): void {
  errors.holtWinters = UNKNOWN;
  errors.regression = UNKNOWN;
  errors.average = UNKNOWN;
}

/** The mean squared error after another error; NaN is none. */
function settled(known: number, error: number, gain: number): number {
  const square = error * error;
  if (square !== square) return known;
  return known < 0 ? square : known + gain * (square - known);
}

/** Settles what the experts said one lead ago against the frame's value (NaN: nothing settles). */
export function settle({ gain, errors }: Combination, earlier: Experts, { value }: Frame): void {
  errors.holtWinters = settled(errors.holtWinters, value - earlier.holtWinters, gain);
  errors.regression = settled(errors.regression, value - earlier.regression, gain);
  errors.average = settled(errors.average, value - earlier.average, gain);
}

/** least / error, 0 where the error is not known. */
function shareOf(error: number, least: number): number {
  if (error < 0) return 0;
  return error === least ? 1 : least / error;
}

/** Combines what the experts say now (>= 0). */
export function combine({ errors }: Combination, now: Experts & Pick<Forecasts, "combination">): void {
  const { holtWinters, regression, average } = errors;
  let least = Infinity;
  if (holtWinters >= 0) least = holtWinters;
  if (regression >= 0 && regression < least) least = regression;
  if (average >= 0 && average < least) least = average;
  if (least === Infinity) {
    now.combination = now.holtWinters;
    return;
  }
  const s1 = shareOf(holtWinters, least);
  const s2 = shareOf(regression, least);
  const s3 = shareOf(average, least);
  now.combination = (s1 * s1 * now.holtWinters + s2 * s2 * now.regression + s3 * s3 * now.average) / (s1 * s1 + s2 * s2 + s3 * s3);
}
