// How expert 1 stands against expert 3, which only follows the demand: how often in a row it has been the worse.
// Both are judged every ten minutes by the combination's mean squared errors (6 h): one bad hour does not make a bad day,
// and one better moment begins the count anew.
import { ERRORS_LEARNING_MS, IS_LEARNING_ERRORS, VALUE } from "./frame.ts";
import { AVERAGE, HOLT_WINTERS, type Lead } from "./lead.ts";
import { DAY_MS } from "./seasons.ts";
import type { State } from "./state.ts";

export interface Standing {
  readonly perDay: number;
  readonly behind: Float64Array;
}

export function createStanding(state: State, stepMs: number): Standing {
  return { perDay: Math.max(1, Math.round(DAY_MS / Math.max(ERRORS_LEARNING_MS, stepMs))), behind: state.f64(1) };
}

/** Takes what has just settled at the lead, where ten minutes are full; a missing sample leaves the count as it is. */
export function compareExperts({ behind }: Standing, { combination }: Lead, frame: Float64Array): void {
  if (frame[IS_LEARNING_ERRORS] === 0) return;
  const { errors } = combination;
  const value = frame[VALUE]!;
  if (value === value) behind[0] = errors[AVERAGE]! >= 0 && errors[HOLT_WINTERS]! > errors[AVERAGE]! ? behind[0]! + 1 : 0;
}

/** Whether it has been the worse for a day of such moments. */
export function isBehindForADay({ behind, perDay }: Standing): boolean {
  return behind[0]! >= perDay;
}
