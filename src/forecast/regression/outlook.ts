// Expert 2 at one lead: the features x of a target, the forecast base + s x'B, and the learning of B once the target has come.
//
//   x = averages of u; A1, A2, A3 at the target; what was a day and a week before it; average x change of A1 + A2 until then   (all in units of s)
//   base = L + A1 + A2 at the target
import { IS_LEARNING_OUTLOOK, LOCAL_DAY, LOCAL_WEEK, OUTLOOK_LEARNING_MS, ROOT, TARGET_DAY, TARGET_ELAPSED, TARGET_WEEK, VALUE } from "../frame.ts";
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";
import { DAY_AGO, seekLags, WEEK_AGO } from "./lags.ts";
import { correct, createLeastSquares, type LeastSquares, resetLeastSquares } from "./least-squares.ts";
import { profileAt } from "./profile.ts";
import { IS_LEARNING, LEVEL, type Regression, SCALE, weekAt } from "./regression.ts";

/** Memory of B: so long, or so many corrections a coefficient if that is longer. */
const MEMORY_MS = 4 * DAY_MS;
const MEMORY_PER_COEFFICIENT = 25;
/** The average that is believed before anything was seen, and how much of it. */
const PRIOR = 0.6;
/** Errors are clipped at so many times their mean size, once so many have been seen. */
const CLIP = 4;
const CLIP_AFTER = 50;
const SIZE_GAIN = 0.002;
const LEAST_SIZE = 1e-4;
/** Forecasts leave the range of z seen by at most this share of it. */
const WIDENED = 0.25;

/** Features besides the averages, in order: A1, A2, A3, day lag, week lag, product. */
const OTHERS = 6;

/** Slots of `numbers`. */
const SIZE = 0;
const ERRORS = 1;
const LOW = 2;
const HIGH = 3;
const NUMBERS = 4;

export interface Outlook {
  readonly n: number;
  readonly squares: LeastSquares;
  /** x of the last `steps` steps, then base, then 1 where it may be learned from. */
  readonly ring: Float32Array;
  readonly bases: Float64Array;
  readonly x: Float64Array;
  readonly numbers: Float64Array;
}

export function createOutlook(state: State, steps: number, stepMs: number, { averages }: Regression): Outlook {
  const n = averages.length + OTHERS;
  const learningMs = Math.max(OUTLOOK_LEARNING_MS, stepMs);
  return {
    n,
    squares: createLeastSquares(state, n, Math.max(MEMORY_MS / learningMs, MEMORY_PER_COEFFICIENT * n)),
    ring: state.f32(steps * n), bases: state.f64(steps), x: state.f64(n), numbers: state.f64(NUMBERS),
  };
}

export function resetOutlook({ squares, bases, numbers }: Outlook, { trusted }: Regression): void {
  squares.prior.fill(0);
  squares.prior[trusted] = PRIOR;
  resetLeastSquares(squares);
  bases.fill(NaN);
  numbers[LOW] = Infinity;
  numbers[HIGH] = -Infinity;
}

/** Corrects B by what the frame's root (not NaN) shows of the forecast made one lead ago. Comes before the regression observes this sample. */
export function learnOutlook({ n, squares, ring, bases, numbers }: Outlook, regression: Regression, slot: number, frame: Float64Array): void {
  const z = frame[ROOT]!;
  if (z < numbers[LOW]!) numbers[LOW] = z;
  if (z > numbers[HIGH]!) numbers[HIGH] = z;
  if (frame[IS_LEARNING_OUTLOOK] === 0) return;
  const base = bases[slot]!;
  if (base !== base) return;
  const { input, B } = squares;
  let e = (z - base) / regression.numbers[SCALE]!;
  for (let i = 0, at = slot * n; i < n; i++, at++) {
    const x = ring[at]!;
    input[i] = x;
    e -= x * B[i]!;
  }
  const count = numbers[ERRORS]! + 1;
  const was = numbers[SIZE]!;
  const seen = count > CLIP_AFTER ? Math.min(Math.abs(e), CLIP * was) : Math.abs(e);
  const size = was + Math.max(SIZE_GAIN, 1 / count) * (seen - was);
  numbers[ERRORS] = count;
  numbers[SIZE] = size;
  if (count > CLIP_AFTER) e = Math.max(-CLIP * size, Math.min(CLIP * size, e));
  input[n] = e;
  input[n + 1] = Math.sqrt(2 * n) * Math.max(size, LEAST_SIZE);
  correct(squares);
}

/** Builds x for the frame's target and writes the forecast, on z, to `into[at]`. */
export function lookOut(outlook: Outlook, regression: Regression, slot: number, frame: Float64Array, into: Float64Array, at: number): void {
  const { n, x, ring, bases, squares, numbers } = outlook;
  const { day, fine, hasDay, hasWeek, lags, averages, trusted } = regression;
  const { B } = squares;
  const scale = 1 / regression.numbers[SCALE]!;
  const elapsedMs = frame[TARGET_ELAPSED]!;
  const dayMs = frame[TARGET_DAY]!;
  const a1 = hasDay ? profileAt(day, dayMs) : 0;
  const a2 = weekAt(regression, frame[TARGET_WEEK]!);
  const base = regression.numbers[LEVEL]! + a1 + a2;
  const nowDay = hasDay ? profileAt(day, frame[LOCAL_DAY]!) : 0;
  const nowWeek = weekAt(regression, frame[LOCAL_WEEK]!);
  const first = averages.length;
  for (let i = 0; i < first; i++) x[i] = averages[i]! * scale;
  x[first] = a1 * scale;
  x[first + 1] = a2 * scale;
  x[first + 2] = hasDay ? profileAt(fine, dayMs) * scale : 0;
  seekLags(lags, frame);
  const dayAgo = hasDay && elapsedMs >= DAY_MS ? lags.found[DAY_AGO]! : NaN;
  const weekAgo = hasWeek && elapsedMs >= WEEK_MS ? lags.found[WEEK_AGO]! : NaN;
  x[first + 3] = dayAgo === dayAgo ? (dayAgo - base) * scale : 0;
  x[first + 4] = weekAgo === weekAgo ? (weekAgo - base) * scale : 0;
  x[first + 5] = averages[trusted]! * scale * (a1 + a2 - nowDay - nowWeek) * scale;
  let sum = 0;
  for (let i = 0, r = slot * n; i < n; i++, r++) {
    sum += x[i]! * B[i]!;
    ring[r] = x[i]!;
  }
  bases[slot] = frame[VALUE] === frame[VALUE] && regression.numbers[IS_LEARNING] === 1 ? base : NaN;
  const low = numbers[LOW]!;
  const high = numbers[HIGH]!;
  const spare = WIDENED * (high - low);
  into[at] = Math.max(0, low - spare, Math.min(high + spare, base + regression.numbers[SCALE]! * sum));
}
