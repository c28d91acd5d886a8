// Where the sample at hand and the targets of its forecasts lie on the wall clock: written to the frame.
// Positions move on from the last ones, exactly: a division only where a day or a week begins, or where the clock jumps.
import type { LocalClock } from "./forecaster.ts";
import * as frames from "./frame.ts";
import { DAY_MS, timeOfDay, timeOfWeek, WEEK_MS } from "./seasons.ts";

const {
  ELAPSED, ERRORS_LEARNING_MS, IS_LEARNING_ERRORS, IS_LEARNING_OUTLOOK, LOCAL, LOCAL_DAY, LOCAL_STEP, LOCAL_WEEK, OUTLOOK_LEARNING_MS, TARGET, TARGET_DAY,
  TARGET_ELAPSED, TARGET_STEP, TARGET_WEEK, TIME,
} = frames;

/** Whether `timeMs` is the first sample of a period: of each one, where periods are no longer than a step. */
function isFirstOf(periodMs: number, timeMs: number, stepMs: number): number {
  return timeMs - Math.floor(timeMs / periodMs) * periodMs < stepMs ? 1 : 0;
}

/** Places the sample at TIME on the wall clock. */
export function placeSample(frame: Float64Array, clock: LocalClock, stepMs: number): void {
  frame[IS_LEARNING_OUTLOOK] = isFirstOf(OUTLOOK_LEARNING_MS, frame[TIME]!, stepMs);
  frame[IS_LEARNING_ERRORS] = isFirstOf(ERRORS_LEARNING_MS, frame[TIME]!, stepMs);
  const local = clock.localMs(frame[TIME]!);
  const passed = local - frame[LOCAL]!;
  const day = frame[LOCAL_DAY]! + passed;
  const week = frame[LOCAL_WEEK]! + passed;
  frame[LOCAL] = local;
  frame[LOCAL_STEP] = passed === stepMs ? frame[LOCAL_STEP]! + 1 : Math.floor(local / stepMs);
  frame[LOCAL_DAY] = day >= 0 && day < DAY_MS ? day : timeOfDay(local);
  frame[LOCAL_WEEK] = week >= 0 && week < WEEK_MS ? week : timeOfWeek(local);
}

/** Places the target `leadSteps` after the sample on the wall clock. */
export function placeTarget(frame: Float64Array, clock: LocalClock, stepMs: number, leadSteps: number): void {
  const aheadMs = leadSteps * stepMs;
  const local = clock.localMs(frame[TIME]! + aheadMs);
  const passed = local - frame[LOCAL]!;
  const day = frame[LOCAL_DAY]! + passed;
  const week = frame[LOCAL_WEEK]! + passed;
  frame[TARGET] = local;
  // As a rule so many steps later; a change of the clocks in between shows as another distance.
  frame[TARGET_STEP] = passed === aheadMs ? frame[LOCAL_STEP]! + leadSteps : Math.floor(local / stepMs);
  frame[TARGET_DAY] = day >= 0 && day < DAY_MS ? day : timeOfDay(local);
  frame[TARGET_WEEK] = week >= 0 && week < WEEK_MS ? week : timeOfWeek(local);
  frame[TARGET_ELAPSED] = frame[ELAPSED]! + aheadMs;
}
