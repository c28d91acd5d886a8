// One forecast out of several experts': each counts by the inverse square of its recent squared error.
// An expert without a settled error has no weight; while none has, the first expert speaks alone.
import * as frames from "./frame.ts";
import type { State } from "./state.ts";

const { VALUE } = frames;

/** Time constant of the squared errors. */
const TAU_MS = 6 * 3_600_000;

export interface Combination {
  readonly experts: number;
  readonly gain: number;
  /** Forecasts of the last `leadSteps` steps, a ring of `experts` numbers each; NaN where there was none. */
  readonly said: Float64Array;
  /** EW mean of the squared error per expert; negative until one has settled. */
  readonly errors: Float64Array;
}

export function createCombination(state: State, experts: number, leadSteps: number, stepMs: number): Combination {
  return { experts, gain: 1 - Math.exp(-stepMs / TAU_MS), said: state.f64(experts * leadSteps), errors: state.f64(experts) };
}

/** Starts anew: nothing said, nothing settled. */
export function resetCombination({ said, errors }: Combination): void {
  said.fill(NaN);
  errors.fill(-1);
}

/** Settles what was said one lead ago for this step against the frame's value (NaN: nothing settles). `slot`: the step's place in a ring of one lead. */
export function settle({ experts, gain, said, errors }: Combination, slot: number, frame: Float64Array): void {
  const base = slot * experts;
  const value = frame[VALUE]!;
  for (let k = 0; k < experts; k++) {
    const error = value - said[base + k]!;
    const square = error * error;
    const known = errors[k]!;
    if (square === square) errors[k] = known < 0 ? square : known + gain * (square - known);
  }
}

/** Keeps what the experts say now (`forecasts`, >= 0) for one lead later and writes their combination to `into[at]`. */
export function combine({ experts, said, errors }: Combination, slot: number, forecasts: Float64Array, into: Float64Array, at: number): void {
  const base = slot * experts;
  let least = Infinity;
  for (let k = 0; k < experts; k++) {
    said[base + k] = forecasts[k]!;
    const error = errors[k]!;
    if (error >= 0 && error < least) least = error;
  }
  if (least === Infinity) {
    into[at] = forecasts[0]!;
    return;
  }
  let sum = 0;
  let weights = 0;
  for (let k = 0; k < experts; k++) {
    const error = errors[k]!;
    if (error < 0) continue;
    const share = error === least ? 1 : least / error;
    sum += share * share * forecasts[k]!;
    weights += share * share;
  }
  into[at] = sum / weights;
}
