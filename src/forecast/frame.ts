// The sample at hand, as numbers: what every part of the forecaster reads of the present and, lead by lead, of the target.
// They pass between functions in an array because doubles in arguments and results may be allocated; it stays as it is until the next sample.
// Files where every nanosecond counts bind the slots to constants of their own: the engine folds those, and looks an imported one up at every use.
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
