// Expert 2 at one lead: the features x of a target, the forecast base + s x'B, and the learning of B once the target has come.
//
//   x = averages of u; A1, A2, A3 at the target; what was a day and a week before it; average x change of A1 + A2 until then   (all in units of s)
//   base = L + A1 + A2 at the target
import type { Forecasts } from "../forecasts.ts";
import { type Frame, OUTLOOK_LEARNING_MS } from "../frame.ts";
import * as seasons from "../seasons.ts";
import type { State } from "../state.ts";
import { type Ago, createAgo, seekLags } from "./lags.ts";
import * as leastSquares from "./least-squares.ts";
import { correct, createLeastSquares, type LeastSquares, resetLeastSquares } from "./least-squares.ts";
import { seek } from "./profile.ts";
import type { Regression } from "./regression.ts";

const { DAY_MS, WEEK_MS } = seasons;
const { INPUT, X } = leastSquares;

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

function blank() {
  return {
    /** EW|e|, of so many errors. */
    size: 0, errors: 0,
    /** The range of z. */
    low: 0, high: 0,
  };
}

export interface Outlook {
  readonly n: number;
  readonly squares: LeastSquares;
  /** x of the last `steps` steps. */
  readonly ring: Float32Array;
  readonly numbers: ReturnType<typeof blank>;
  readonly ago: Ago;
  /** So long that what it was a day before the target may still change. */
  readonly hasLongLead: boolean;
}

export function createOutlook(state: State, steps: number, stepMs: number, { averages }: Regression): Outlook {
  const n = averages.length + OTHERS;
  const learningMs = Math.max(OUTLOOK_LEARNING_MS, stepMs);
  return {
    n,
    squares: createLeastSquares(state, n, Math.max(MEMORY_MS / learningMs, MEMORY_PER_COEFFICIENT * n)),
    ring: state.f32(steps * n), numbers: state.record(blank()),
    ago: createAgo(state), hasLongLead: steps * stepMs > DAY_MS / 2,
  };
}

export function resetOutlook({ squares, numbers, ago }: Outlook, { trusted }: Regression): void {
  squares.prior.fill(0);
  squares.prior[trusted] = PRIOR;
  resetLeastSquares(squares);
  numbers.low = Infinity;
  numbers.high = -Infinity;
  ago.block = NaN;
}

/** Corrects B by what the frame's root (not NaN) shows of the forecast made one lead ago. Comes before the regression observes this sample. */
export function learnOutlook(
  { n, squares, ring, numbers }: Outlook, regression: Regression, slot: number, frame: Frame, { base }: Pick<Forecasts, "base">,
): void {
  const z = frame.root;
  if (z < numbers.low) numbers.low = z;
  if (z > numbers.high) numbers.high = z;
  if (frame.isLearningOutlook === 0) return;
  if (base !== base) return;
  const { B } = squares;
  let e = (z - base) / regression.numbers.scale;
  for (let i = 0, at = slot * n; i < n; i++, at++) {
    const x = ring[at]!;
    X[i] = x;
    e -= x * B[i]!;
  }
  const count = numbers.errors + 1;
  const was = numbers.size;
  const seen = count > CLIP_AFTER ? Math.min(Math.abs(e), CLIP * was) : Math.abs(e);
  const size = was + Math.max(SIZE_GAIN, 1 / count) * (seen - was);
  numbers.errors = count;
  numbers.size = size;
  if (count > CLIP_AFTER) e = Math.max(-CLIP * size, Math.min(CLIP * size, e));
  INPUT.miss = e;
  INPUT.kappa = Math.sqrt(2 * n) * Math.max(size, LEAST_SIZE);
  correct(squares);
}

/** Builds x for the frame's target, keeps it for one lead later, and says what it forecasts. */
export function lookOut(outlook: Outlook, regression: Regression, slot: number, frame: Frame, now: Forecasts): void {
  const { n, ring, squares, numbers, ago, hasLongLead } = outlook;
  const { day, week, fine, hasDay, hasWeek, lags, averages, trusted, numbers: known } = regression;
  const { B } = squares;
  const s = known.scale;
  const scale = 1 / s;
  const elapsedMs = frame.targetElapsed;
  seek(day, frame.targetDay);
  seek(week, frame.targetWeek);
  seek(fine, frame.targetDay);
  const a1 = day.found.read;
  const a2 = known.readsWeek * week.found.read;
  const base = known.level + a1 + a2;
  if (hasLongLead) ago.block = NaN;
  seekLags(lags, frame, ago);
  const dayAgo = hasDay && elapsedMs >= DAY_MS ? ago.dayAgo : NaN;
  const weekAgo = hasWeek && elapsedMs >= WEEK_MS ? ago.weekAgo : NaN;
  const x1 = a1 * scale;
  const x2 = a2 * scale;
  const x3 = fine.found.read * scale;
  const x4 = dayAgo === dayAgo ? (dayAgo - base) * scale : 0;
  const x5 = weekAgo === weekAgo ? (weekAgo - base) * scale : 0;
  const x6 = averages[trusted]! * scale * (a1 + a2 - known.seasonsNow) * scale;
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
  now.base = frame.value === frame.value && known.isLearning === 1 ? base : NaN;
  const low = numbers.low;
  const high = numbers.high;
  const spare = WIDENED * (high - low);
  const z = Math.max(0, low - spare, Math.min(high + spare, base + s * sum));
  now.regression = z * z;
}
