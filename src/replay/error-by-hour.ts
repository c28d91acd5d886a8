// The forecast's error by hour of the week on the local wall clock: when it is off.
import type { LocalClock } from "../forecast/index.ts";
import type { Course } from "./course.ts";

const HOUR_MS = 3_600_000;
const HOURS_A_WEEK = 168;
/** 1970-01-01 was a Thursday: hours from the Monday before. */
const EPOCH_HOUR = 72;

/**
 * WAPE of the forecasts made one lead earlier, over the steps after the split: 168 shares, Monday 00:00 to 01:00 first;
 * NaN where there was nothing to judge.
 */
export function errorByHour({ trace, split, forecast }: Course, localClock: LocalClock): Float64Array {
  const missed = new Float64Array(HOURS_A_WEEK);
  const demand = new Float64Array(HOURS_A_WEEK);
  for (let i = split; i < trace.values.length; i++) {
    const y = trace.values[i] ?? NaN;
    const error = Math.abs(y - (forecast[i] ?? NaN));
    if (Number.isNaN(error)) continue;
    const hours = Math.floor(localClock.localMs(trace.startMs + i * trace.stepMs) / HOUR_MS) + EPOCH_HOUR;
    const slot = ((hours % HOURS_A_WEEK) + HOURS_A_WEEK) % HOURS_A_WEEK;
    missed[slot] = (missed[slot] ?? 0) + error;
    demand[slot] = (demand[slot] ?? 0) + y;
  }
  return missed.map((sum, slot) => ((demand[slot] ?? 0) > 0 ? sum / (demand[slot] ?? NaN) : NaN));
}
