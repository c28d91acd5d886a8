// What is kept for one lead: the experts' combined forecast at that lead, and its bounds, both settled against what came.
// Order within a step: settle what was said one lead ago, then say what is said now; nothing said is ever changed afterwards.
import { bound, type Bounds, createBounds, track, UPPER_90, UPPER_95 } from "./bounds.ts";
import { combine, type Combination, createCombination, resetCombination, settle } from "./combination.ts";
import type { Explanation } from "./forecaster.ts";
import type { State } from "./state.ts";

/** Experts combined: Holt-Winters, and the five-minute average. */
const EXPERTS = 2;

/** Slots of `now`: what was said at the last sample. */
const POINT = 0;
const BOUND_90 = 1;
const BOUND_95 = 2;
/** Slots of a ring entry: the same, one lead long. */
const SAID = 3;

export interface Lead {
  readonly steps: number;
  readonly combination: Combination;
  readonly bounds: Bounds;
  /** The experts' forecasts of this step, in the order of the combination. */
  readonly experts: Float64Array;
  readonly now: Float64Array;
  /** `now` of the last `steps` steps. */
  readonly said: Float64Array;
}

export function createLead(state: State, steps: number, stepMs: number): Lead {
  return {
    steps,
    combination: createCombination(state, EXPERTS, steps, stepMs),
    bounds: createBounds(state, stepMs),
    experts: state.f64(EXPERTS),
    now: state.f64(SAID),
    said: state.f64(SAID * steps),
  };
}

export function resetLead({ combination, now, said }: Lead): void {
  resetCombination(combination);
  now.fill(NaN);
  said.fill(NaN);
}

/** Settles what was said one lead ago against `value` (NaN = missing). */
export function settleLead({ steps, combination, bounds, said }: Lead, step: number, value: number): void {
  settle(combination, step, value);
  track(bounds, value - said[(step % steps) * SAID + POINT]!);
}

/** Combines `lead.experts` into this step's forecast, at most `ceiling`, and keeps it for one lead later. */
export function sayLead({ steps, combination, bounds, experts, now, said }: Lead, step: number, ceiling: number): void {
  const point = Math.min(ceiling, combine(combination, step, experts));
  now[POINT] = point;
  now[BOUND_90] = bound(bounds, UPPER_90, point);
  now[BOUND_95] = bound(bounds, UPPER_95, point);
  said.set(now, (step % steps) * SAID);
}

export function pointOf({ now }: Lead): number {
  return now[POINT]!;
}

export function upperOf({ now }: Lead): number {
  return now[BOUND_95]!;
}

export function explanationOf({ experts, now }: Lead): Explanation {
  return {
    holtWinters: experts[0]!, average: experts[1]!, combination: now[POINT]!, forecast: now[POINT]!, upper90: now[BOUND_90]!, upper95: now[BOUND_95]!,
  };
}

/** The forecast, and the 95 % bound, made one lead ago for `step`; NaN where none was. Read before `sayLead`. */
export function pointSaidFor({ steps, said }: Lead, step: number): number {
  return said[(step % steps) * SAID + POINT]!;
}

export function upperSaidFor({ steps, said }: Lead, step: number): number {
  return said[(step % steps) * SAID + BOUND_95]!;
}
