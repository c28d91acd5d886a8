// Where the sample at hand and the targets of its forecasts lie on the wall clock: written to the frame.
// Positions move on from the last ones, exactly: a division only where a day begins, or where the clock jumps. Within a local day all is one straight line.
import type { LocalClock } from "./forecaster.ts";
import * as frames from "./frame.ts";
import type { Frame } from "./frame.ts";
import * as seasons from "./seasons.ts";
import { dayLagAt, timeOfDay, weekLagAt } from "./seasons.ts";

const { ERRORS_LEARNING_MS, OUTLOOK_LEARNING_MS } = frames;
const { DAY_MS } = seasons;

/** Whether `timeMs` is the first sample of a period: of each one, where periods are no longer than a step. */
function isFirstOf(periodMs: number, timeMs: number, stepMs: number): number {
  return timeMs - Math.floor(timeMs / periodMs) * periodMs < stepMs ? 1 : 0;
}

/** Places the sample at TIME on the wall clock. */
export function placeSample(frame: Frame, clock: LocalClock, stepMs: number): void {
  frame.isLearningOutlook = isFirstOf(OUTLOOK_LEARNING_MS, frame.time, stepMs);
  // The longer period begins with one of the shorter.
  frame.isLearningErrors = frame.isLearningOutlook === 1 ? isFirstOf(ERRORS_LEARNING_MS, frame.time, stepMs) : 0;
  const local = clock.localMs(frame.time);
  const passed = local - frame.local;
  const day = frame.localDay + passed;
  frame.local = local;
  frame.localStep = passed === stepMs ? frame.localStep + 1 : Math.floor(local / stepMs);
  if (day >= 0 && day < DAY_MS) {
    frame.localDay = day;
    frame.localWeek = frame.localWeek + passed;
    return;
  }
  frame.localDay = timeOfDay(local);
  frame.localWeek = clock.weekMs(local);
  frame.dayLag = dayLagAt(clock, local);
  frame.weekLag = weekLagAt(clock, local);
}

/** Places the target `leadSteps` after the sample on the wall clock. */
export function placeTarget(frame: Frame, clock: LocalClock, stepMs: number, leadSteps: number): void {
  const aheadMs = leadSteps * stepMs;
  const local = clock.localMs(frame.time + aheadMs);
  const passed = local - frame.local;
  const day = frame.localDay + passed;
  frame.target = local;
  // As a rule so many steps later; a change of the clocks in between shows as another distance.
  frame.targetStep = passed === aheadMs ? frame.localStep + leadSteps : Math.floor(local / stepMs);
  frame.targetElapsed = frame.elapsed + aheadMs;
  if (day >= 0 && day < DAY_MS) {
    frame.targetDay = day;
    frame.targetWeek = frame.localWeek + passed;
    frame.targetDayLag = frame.dayLag;
    frame.targetWeekLag = frame.weekLag;
    return;
  }
  frame.targetDay = timeOfDay(local);
  frame.targetWeek = clock.weekMs(local);
  frame.targetDayLag = dayLagAt(clock, local);
  frame.targetWeekLag = weekLagAt(clock, local);
}
