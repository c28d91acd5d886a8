// Working memory of a pass: the profiles of a candidate, its parameters and its state.
// All numbers lie in arrays, for doubles that pass between functions or outlive them may be allocated.
import type { Blocks } from "./blocks.ts";
import type { Parameters } from "./kernel.ts";

/** Level and profiles before the first sample, on z. */
export interface InitialState {
  readonly level: number;
  readonly day: Float64Array;
  readonly week: Float64Array;
}

/** Slots of `carried`: l, r, alpha, delta, omega, phi, phi^h, sum of squared errors. */
export const LEVEL = 0;
export const RESIDUAL = 1;
export const ALPHA = 2;
export const DELTA = 3;
export const OMEGA = 4;
export const PHI = 5;
export const PHI_TO_H = 6;
export const SQUARES = 7;
/** What a block left behind: sum of e, sum of i e, and l + phi^h r after its judged sample. */
export const SUM = 8;
export const SLOPE = 9;
export const SAID = 10;
const CARRIED = 11;

export interface Workspace {
  readonly carried: Float64Array;
  readonly day: Float64Array;
  /** With its first node once more at the end. */
  readonly week: Float64Array;
}

export function createWorkspace({ dayNodes, weekNodes }: Blocks): Workspace {
  return { carried: new Float64Array(CARRIED), day: new Float64Array(dayNodes), week: new Float64Array(weekNodes + 1) };
}

/** Puts a candidate before the first sample. */
export function prepare({ carried, day, week }: Workspace, initial: InitialState, { alpha, delta, omega, phi }: Parameters, leadSteps: number): void {
  carried[LEVEL] = initial.level;
  carried[RESIDUAL] = 0;
  carried[SQUARES] = 0;
  carried[ALPHA] = alpha;
  carried[DELTA] = delta;
  carried[OMEGA] = omega;
  carried[PHI] = phi;
  carried[PHI_TO_H] = phi ** leadSteps;
  day.set(initial.day);
  week.set(initial.week);
  week[initial.week.length] = initial.week[0]!;
}

/** Sum of squared errors of the last pass. */
export function squaresOf({ carried }: Workspace): number {
  return carried[SQUARES]!;
}

/** Sets week node k; the first node stands at both ends. */
export function setWeekNode(week: Float64Array, k: number, value: number): void {
  const last = week.length - 1;
  week[k] = value;
  if (k === 0) week[last] = value;
  else if (k === last) week[0] = value;
}
