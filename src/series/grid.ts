// Where the slots of a series lie: always on multiples of the step, so that every read of one scaler names the same slots.
import type { Grid } from "./samples.ts";

/** The newest multiple of `stepMs` that is not after `timeMs`, unix ms. */
export function alignedDown(timeMs: number, stepMs: number): number {
  return Math.floor(timeMs / stepMs) * stepMs;
}

/** The grid of the last `historyMs` up to `endMs`: slots on multiples of `stepMs`, the newest not after `endMs`, at least one. */
export function gridFor({ endMs, historyMs, stepMs }: { readonly endMs: number; readonly historyMs: number; readonly stepMs: number }): Grid {
  const length = Math.max(1, Math.floor(historyMs / stepMs));
  return { startMs: alignedDown(endMs, stepMs) - (length - 1) * stepMs, stepMs, length };
}
