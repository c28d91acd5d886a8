// The sample at hand, as numbers: what every part of the forecaster reads of the present and, lead by lead, of the target.
// They pass between functions in a record because doubles in arguments and results may be allocated; it stays as it is until the next sample.
// Hot files bind the constants that they import to constants of their own: the engine folds those, and looks an imported one up at every use.
import { createState, type State } from "./state.ts";

function numbers() {
  return {
    /** Unix ms of the sample, and since the first one. */
    time: 0, elapsed: 0,
    /** The value (NaN = missing), and its root as the models may learn it. */
    value: 0, root: 0,
    /** The sample's wall clock: ms since 1970 local, since midnight, since the start of the week as it is read (see weekMs). */
    local: 0, localDay: 0, localWeek: 0,
    /** The same of the target, and its time since the first sample. */
    target: 0, targetDay: 0, targetWeek: 0, targetElapsed: 0,
    /** Days before the sample's and the target's day that are to be compared with it: 1 and 7, others around holidays, 0 for none. */
    dayLag: 0, weekLag: 0, targetDayLag: 0, targetWeekLag: 0,
    /** The most that may be forecast. */
    ceiling: 0,
    /** The step of the wall clock that the sample lies in, and the one of the target. */
    localStep: 0, targetStep: 0,
    /** 1 at the first sample of each learning period of expert 2, and of the second stage. */
    isLearningOutlook: 0, isLearningErrors: 0,
    /** What expert 1 expected of the sample one step ago, and the sample's distance from it as may be learned; both on z. */
    expected: 0, innovation: 0,
  };
}

export type Frame = ReturnType<typeof numbers>;

/** Expert 2 learns once in this time: more often brings nothing, and costs five times as much at a minute. */
export const OUTLOOK_LEARNING_MS = 300_000;
/** The second stage once in this. */
export const ERRORS_LEARNING_MS = 600_000;

export function createFrame(state: State = createState()): Frame {
  return state.record(numbers());
}

/** Before any sample: nothing is known. */
export function resetFrame(frame: Frame): void {
  for (const field of Object.keys(frame) as (keyof Frame)[]) frame[field] = NaN;
}
