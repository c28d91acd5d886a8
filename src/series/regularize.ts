// Samples -> Series: every sample into the slot that its time names; what no sample names stays NaN.
// Nothing is invented: no slot is filled from a neighbour, and no sample outside the grid is pulled into it.
import type { Grid, Samples, Series } from "./samples.ts";

/**
 * The series of `samples` on `grid`. Slot i takes the samples of [t - step/2, t + step/2), t its time; of several the last in
 * input order wins, so that what was read again replaces what was read first. Negative and non-finite values are NaN.
 */
export function regularize(samples: Samples, grid: Grid): Series {
  const { startMs, stepMs, length } = checked(grid);
  const { timesMs, values } = samples;
  const slots = new Float64Array(length).fill(NaN);
  for (let i = 0; i < timesMs.length; i++) {
    const slot = Math.floor(((timesMs[i] as number) - startMs) / stepMs + 0.5);
    if (!(slot >= 0 && slot < length)) continue;
    const value = values[i] as number;
    slots[slot] = value >= 0 && value < Infinity ? value : NaN;
  }
  return { startMs, stepMs, values: slots };
}

/** The share of slots that hold a value, 0..1; 0 where there are no slots. */
export function coverage(series: Series): number {
  const { values } = series;
  let present = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) present++;
  return values.length === 0 ? 0 : present / values.length;
}

/** The time of the newest slot that holds a value, unix ms; undefined where none does. */
export function lastPresentMs(series: Series): number | undefined {
  const { startMs, stepMs, values } = series;
  for (let i = values.length - 1; i >= 0; i--) if (!Number.isNaN(values[i])) return startMs + i * stepMs;
  return undefined;
}

function checked(grid: Grid): Grid {
  if (!(grid.stepMs > 0) || !Number.isFinite(grid.startMs) || !Number.isInteger(grid.length) || grid.length < 0)
    throw new RangeError(`Found the grid ${JSON.stringify(grid)}; expected a finite start, a step above 0 and a whole length of 0 or more.`);
  return grid;
}
