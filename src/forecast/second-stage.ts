// Errors repeat: a small regression on the settled errors of the combination corrects what it says.
// It asks how alike the last two hours' errors were to those of 1-24 hours and of 1-7 days ago; as far as they were, what came next then is expected again.
//
//   u_t = e_t / S, rounded to a byte      for each lag L:  b = clamp(xy / (xx + .3 yy), 0, 1),  xy, xx, yy: averages (2 h) of u_{t-L} u_t, u_{t-L}^2, u_t^2
//   SH, SD = sum of b u_{t+h-L} over the hours, and over the days
//   x = [f1-F, f2-F, one-hour average of e, S mean u around t+h-7d, S SH, S SD, d, sat(d), sat(e)],  d = y_t - F_{t+h|t},  sat(v) = clamp(v, -S, S)
//   F1 = F + clamp(x'B, -6S, 6S)
import type { Forecasts } from "./forecasts.ts";
import { ERRORS_LEARNING_MS, type Frame } from "./frame.ts";
import * as leastSquares from "./regression/least-squares.ts";
import { correct, createLeastSquares, type LeastSquares, resetLeastSquares } from "./regression/least-squares.ts";
import * as seasons from "./seasons.ts";
import type { State } from "./state.ts";

const { DAY_MS, WEEK_MS } = seasons;
const { INPUT, X } = leastSquares;

const HOUR_MS = 3_600_000;
const HOURS_MS = [1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS);
/** One day counts as hours and as a day, on purpose. */
const DAYS_MS = [1, 2, 3, 4, 5, 6, 7].map((days) => days * DAY_MS);
/** Window around the same time last week, to either side. */
const AROUND_MS = 450_000;
const LIKENESS_TAU_MS = 120 * 60_000;
const AVERAGE_TAU_MS = HOUR_MS;
/** How much the present errors' own size holds a likeness down. */
const RELUCTANCE = 0.3;
/** Keeps a likeness of nothing with nothing from being 0/0. */
const TINY = 1e-300;
/** Codes: +-127 stands for +-8 S, in squares. */
const MOST_CODE = 127;
const CODED_SCALES = 8;
/** Turns what is coded as anything but 0 into a whole number with its sign. */
const SIGN_SCALE = 1e6;
/** Memory of B. */
const MEMORY_MS = 4 * DAY_MS;
const LEAST_MEMORY = 225;
/** Limits, in S, of what is learned from and of what is corrected. */
const MOST_TARGET = 2.5;
const MOST_CORRECTION = 6;
const FEATURES = 9;

/** Squares of the codes from -128 on, with their signs: whole numbers, so that sums of them never drift. */
const SIGNED = Int32Array.from({ length: 256 }, (_, i) => Math.sign(i - 128) * (i - 128) ** 2);
/** u of each code from -128 on. */
const DECODED = Float64Array.from({ length: 256 }, (_, i) => CODED_SCALES * Math.sign(i - 128) * ((i - 128) / MOST_CODE) ** 2);

function blank() {
  return {
    /** S, of so many errors. */
    size: 0, count: 0,
    yy: 0,
    /** One-hour average of e, and the last e: 0 where none settled. */
    average: 0, error: 0,
    /** SH and SD, in units of S. */
    hoursSum: 0, daysSum: 0,
    /** The last step of the wall clock, and the slot of its code. */
    lastSlot: 0, now: 0,
    /** Where the window around last week's target ended (a step of the wall clock), and the sum of its signed squares. */
    windowEnd: 0, windowSum: 0,
  };
}

export interface SecondStage {
  readonly steps: number;
  readonly sizeGain: number;
  readonly likenessGain: number;
  readonly averageGain: number;
  /** Lags in steps, hours first, and how many of them are hours. */
  readonly lags: Int32Array;
  readonly hours: number;
  readonly around: number;
  /** Turns a sum of signed squares over the window into the mean of u. */
  readonly windowScale: number;
  readonly perDay: number;
  /** Coded errors of a week and a little, one slot per step of the wall clock. */
  readonly codes: Int8Array;
  /** xy and xx of each lag. */
  readonly likeness: Float64Array;
  /** x of the last `steps` steps. */
  readonly ring: Float32Array;
  readonly squares: LeastSquares;
  readonly numbers: ReturnType<typeof blank>;
}

