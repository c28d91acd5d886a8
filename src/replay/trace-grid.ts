// The regular grid that recorded samples lie on: their step is the most frequent difference between neighbours.
import type { Grid, Samples } from "../series/index.ts";

/** Differences are compared in whole seconds: scrapes jitter by milliseconds. */
const TICK_MS = 1000;

/**
 * The grid from the first to the last of `samples`, whose times must ascend (equal ones may follow each other). Its slots lie where most
 * samples lie within a step. Undefined without two different times.
 */
export function gridOfTrace({ timesMs }: Samples): Grid | undefined {
  const differences: number[] = [];
  for (let i = 1; i < timesMs.length; i++) {
    const ms = (timesMs[i] ?? NaN) - (timesMs[i - 1] ?? NaN);
    if (ms > 0) differences.push(Math.max(1, Math.round(ms / TICK_MS)) * TICK_MS);
  }
  const stepMs = mostFrequent(differences);
  const [first, last] = [timesMs[0], timesMs.at(-1)];
  if (stepMs === undefined || first === undefined || last === undefined) return undefined;
  const phase = mostFrequent(Array.from(timesMs, (ms) => ms - Math.floor(ms / stepMs) * stepMs)) ?? 0;
  const startMs = Math.round((first - phase) / stepMs) * stepMs + phase;
  return { startMs, stepMs, length: Math.max(1, Math.round((last - startMs) / stepMs) + 1) };
}

/** The value that occurs most often, the first to occur of several; undefined of none. */
function mostFrequent(values: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  let best: number | undefined;
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const [value, count] of counts) if (best === undefined || count > (counts.get(best) ?? 0)) best = value;
  return best;
}
