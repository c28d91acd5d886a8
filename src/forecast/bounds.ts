// Upper bounds of a forecast: quantiles of its own settled errors, tracked online one error at a time.
// Calibration does not rest on any distribution: a quantile moves up after each miss and down after each hit, in the ratio that holds it in place.
import { VALUE } from "./frame.ts";
import { DAY_MS } from "./seasons.ts";
import type { State } from "./state.ts";

/** Gain of a quantile per sqrt(minute). */
const GAIN = 0.03;
/** Share of the tracked probability, where it starts and how far it may go, in mean absolute errors. */
const TRACKED = [
  { probability: 0.9, start: 1.3, cap: 6 },
  { probability: 0.95, start: 1.8, cap: 9 },
] as const;

/** Index of the 90 % and the 95 % bound. */
export const UPPER_90 = 0;
export const UPPER_95 = 1;

const COUNT = 0;
const MEAN = 1;
const QUANTILES = 2;

export interface Bounds {
  readonly gain: number;
  readonly meanGain: number;
  readonly numbers: Float64Array;
}

export function createBounds(state: State, stepMs: number): Bounds {
  return { gain: GAIN * Math.sqrt(stepMs / 60_000), meanGain: (0.5 * stepMs) / DAY_MS, numbers: state.f64(QUANTILES + TRACKED.length) };
}

/** Takes the settled error of `forecast[at]`, made one lead ago, against the frame's value; NaN is none. */
export function track({ gain, meanGain, numbers }: Bounds, frame: Float64Array, forecast: Float64Array, at: number): void {
  const error = frame[VALUE]! - forecast[at]!;
  if (error !== error) return;
  const count = numbers[COUNT]! + 1;
  const size = Math.abs(error);
  const mean = numbers[MEAN]! + Math.max(meanGain, 1 / count) * (size - numbers[MEAN]!);
  const move = Math.max(gain, 2 / (count + 10)) * mean;
  numbers[COUNT] = count;
  numbers[MEAN] = mean;
  for (let i = 0; i < TRACKED.length; i++) {
    const { probability, start, cap } = TRACKED[i]!;
    const was = count === 1 ? start * mean : numbers[QUANTILES + i]!;
    numbers[QUANTILES + i] = Math.min(cap * mean, was + move * (error <= was ? probability - 1 : probability));
  }
}

/** What to add to a forecast for its bound; 0 while no error has settled. */
export function margin({ numbers }: Bounds, which: typeof UPPER_90 | typeof UPPER_95): number {
  return Math.max(0, numbers[QUANTILES + which]!);
}
