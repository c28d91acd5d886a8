// Where the slots of a series lie: always on multiples of the step, so that every read of one scaler names the same slots.
import type { Grid, Samples } from "./samples.ts";

/** The newest multiple of `stepMs` that is not after `timeMs`, unix ms. */
export function alignedDown(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}

/** The grid of the last `historyMs` up to `endMs`: slots on multiples of `stepMs`, the newest not after `endMs`, at least one. */
export function gridFor({ endMs, historyMs, stepMs }: { readonly endMs: number; readonly historyMs: number; readonly stepMs: number }): Grid {
  const length = Math.max(1, Math.floor(historyMs / stepMs));
  return { startMs: alignedDown(endMs, stepMs) - (length - 1) * stepMs, stepMs, length };
}

/** `earlier` from `sinceMs` on (unix ms), then `later`: in a slot that both name, `later` wins. */
export function joinSamples(earlier: Samples, later: Samples, sinceMs = -Infinity): Samples {
  const kept: number[] = [];
  for (let i = 0; i < earlier.timesMs.length; i++) if ((earlier.timesMs[i] as number) >= sinceMs) kept.push(i);
  const timesMs = new Float64Array(kept.length + later.timesMs.length);
  const values = new Float64Array(timesMs.length);
  kept.forEach((from, to) => {
    timesMs[to] = earlier.timesMs[from] as number;
    values[to] = earlier.values[from] as number;
  });
  timesMs.set(later.timesMs, kept.length);
  values.set(later.values, kept.length);
  return { timesMs, values };
}
