// Expert 2 at one lead: the features x of a target, the forecast base + s x'B, and the learning of B once the target has come.
//
//   x = averages of u; A1, A2, A3 at the target; what was a day and a week before it; average x change of A1 + A2 until then   (all in units of s)
//   base = L + A1 + A2 at the target
import * as frames from "../frame.ts";
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";
import * as lagging from "./lags.ts";
import { seekLags } from "./lags.ts";
import * as leastSquares from "./least-squares.ts";
import { correct, createLeastSquares, type LeastSquares, resetLeastSquares } from "./least-squares.ts";
import * as present from "./present.ts";
import * as seasonal from "./profile.ts";
import { seekProfiles } from "./profile.ts";
import type { Regression } from "./regression.ts";

const { IS_LEARNING_OUTLOOK, OUTLOOK_LEARNING_MS, ROOT, TARGET_DAY, TARGET_ELAPSED, TARGET_WEEK, VALUE } = frames;
const { INPUT, KAPPA, MISS, X } = leastSquares;
const { DAY, FINE, READ, WEEK } = seasonal;
const { IS_LEARNING, LEVEL, READS_WEEK, SCALE, SEASONS_NOW } = present;
const { DAY_AGO, FOUND, WEEK_AGO } = lagging;

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
  readonly numbers: Float64Array;
}

export function createOutlook(state: State, steps: number, stepMs: number, { averages }: Regression): Outlook {
  const n = averages.length + OTHERS;
  const learningMs = Math.max(OUTLOOK_LEARNING_MS, stepMs);
  return {
    n,
    squares: createLeastSquares(state, n, Math.max(MEMORY_MS / learningMs, MEMORY_PER_COEFFICIENT * n)),
    ring: state.f32(steps * n), bases: state.f64(steps), numbers: state.f64(NUMBERS),
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
  const { B } = squares;
  let e = (z - base) / regression.numbers[SCALE]!;
  for (let i = 0, at = slot * n; i < n; i++, at++) {
    const x = ring[at]!;
    X[i] = x;
    e -= x * B[i]!;
  }
  const count = numbers[ERRORS]! + 1;
  const was = numbers[SIZE]!;
  const seen = count > CLIP_AFTER ? Math.min(Math.abs(e), CLIP * was) : Math.abs(e);
  const size = was + Math.max(SIZE_GAIN, 1 / count) * (seen - was);
  numbers[ERRORS] = count;
  numbers[SIZE] = size;
  if (count > CLIP_AFTER) e = Math.max(-CLIP * size, Math.min(CLIP * size, e));
  INPUT[MISS] = e;
  INPUT[KAPPA] = Math.sqrt(2 * n) * Math.max(size, LEAST_SIZE);
  correct(squares);
}

/** Builds x for the frame's target, keeps it for one lead later, and writes the forecast, on z, to `into[at]`. */
export function lookOut(outlook: Outlook, regression: Regression, slot: number, frame: Float64Array, into: Float64Array, at: number): void {
  const { n, ring, bases, squares, numbers } = outlook;
  const { profiles, hasDay, hasWeek, lags, averages, trusted, numbers: known } = regression;
  const { B } = squares;
  const s = known[SCALE]!;
  const scale = 1 / s;
  const elapsedMs = frame[TARGET_ELAPSED]!;
  seekProfiles(profiles, frame, TARGET_DAY, TARGET_WEEK);
  const a1 = READ[DAY]!;
  const a2 = known[READS_WEEK]! * READ[WEEK]!;
  const base = known[LEVEL]! + a1 + a2;
  seekLags(lags, frame);
  const dayAgo = hasDay && elapsedMs >= DAY_MS ? FOUND[DAY_AGO]! : NaN;
  const weekAgo = hasWeek && elapsedMs >= WEEK_MS ? FOUND[WEEK_AGO]! : NaN;
  const x1 = a1 * scale;
  const x2 = a2 * scale;
  const x3 = READ[FINE]! * scale;
  const x4 = dayAgo === dayAgo ? (dayAgo - base) * scale : 0;
  const x5 = weekAgo === weekAgo ? (weekAgo - base) * scale : 0;
  const x6 = averages[trusted]! * scale * (a1 + a2 - known[SEASONS_NOW]!) * scale;
  const first = averages.length;
  const r = slot * n;
  let sum = 0;
  for (let i = 0; i < first; i++) {
    const x = averages[i]! * scale;
    ring[r + i] = x;
    sum += x * B[i]!;
  }
  const rest = r + first;
  ring[rest] = x1;
  ring[rest + 1] = x2;
  ring[rest + 2] = x3;
  ring[rest + 3] = x4;
  ring[rest + 4] = x5;
  ring[rest + 5] = x6;
  sum += x1 * B[first]! + x2 * B[first + 1]! + x3 * B[first + 2]! + x4 * B[first + 3]! + x5 * B[first + 4]! + x6 * B[first + 5]!;
  bases[slot] = frame[VALUE] === frame[VALUE] && known[IS_LEARNING] === 1 ? base : NaN;
  const low = numbers[LOW]!;
  const high = numbers[HIGH]!;
  const spare = WIDENED * (high - low);
  into[at] = Math.max(0, low - spare, Math.min(high + spare, base + s * sum));
}
