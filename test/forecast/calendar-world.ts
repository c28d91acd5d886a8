// A year of demand whose holidays are like Sundays, in any zone: what a calendar must help with.
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import type { ForecastEvent, Forecaster, Holidays } from "../../src/forecast/index.ts";
import type { Series } from "../../src/series/index.ts";
import { DAY_MS, uniform } from "./series.ts";

export const STEP_MS = 900_000;
export const PER_DAY = DAY_MS / STEP_MS;

export interface Year {
  readonly zone: string;
  /** Unix ms. */
  readonly startMs: number;
  readonly days: number;
  /** Local days that are like Sundays. */
  readonly holidays: readonly number[];
  readonly noise?: number;
  readonly seed?: number;
}

/** Demand of working days with two peaks, of quieter Saturdays and quiet Sundays that begin late; holidays are Sundays, whatever their weekday. */
export function yearOf({ zone, startMs, days, holidays, noise = 0.03, seed = 1 }: Year): Series {
  const clock = createLocalClock(zone);
  const isHoliday = new Set(holidays);
  const next = uniform(seed);
  const values = Float64Array.from({ length: days * PER_DAY }, (_, i) => {
    const local = clock.localMs(startMs + i * STEP_MS);
    const day = Math.floor(local / DAY_MS);
    const hour = (local - day * DAY_MS) / 3_600_000;
    const weekday = isHoliday.has(day) ? 0 : (day + 4) % 7;
    const hump = (at: number, wide: number) => Math.exp(-(((hour - at) / wide) ** 2));
    const level = weekday === 0 ? 60 + 120 * hump(15, 4) : weekday === 6 ? 80 + 220 * hump(14, 5) : 100 + 500 * hump(10, 2.5) + 400 * hump(16, 3);
    return Math.max(0, level * (1 + noise * 2 * (next() + next() + next() - 1.5)));
  });
  return { startMs, stepMs: STEP_MS, values };
}

export interface Told {
  readonly holidays?: Holidays | undefined;
  readonly events?: readonly ForecastEvent[];
  readonly leadSteps?: number;
}

export function forecasterFor(zone: string, { holidays, events = [], leadSteps = 2 }: Told = {}): Forecaster {
  return createForecaster({ stepMs: STEP_MS, leadSteps: [leadSteps], day: true, week: true, localClock: createLocalClock(zone, holidays), events });
}

/** What `forecaster`, fitted to the first `fitted` samples, said of each sample one lead before it. */
export function saidOf(forecaster: Forecaster, series: Series, fitted: number): Float64Array {
  const { startMs, stepMs, values } = series;
  const lead = forecaster.settings.leadSteps[0] ?? 1;
  const said = new Float64Array(values.length + lead).fill(NaN);
  forecaster.fit({ startMs, stepMs, values: values.slice(0, fitted) });
  for (let i = 0; i < values.length; i++) {
    forecaster.observe(startMs + i * stepMs, values[i] ?? NaN);
    said[i + lead] = forecaster.forecast(lead);
  }
  return said;
}

/** Sum of errors over sum of demand, of the samples that `isCounted`. */
export function errorOf({ values }: Series, said: Float64Array, isCounted: (i: number) => boolean): number {
  let missed = 0;
  let demand = 0;
  for (let i = 0; i < values.length; i++) {
    if (!isCounted(i)) continue;
    missed += Math.abs((values[i] ?? NaN) - (said[i] ?? NaN));
    demand += values[i] ?? NaN;
  }
  return missed / demand;
}