export function createSecondStage(state: State, steps: number, stepMs: number): SecondStage {
  const hours = HOURS_MS.filter((lag) => lag >= stepMs * steps && lag >= stepMs);
  const days = DAYS_MS.filter((lag) => lag >= stepMs * steps);
  const lags = Int32Array.from([...hours, ...days], (lag) => Math.round(lag / stepMs));
  const learningMs = Math.max(ERRORS_LEARNING_MS, stepMs);
  const around = Math.round(AROUND_MS / stepMs);
  return {
    steps, hours: hours.length, lags,
    sizeGain: (0.5 * stepMs) / DAY_MS,
    likenessGain: 1 - Math.exp(-stepMs / LIKENESS_TAU_MS),
    averageGain: 1 - Math.exp(-stepMs / AVERAGE_TAU_MS),
    around, windowScale: CODED_SCALES / (MOST_CODE * MOST_CODE * (2 * around + 1)), perDay: Math.round(DAY_MS / stepMs),
    codes: state.i8(Math.ceil((WEEK_MS + AROUND_MS) / stepMs) + 2),
    likeness: state.f64(2 * lags.length),
    ring: state.f32(steps * FEATURES),
    squares: createLeastSquares(state, FEATURES, Math.max(MEMORY_MS / learningMs, LEAST_MEMORY)),
    numbers: state.record(blank()),
  };
}

export function resetSecondStage({ squares, numbers }: SecondStage): void {
  resetLeastSquares(squares);
  numbers.lastSlot = NaN;
  numbers.windowEnd = NaN;
}

/** Slot of a step of the wall clock, also before the clock's zero (a remainder by division: `%` on doubles is a slow library call). */
function slotOf(localStep: number, length: number): number {
  return localStep - Math.floor(localStep / length) * length;
}

/** Settles what was said one lead ago against the frame's value: sizes, codes, likenesses, then B. */
export function settleSecondStage(stage: SecondStage, slot: number, frame: Frame, earlier: Pick<Forecasts, "combination">): void {
  const { sizeGain, averageGain, ring, squares, numbers } = stage;
  const settled = frame.value - earlier.combination;
  const isSettled = settled === settled;
  const e = isSettled ? settled : 0;
  if (isSettled) {
    const count = numbers.count + 1;
    numbers.count = count;
    numbers.size = numbers.size + Math.max(sizeGain, 1 / count) * (Math.abs(e) - numbers.size);
  }
  const size = numbers.size;
  numbers.error = e;
  numbers.average = numbers.average + averageGain * (e - numbers.average);
  recognise(stage, frame);
  if (!isSettled || frame.elapsed <= DAY_MS || size <= 0 || frame.isLearningErrors === 0) return;
  const { B } = squares;
  const at = slot * FEATURES;
  let left = Math.max(-MOST_TARGET, Math.min(MOST_TARGET, e / size));
  for (let i = 0; i < FEATURES; i++) {
    const x = ring[at + i]! / size;
    X[i] = x;
    left -= x * B[i]!;
  }
  INPUT.miss = left;
  INPUT.kappa = 1;
  correct(squares);
}

