// The sample at hand, as numbers: what every part of the forecaster reads of the present and, lead by lead, of the target.
// They pass between functions in an array because doubles in arguments and results may be allocated; it stays as it is until the next sample.
import type { LocalClock } from "./forecaster.ts";
import { DAY_MS, WEEK_MS } from "./seasons.ts";
import { createState, type State } from "./state.ts";

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
/** The step of the wall clock that the sample lies in, and the one of the target. */
export const LOCAL_STEP = 15;
export const TARGET_STEP = 16;
/** 1 at the first sample of each learning period of expert 2, and of the second stage. */
export const IS_LEARNING_OUTLOOK = 17;
export const IS_LEARNING_ERRORS = 18;
/** What expert 1 expected of the sample one step ago, and the sample's distance from it as may be learned; both on z. */
export const EXPECTED = 19;
export const INNOVATION = 20;
const NUMBERS = 21;

/** Expert 2 learns once in this time: more often brings nothing, and costs five times as much at a minute. */
export const OUTLOOK_LEARNING_MS = 300_000;
/** The second stage once in this. */
export const ERRORS_LEARNING_MS = 600_000;

export function createFrame(state: State = createState()): Float64Array {
  return state.f64(NUMBERS);
}

/** Whether `timeMs` is the first sample of a period: of each one, where periods are no longer than a step. */
function isFirstOf(periodMs: number, timeMs: number, stepMs: number): number {
  return stepMs >= periodMs || Math.floor(timeMs / periodMs) !== Math.floor((timeMs - stepMs) / periodMs) ? 1 : 0;
}

/** Places the sample at TIME on the wall clock. */
export function placeSample(frame: Float64Array, clock: LocalClock, stepMs: number): void {
  frame[IS_LEARNING_OUTLOOK] = isFirstOf(OUTLOOK_LEARNING_MS, frame[TIME]!, stepMs);
  frame[IS_LEARNING_ERRORS] = isFirstOf(ERRORS_LEARNING_MS, frame[TIME]!, stepMs);
  const local = clock.localMs(frame[TIME]!);
  frame[LOCAL] = local;
  frame[LOCAL_STEP] = Math.floor(local / stepMs);
  frame[LOCAL_DAY] = local - Math.floor(local / DAY_MS) * DAY_MS;
  frame[LOCAL_WEEK] = local - Math.floor(local / WEEK_MS) * WEEK_MS;
}

/** Places the target `leadSteps` after the sample on the wall clock. */
export function placeTarget(frame: Float64Array, clock: LocalClock, stepMs: number, leadSteps: number): void {
  const aheadMs = leadSteps * stepMs;
  const local = clock.localMs(frame[TIME]! + aheadMs);
  frame[TARGET] = local;
  // As a rule so many steps later; a change of the clocks in between shows as another distance.
  const isEven = aheadMs === local - frame[LOCAL]!;
  frame[TARGET_STEP] = isEven ? frame[LOCAL_STEP]! + leadSteps : Math.floor(local / stepMs);
  frame[TARGET_DAY] = local - Math.floor(local / DAY_MS) * DAY_MS;
  frame[TARGET_WEEK] = local - Math.floor(local / WEEK_MS) * WEEK_MS;
  frame[TARGET_ELAPSED] = frame[ELAPSED]! + aheadMs;
}
