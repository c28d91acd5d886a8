// Seeded series for the tests: day and week shape, noise, gaps. The same seed gives the same series.
import type { Series } from "../../src/series/index.ts";

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** Monday 2026-01-05 00:00 UTC. */
export const MONDAY_MS = 1_767_571_200_000;

/** Uniform numbers in 0..1 (a linear congruential generator). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

export interface Shape {
  readonly days: number;
  readonly stepMs?: number;
  readonly startMs?: number;
  readonly seed?: number;
  /** Standard deviation of the noise, share of the mean. */
  readonly noise?: number;
  /** Share of samples that are missing. */
  readonly missing?: number;
  /** Local time of a moment; UTC unless given. */
  readonly localMs?: (timeMs: number) => number;
}

/** Demand around 100 with a daily wave and quiet weekends, never negative. */
export function traffic({ days, stepMs = 5 * MINUTE_MS, startMs = MONDAY_MS, seed = 1, noise = 0.02, missing = 0, localMs = (t) => t }: Shape): Series {
  const next = uniform(seed);
  const values = Float64Array.from({ length: Math.round((days * DAY_MS) / stepMs) }, (_, i) => {
    const local = localMs(startMs + i * stepMs);
    const day = (local % DAY_MS) / DAY_MS;
    const weekday = Math.floor(local / DAY_MS) % 7;
    const isWeekend = weekday === 2 || weekday === 3;
    const bell = next() + next() + next() - 1.5;
    const y = 100 * (1 + 0.6 * Math.sin(2 * Math.PI * (day - 0.3))) * (isWeekend ? 0.6 : 1) + 100 * noise * 2 * bell;
    return next() < missing ? NaN : Math.max(0, y);
  });
  return { startMs, stepMs, values };
}
