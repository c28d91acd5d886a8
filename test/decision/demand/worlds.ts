// Small worlds for the demand rule: a clock without offset, seeded demand, forecasts that are told.
import type { DemandSettings } from "../../../src/decision/index.ts";
import { createLocalClock } from "../../../src/forecast/index.ts";
import type { LocalClock, PointForecast } from "../../../src/forecast/index.ts";

export const utc: LocalClock = createLocalClock("UTC");

export const DAY_MS = 86_400_000;

/** A minute's rule with a lead of 20 minutes and a stabilisation of 10. */
export function settingsWith(changes: Partial<DemandSettings> = {}): DemandSettings {
  return {
    stepMs: 60_000,
    leadSteps: 20,
    stabilizationSteps: 10,
    scaleDownTolerance: 0.1,
    targetPerReplica: 50,
    budget: 0.01,
    minReplicas: 2,
    maxReplicas: 100,
    localClock: utc,
    ...changes,
  };
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A day's wave with seeded noise at `timeMs`, around `mean`. */
export function wave(timeMs: number, mean: number, random: () => number): number {
  return mean * (1 + 0.5 * Math.sin((2 * Math.PI * timeMs) / DAY_MS) + 0.2 * (random() - 0.5));
}

/** The forecast that says the same for every lead. */
export function flat(value: number): PointForecast {
  return { forecast: () => value };
}
