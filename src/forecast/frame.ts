// The sample at hand, as numbers: what every part of the forecaster reads of the present and, lead by lead, of the target.
// They pass between functions in an array because doubles in arguments and results may be allocated; nothing in it outlives a step.
import type { LocalClock } from "./forecaster.ts";
import { DAY_MS, WEEK_MS } from "./seasons.ts";

/** Unix ms of the sample, and since the first one. */
export const TIME = 0;
export const ELAPSED = 1;
/** The value (NaN = missing), and its root as the models may learn it. */
export const VALUE = 2;
export const ROOT = 3;
/** The sample's wall clock: ms since 1970 local, since midnight, since the start of the week. */
export const LOCAL = 4;
export const LOCAL_DAY = 5;
export const LOCAL_WEEK = 6;
/** The same of the target, and its time since the first sample. */
export const TARGET = 7;
export const TARGET_DAY = 8;
export const TARGET_WEEK = 9;
export const TARGET_ELAPSED = 10;
/** The most that may be forecast. */
export const CEILING = 11;
/** What was said one lead ago for this sample: forecast, 95 % bound, persistence. */
export const SAID_POINT = 12;
export const SAID_UPPER = 13;
export const SAID_PERSISTENCE = 14;
const NUMBERS = 15;

export function createFrame(): Float64Array {
  return new Float64Array(NUMBERS);
}

/** Places the sample at TIME on the wall clock. */
export function placeSample(frame: Float64Array, clock: LocalClock): void {
  const local = clock.localMs(frame[TIME]!);
  frame[LOCAL] = local;
  frame[LOCAL_DAY] = local - Math.floor(local / DAY_MS) * DAY_MS;
  frame[LOCAL_WEEK] = local - Math.floor(local / WEEK_MS) * WEEK_MS;
}

/** Places the target `aheadMs` after the sample on the wall clock. */
export function placeTarget(frame: Float64Array, clock: LocalClock, aheadMs: number): void {
  const local = clock.localMs(frame[TIME]! + aheadMs);
  frame[TARGET] = local;
  frame[TARGET_DAY] = local - Math.floor(local / DAY_MS) * DAY_MS;
  frame[TARGET_WEEK] = local - Math.floor(local / WEEK_MS) * WEEK_MS;
  frame[TARGET_ELAPSED] = frame[ELAPSED]! + aheadMs;
}
