// Seeded demands whose regime changes after six weeks: a level, a season, a calendar.
import type { Series } from "../../src/series/index.ts";
import { DAY_MS, seeded } from "./demand/worlds.ts";

const HOUR_MS = 3_600_000;
/** A Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2026, 0, 5);
/** The change comes in the morning of this day, the holidays at its start. */
export const CHANGE_DAY = 42;
/** When it comes, ms after the start. */
export const CHANGE_MS = CHANGE_DAY * DAY_MS + 10 * HOUR_MS;
const DAYS = 56;
/** Share of the demand at weekends and on holidays. */
const QUIET = 0.35;

export type Regime = "unchanged" | "stepUp" | "stepDown" | "seasonVanishes" | "holidays" | "nightBecomesDay";

/** Eight weeks of a day with two peaks, quiet weekends and noise that repeats a little. */
export function regimeTrace(regime: Regime, stepMs: number, seed: number, noise = 0.05): Series {
  const random = seeded(seed);
  let drift = 0;
  const values = Float64Array.from({ length: (DAYS * DAY_MS) / stepMs }, (_, i) => {
    const atMs = i * stepMs;
    drift = 0.95 * drift + noise * (random() - 0.5);
    return 1000 * shapeAt(regime, atMs) * (1 + drift + noise * (random() - 0.5));
  });
  return { startMs: START_MS, stepMs, values };
}

function shapeAt(regime: Regime, atMs: number): number {
  const isChanged = atMs >= CHANGE_MS;
  if (isChanged && regime === "seasonVanishes") return 0.55;
  const hour = (atMs % DAY_MS) / HOUR_MS;
  const shape = dayAt(isChanged && regime === "nightBecomesDay" ? (hour + 12) % 24 : hour);
  const day = Math.floor(atMs / DAY_MS);
  const isHoliday = regime === "holidays" && day >= CHANGE_DAY && day < CHANGE_DAY + 7;
  const level = !isChanged ? 1 : regime === "stepUp" ? 3 : regime === "stepDown" ? 1 / 3 : 1;
  return level * shape * (day % 7 >= 5 || isHoliday ? QUIET : 1);
}

function dayAt(hour: number): number {
  return 0.25 + 0.75 * Math.exp(-((hour - 14) ** 2) / 18) + 0.35 * Math.exp(-((hour - 20) ** 2) / 3);
}