/** Keeps the code of this step's error and asks of each lag how alike it is, and what came next then. */
function recognise({ codes, lags, hours, steps, likeness, likenessGain, numbers }: SecondStage, frame: Frame): void {
  const localStep = frame.localStep;
  const was = numbers.lastSlot;
  const scaled = numbers.size > 0 ? numbers.error / numbers.size : 0;
  // Steps that the wall clock jumped over hold no error.
  if (localStep > was + 1) for (let s = Math.max(was + 1, localStep - codes.length); s < localStep; s++) codes[slotOf(s, codes.length)] = 0;
  numbers.lastSlot = localStep;
  const limited = Math.max(-1, Math.min(1, scaled / CODED_SCALES));
  // Signs and limits of errors are as good as random: a branch on one would be guessed wrong half of the time.
  const sign = (((limited * SIGN_SCALE) | 0) >> 31) | 1;
  const code = ((MOST_CODE * Math.sqrt(Math.abs(limited)) + 0.5) | 0) * sign;
  const now = localStep === was + 1 && numbers.now + 1 < codes.length ? (numbers.now | 0) + 1 : slotOf(localStep, codes.length) | 0;
  numbers.now = now;
  codes[now] = code;
  const u = DECODED[code + 128]!;
  const yy = numbers.yy + likenessGain * (u * u - numbers.yy);
  numbers.yy = yy;
  const held = RELUCTANCE * yy + TINY;
  const length = codes.length | 0;
  const kept = 1 - likenessGain;
  const gu = likenessGain * u;
  const count = lags.length | 0;
  let sum = 0;
  let hoursSum = 0;
  for (let i = 0, at = 0; i < count; i++, at = (at + 2) | 0) {
    const lag = lags[i]!;
    let then = (now - lag) | 0;
    if (then < 0) then = (then + length) | 0;
    let next = (then + steps) | 0;
    if (next >= length) next = (next - length) | 0;
    const before = DECODED[codes[then]! + 128]!;
    const xy = kept * likeness[at]! + gu * before;
    const xx = kept * likeness[at + 1]! + likenessGain * before * before;
    likeness[at] = xy;
    likeness[at + 1] = xx;
    if (i === hours) {
      hoursSum = sum;
      sum = 0;
    }
    const ratio = xy / (xx + held);
    // clamp(ratio, 0, 1), without a branch.
    sum += 0.5 * (Math.abs(ratio) - Math.abs(ratio - 1) + 1) * DECODED[codes[next]! + 128]!;
  }
  numbers.hoursSum = hoursSum;
  numbers.daysSum = sum;
}

/** Moves the window to around a week before the frame's target, or the day to compare with: by one step as a rule, afresh where the wall clock jumped. */
function moveWindow({ around, perDay, codes, numbers }: SecondStage, frame: Frame): void {
  const length = codes.length | 0;
  const days = frame.targetWeekLag | 0;
  if (days === 0) {
    numbers.windowEnd = NaN;
    numbers.windowSum = 0;
    return;
  }
  const end = frame.targetStep - days * perDay + around;
  let last = (numbers.now + (end - frame.localStep)) | 0;
  while (last < 0) last += length;
  while (last >= length) last -= length;
  if (end === numbers.windowEnd + 1) {
    let left = last - 2 * around - 1;
    if (left < 0) left += length;
    numbers.windowSum = numbers.windowSum + (SIGNED[codes[last]! + 128]! - SIGNED[codes[left]! + 128]!);
  } else {
    let sum = 0;
    for (let i = 0; i <= 2 * around; i++) sum += SIGNED[codes[slotOf(end - i, length)]! + 128]!;
    numbers.windowSum = sum;
  }
  numbers.windowEnd = end;
}

/** Corrects the combination F of the experts for the frame's target; writes F1 (>= 0) as the point. */
export function correctSecondStage(stage: SecondStage, slot: number, frame: Frame, now: Forecasts): void {
  const { windowScale, ring, squares, numbers } = stage;
  const { B } = squares;
  moveWindow(stage, frame);
  const size = numbers.size;
  const e = numbers.error;
  const F = now.combination;
  const value = frame.value;
  const d = value === value ? value - F : 0;
  const x0 = now.holtWinters - F;
  const x1 = now.regression - F;
  const x2 = numbers.average;
  const x3 = size * windowScale * numbers.windowSum;
  const x4 = size * numbers.hoursSum;
  const x5 = size * numbers.daysSum;
  // sat(d) and sat(e), without a branch.
  const x7 = 0.5 * (Math.abs(d + size) - Math.abs(d - size));
  const x8 = 0.5 * (Math.abs(e + size) - Math.abs(e - size));
  const base = slot * FEATURES;
  ring[base] = x0;
  ring[base + 1] = x1;
  ring[base + 2] = x2;
  ring[base + 3] = x3;
  ring[base + 4] = x4;
  ring[base + 5] = x5;
  ring[base + 6] = d;
  ring[base + 7] = x7;
  ring[base + 8] = x8;
  const wanted = x0 * B[0]! + x1 * B[1]! + x2 * B[2]! + x3 * B[3]! + x4 * B[4]! + x5 * B[5]! + d * B[6]! + x7 * B[7]! + x8 * B[8]!;
  const limit = MOST_CORRECTION * size;
  now.point = Math.max(0, F + Math.max(-limit, Math.min(limit, wanted)));
}
