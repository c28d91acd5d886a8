// What is said at one lead: a record of what is said now, one of what was said one lead ago for the sample at hand, and the ring between them.
// Demands, NaN where there was none. Numbers pass between functions in records because doubles in arguments and results may be allocated.
import type { State } from "./state.ts";

function blank() {
  return {
    /** The experts. */
    holtWinters: 0, regression: 0, average: 0,
    /** Expert 2's base, on z: what its features add to. NaN where nothing can be learned from it. */
    base: 0,
    /** F, and F1: what is said in the end, with its bounds, and the most that may be said. */
    combination: 0, point: 0, bound95: 0, bound90: 0, most: 0,
    /** "As it is now." */
    persistence: 0,
  };
}

export type Forecasts = ReturnType<typeof blank>;

/** Numbers that a ring keeps of each step. */
const KEPT = 8;

export function createForecasts(state: State): Forecasts {
  return state.record(blank());
}

export function resetForecasts(forecasts: Forecasts): void {
  for (const field of Object.keys(forecasts) as (keyof Forecasts)[]) forecasts[field] = NaN;
}

/** A ring of the last `steps` steps. */
export function createRing(state: State, steps: number): Float64Array {
  return state.f64(KEPT * steps);
}

export function keep(ring: Float64Array, slot: number, said: Forecasts): void {
  const at = KEPT * slot;
  ring[at] = said.holtWinters;
  ring[at + 1] = said.regression;
  ring[at + 2] = said.average;
  ring[at + 3] = said.base;
  ring[at + 4] = said.combination;
  ring[at + 5] = said.point;
  ring[at + 6] = said.bound95;
  ring[at + 7] = said.persistence;
}

/** Reads what lies in a slot: what was said one lead ago, before it is said anew. */
export function recall(ring: Float64Array, slot: number, said: Forecasts): void {
  const at = KEPT * slot;
  said.holtWinters = ring[at]!;
  said.regression = ring[at + 1]!;
  said.average = ring[at + 2]!;
  said.base = ring[at + 3]!;
  said.combination = ring[at + 4]!;
  said.point = ring[at + 5]!;
  said.bound95 = ring[at + 6]!;
  said.persistence = ring[at + 7]!;
}
