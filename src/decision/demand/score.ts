// The score of a minute: the least margin with which it would not have been overloaded.
// Invariant: with a constant margin m, the minute is overloaded exactly when m is not above its score.

/** Scratch space of `scoreOf`: one instance a rule, so that nothing is allocated while it runs. */
export interface ScoreScratch {
  readonly values: Float64Array;
  readonly queue: Int32Array;
}

export function createScoreScratch(leadSteps: number, stabilizationSteps: number): ScoreScratch {
  const length = leadSteps + stabilizationSteps + 1;
  return { values: new Float64Array(length), queue: new Int32Array(length) };
}

/**
 * max over j in [i - D, i] of min over l in [j - K, j] of (floor_l > u ? -inf : (u - P_l) / S_l), in O(D + K) by a monotone queue.
 * Rings hold `mask + 1` steps; decisions before step 0 do not exist and are left out. `load` is u: the largest capacity that would
 * still have been overloaded. -Infinity where the floor alone would have covered it.
 */
export function scoreOf(
  load: number,
  step: number,
  lead: number,
  stabilization: number,
  mask: number,
  floors: Float64Array,
  points: Float64Array,
  scales: Float64Array,
  scratch: ScoreScratch,
): number {
  const { values, queue } = scratch;
  const first = Math.max(0, step - lead - stabilization);
  const firstWindow = Math.max(0, step - lead);
  let head = 0;
  let tail = 0;
  let score = -Infinity;
  for (let l = first; l <= step; l++) {
    const at = l & mask;
    const value = (floors[at] as number) > load ? -Infinity : (load - (points[at] as number)) / (scales[at] as number);
    const place = l - first;
    values[place] = value;
    while (tail > head && (values[queue[tail - 1] as number] as number) >= value) tail--;
    queue[tail++] = place;
    if (l < firstWindow) continue;
    while ((queue[head] as number) + first < l - stabilization) head++;
    const least = values[queue[head] as number] as number;
    if (least > score) score = least;
  }
  return score;
}
