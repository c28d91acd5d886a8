// Times that are never learned from, as a row of boundaries that observing walks along.
// Invariant: the cursor follows from the time alone, so it is no part of the state; it only ever has to begin again.
import type { Series } from "../series/index.ts";
import type { Exclusion } from "./forecaster.ts";

export interface Exclusions {
  /** Starts and ends in turn, ascending, then Infinity. */
  readonly boundaries: Float64Array;
  /** The first boundary that is still ahead; within an exclusion it is an end. */
  readonly cursor: Int32Array;
}

/** Throws RangeError for a time that is no number. */
export function createExclusions(excluded: readonly Exclusion[]): Exclusions {
  const boundaries: number[] = [];
  for (const { startMs, endMs } of [...excluded].sort((a, b) => a.startMs - b.startMs)) {
    if (Number.isNaN(startMs) || Number.isNaN(endMs)) throw new RangeError(`exclude holds ${startMs} to ${endMs}, expected two times in unix ms`);
    if (!(startMs < endMs)) continue;
    const last = boundaries.at(-1) ?? -Infinity;
    if (boundaries.length > 0 && startMs <= last) boundaries[boundaries.length - 1] = Math.max(last, endMs);
    else boundaries.push(startMs, endMs);
  }
  return { boundaries: Float64Array.from([...boundaries, Infinity]), cursor: new Int32Array(1) };
}

/** Before a time that may be earlier than the last one. */
export function rewind({ cursor }: Exclusions): void {
  cursor[0] = 0;
}

/** Whether `timeMs` is excluded; times come in ascending order. */
export function isExcluded({ boundaries, cursor }: Exclusions, timeMs: number): boolean {
  while (timeMs >= boundaries[cursor[0]!]!) cursor[0] = cursor[0]! + 1;
  return (cursor[0]! & 1) === 1;
}

/** The series with its excluded samples missing; itself where nothing is excluded. */
export function without(exclusions: Exclusions, series: Series): Series {
  if (exclusions.boundaries.length === 1) return series;
  rewind(exclusions);
  const { startMs, stepMs } = series;
  const values = series.values.map((value, i) => (isExcluded(exclusions, startMs + i * stepMs) ? NaN : value));
  return { startMs, stepMs, values };
}
