// How expert 1 stands against expert 3, which only follows the demand: how often in a row it has been the worse.
// Both are judged every ten minutes by the combination's mean squared errors (6 h): one bad hour does not make a bad day,
// and one better moment begins the count anew.
import { ERRORS_LEARNING_MS, type Frame } from "./frame.ts";
import type { Lead } from "./lead.ts";
import { DAY_MS } from "./seasons.ts";
import type { State } from "./state.ts";

export interface Standing {
  readonly perDay: number;
  readonly numbers: { behind: number };
}

export function createStanding(state: State, stepMs: number): Standing {
  return { perDay: Math.max(1, Math.round(DAY_MS / Math.max(ERRORS_LEARNING_MS, stepMs))), numbers: state.record({ behind: 0 }) };
}

/** Takes what has just settled at the lead, where ten minutes are full; a missing sample leaves the count as it is. */
export function compareExperts({ numbers }: Standing, { combination }: Lead, frame: Frame): void {
  if (frame.isLearningErrors === 0) return;
  const { errors } = combination;
  const value = frame.value;
  if (value === value) numbers.behind = errors.average >= 0 && errors.holtWinters > errors.average ? numbers.behind + 1 : 0;
}

/** Whether it has been the worse for a day of such moments. */
export function isBehindForADay({ numbers, perDay }: Standing): boolean {
  return numbers.behind >= perDay;
}
