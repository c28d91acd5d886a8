// The score of a minute: the least margin with which it would not have been overloaded.
// Invariant: with a constant margin m, the minute is overloaded exactly when m is not above its score.

/** What `scoreMinute` works on: one instance a rule. Numbers go in and out in arrays, for doubles in arguments and results may be allocated. */
export interface ScoreScratch {
  /** At LOAD goes in u, the largest capacity that would still have been overloaded; at SCORE comes out the score. */
  readonly numbers: Float64Array;
  readonly values: Float64Array;
  /** Least value from here to the end of its block. */
  readonly rest: Float64Array;
}

export const LOAD = 0;
export const SCORE = 1;

export function createScoreScratch(leadSteps: number, stabilizationSteps: number): ScoreScratch {
  const length = leadSteps + stabilizationSteps + 1;
  return { numbers: new Float64Array(2), values: new Float64Array(length), rest: new Float64Array(length) };
}

/**
 * max over j in [i - D, i] of min over l in [j - K, j] of (floor_l > u ? -inf : (u - P_l) / S_l), in O(D + K): blocks as long as a window,
 * the least of a window being that of the rest of one block and of the beginning of the next (van Herk, Gil and Werman).
 * Rings hold `mask + 1` steps; decisions before step 0 do not exist and are left out. -Infinity where the floor alone would have covered u.
 */
export function scoreMinute(
  step: number,
  lead: number,
  stabilization: number,
  mask: number,
  floors: Float64Array,
  points: Float64Array,
  scales: Float64Array,
  scratch: ScoreScratch,
): void {
  const { numbers, values, rest } = scratch;
  const load = numbers[LOAD] as number;
  const first = step - lead - stabilization;
  const length = lead + stabilization + 1;
  const block = stabilization + 1;
  let least = Infinity;
  for (let i = length - 1, left = length % block; i >= 0; i--, left--) {
    if (left === 0) {
      left = block;
      least = Infinity;
    }
    const l = first + i;
    const at = l & mask;
    const value = l < 0 ? Infinity : (floors[at] as number) > load ? -Infinity : (load - (points[at] as number)) / (scales[at] as number);
    if (value < least) least = value;
    values[i] = value;
    rest[i] = least;
  }
  let score = -Infinity;
  least = Infinity;
  for (let i = 0, inBlock = 0; i < length; i++, inBlock++) {
    if (inBlock === block) {
      inBlock = 0;
      least = Infinity;
    }
    const value = values[i] as number;
    if (value < least) least = value;
    if (i < stabilization || first + i < 0) continue;
    const before = rest[i - stabilization] as number;
    const window = before < least ? before : least;
    if (window > score) score = window;
  }
  numbers[SCORE] = score;
}
