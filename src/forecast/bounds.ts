// Upper bounds of a forecast: quantiles of its own settled errors, tracked online at a few levels and interpolated between them.
// Errors are measured in scales: what is usual at this demand, now and at this time of day. A level's quantile is kept as a ratio to the scale.
// Each level learns from what it said one lead ago, so misses add up to their share:
//   misses - (1 - probability) x errors = (ratio now - ratio at the start) / gain
import type { Forecasts } from "./forecasts.ts";
import type { Frame } from "./frame.ts";
import { DAY_MS } from "./seasons.ts";
import type { State } from "./state.ts";

/** Tracked levels: probability, ratio to start from and the most it may become. */
const LEVELS = [
  { probability: 0.5, start: 0, most: 2 },
  { probability: 0.75, start: 0.6, most: 3 },
  { probability: 0.9, start: 1.3, most: 6 },
  { probability: 0.95, start: 1.8, most: 9 },
  { probability: 0.99, start: 3.2, most: 20 },
  { probability: 0.999, start: 6, most: 50 },
  { probability: 0.9999, start: 10, most: 100 },
] as const;
const PROBABILITIES = Float64Array.from(LEVELS, ({ probability }) => probability);
const MOST = Float64Array.from(LEVELS, ({ most }) => most);
const COUNT_OF_LEVELS = LEVELS.length;

/** Index of the 90 % and the 95 % bound. */
export const UPPER_90 = 2;
export const UPPER_95 = 3;
export const LEAST_PROBABILITY = 0.5;
export const MOST_PROBABILITY = 0.9999;

/** Gain of the 90 % ratio per sqrt(minute); that of a level grows with 1/sqrt(1 - probability), for its misses are rarer. */
const GAIN = 0.03;
/** While few errors have settled: 2/(n + 10). */
const EARLY_GAIN = 2;
const EARLY_ERRORS = 10;
/** A level is known once so many errors beyond it are expected among independent ones: errors less than a lead apart are not. */
const LEAST_BEYOND = 2;

/** Errors grow with the root of the demand, and no less than at this share of its mean. */
const LEAST_DEMAND = 0.1;
const RECENT_TAU_MS = 2 * 3_600_000;
/** Shares of the recent errors and of the time of day in a scale; the rest is the mean of two days. */
const RECENT_SHARE = 0.3;
const DAY_SHARE = 0.3;
const NODES = 48;
const NODES_PER_MS = NODES / DAY_MS;
/** Gain of a node per day, and the largest error it learns, in usual ones: one that is a mistake must not widen its half hour for weeks. */
const NODE_GAIN = 0.15;
const NODE_MOST = 8;
/** How fast the largest error is forgotten. */
const LARGEST_TAU_MS = 28 * DAY_MS;

/** Ratios are kept one lead long in steps of 1/256. */
const RESOLUTION = 256;
const MOST_CODE = 32_767;

/** Errors are over the root of the demand. */
function blank() {
  return {
    /** Settled errors, the mean demand, the mean error of two days and of two hours, the largest error. */
    count: 0, meanDemand: 0, usual: 0, recent: 0, largest: 0,
    /** Of the last forecast. */
    root: 0, scale: 0,
  };
}

export interface Bounds {
  readonly steps: number;
  readonly gains: Float64Array;
  /** What a hit and a miss of each level move its ratio, and, filled anew each time, while errors are few. */
  readonly moves: Float64Array;
  readonly early: Float64Array;
  readonly meanGain: number;
  readonly recentGain: number;
  readonly nodeGain: number;
  readonly largestKept: number;
  readonly numbers: ReturnType<typeof blank>;
  readonly ratios: Float64Array;
  /** Usual error at each half hour of the day over the usual error, less 1. */
  readonly day: Float32Array;
  /** Scale and ratios of the last `steps` steps. */
  readonly scales: Float32Array;
  readonly said: Int16Array;
}

/** What a hit (even `i`) or a miss (odd) of level i/2 moves its ratio. */
function moveOf(i: number, gain: number): number {
  return gain * (PROBABILITIES[i >> 1]! - 1 + (i % 2));
}

export function createBounds(state: State, steps: number, stepMs: number): Bounds {
  const gain = GAIN * Math.sqrt(stepMs / 60_000);
  const gains = PROBABILITIES.map((probability) => gain * Math.sqrt(0.1 / (1 - probability)));
  return {
    steps, gains,
    moves: Float64Array.from({ length: 2 * COUNT_OF_LEVELS }, (_, i) => moveOf(i, gains[i >> 1]!)),
    early: new Float64Array(2 * COUNT_OF_LEVELS),
    meanGain: (0.5 * stepMs) / DAY_MS,
    recentGain: 1 - Math.exp(-stepMs / RECENT_TAU_MS),
    nodeGain: NODE_GAIN * Math.min(1, stepMs * NODES_PER_MS),
    largestKept: Math.exp(-stepMs / LARGEST_TAU_MS),
    numbers: state.record(blank()),
    ratios: state.f64(COUNT_OF_LEVELS),
    day: state.f32(NODES),
    scales: state.f32(steps),
    said: state.i16(steps * COUNT_OF_LEVELS),
  };
}

/** To follow the state's clear. */
export function resetBounds({ ratios }: Bounds): void {
  for (const [i, { start }] of LEVELS.entries()) ratios[i] = start;
}

/** Root of the demand that is forecast, where errors do not vanish. */
function rootAt({ numbers }: Bounds, demand: number): number {
  const least = LEAST_DEMAND * numbers.meanDemand;
  return Math.sqrt(demand > least ? demand : least);
}

/** Settles the forecast made one lead ago against the frame's value, and puts the ratios to say now in its place; NaN is no forecast. */
export function settleBounds(bounds: Bounds, slot: number, frame: Frame, earlier: Pick<Forecasts, "point">): void {
  const { meanGain, recentGain, nodeGain, largestKept, numbers, day, scales } = bounds;
  const value = frame.value;
  const error = value - earlier.point;
  if (error !== error) {
    keepRatios(bounds, slot);
    return;
  }
  const count = numbers.count + 1;
  // The gain is a mean's until it is an average's.
  const gain = count * meanGain < 1 ? 1 / count : meanGain;
  numbers.count = count;
  numbers.meanDemand = numbers.meanDemand + gain * (value - numbers.meanDemand);
  const root = rootAt(bounds, earlier.point);
  if (root > 0) {
    const rooted = error / root;
    const size = Math.abs(rooted);
    const largest = largestKept * numbers.largest;
    numbers.largest = rooted > largest ? rooted : largest;
    const usual = numbers.usual + gain * (size - numbers.usual);
    numbers.usual = usual;
    numbers.recent = numbers.recent + (recentGain > gain ? recentGain : gain) * (size - numbers.recent);
    const node = (frame.localDay * NODES_PER_MS) | 0;
    if (usual > 0) day[node] = day[node]! + nodeGain * ((size < NODE_MOST * usual ? size / usual : NODE_MOST) - 1 - day[node]!);
  }
  const scale = scales[slot]!;
  if (scale > 0) learnRatios(bounds, slot, error / scale);
  else keepRatios(bounds, slot);
}

/** Ratios that have learned nothing are said again. */
function keepRatios({ ratios, said }: Bounds, slot: number): void {
  const from = slot * COUNT_OF_LEVELS;
  for (let i = 0; i < COUNT_OF_LEVELS; i++) said[from + i] = RESOLUTION * ratios[i]!;
}

function earlyMoves({ gains, early }: Bounds, gain: number): Float64Array {
  for (let i = 0; i < early.length; i++) early[i] = moveOf(i, Math.max(gains[i >> 1]!, gain));
  return early;
}

/** Moves each ratio up after a miss and down after a hit of what was said, in the ratio that holds it in place. */
function learnRatios(bounds: Bounds, slot: number, error: number): void {
  const { numbers, gains, ratios, said } = bounds;
  const errors = numbers.count + EARLY_ERRORS;
  const moves = errors * gains[0]! < EARLY_GAIN ? earlyMoves(bounds, EARLY_GAIN / errors) : bounds.moves;
  // In whole numbers the comparison is a shift: half of the branches would be guessed wrong.
  const wanted = error * RESOLUTION;
  const coded = wanted > MOST_CODE ? MOST_CODE : wanted < -MOST_CODE ? -MOST_CODE : Math.ceil(wanted) | 0;
  const from = slot * COUNT_OF_LEVELS;
  for (let i = 0; i < COUNT_OF_LEVELS; i++) {
    const isMiss = (said[from + i]! - coded) >>> 31;
    const ratio = ratios[i]! + moves[2 * i + isMiss]!;
    const most = MOST[i]!;
    const kept = ratio > most ? most : ratio < -most ? -most : ratio;
    ratios[i] = kept;
    said[from + i] = RESOLUTION * kept;
  }
}

/** Takes the bounds' scale for the forecast made now, and keeps it for one lead later. Comes after the settling of the same step. */
export function sayBounds(bounds: Bounds, slot: number, frame: Frame, now: Pick<Forecasts, "point">): void {
  const { numbers, day, scales } = bounds;
  const node = (frame.targetDay * NODES_PER_MS) | 0;
  const usual = numbers.usual;
  const size = usual * (1 - RECENT_SHARE + DAY_SHARE * day[node]!) + RECENT_SHARE * numbers.recent;
  const root = rootAt(bounds, now.point);
  const scale = root * size;
  numbers.root = root;
  scales[slot] = scale > 0 ? scale : 0;
  numbers.scale = scales[slot]!;
}

/** Whether enough errors have settled to know the bound of `probability`. */
export function isKnown({ steps, numbers }: Bounds, probability: number): boolean {
  return numbers.count * (1 - probability) >= LEAST_BEYOND * steps;
}

/** Settled errors so far. */
export function errorsOf({ numbers }: Bounds): number {
  return numbers.count;
}

/** The largest ratio up to a level: levels learn apart from each other, but what is said never crosses. */
function ratioOf({ ratios }: Bounds, level: number): number {
  let ratio = 0;
  for (let i = 0; i <= level; i++) if (ratios[i]! > ratio) ratio = ratios[i]!;
  return ratio;
}

/** A bound that is not known is no less than the largest error was, at its demand. */
function safely(bounds: Bounds, probability: number, ratio: number): number {
  const { numbers } = bounds;
  const tracked = numbers.scale * ratio;
  return isKnown(bounds, probability) ? tracked : Math.max(tracked, numbers.root * numbers.largest);
}

/** What to add to the last forecast for its bound at a tracked level, >= 0; 0 while no error has settled. */
export function margin(bounds: Bounds, level: typeof UPPER_90 | typeof UPPER_95): number {
  return safely(bounds, PROBABILITIES[level]!, ratioOf(bounds, level));
}

/** The same for any probability within the tracked ones; between two levels linear in the log of what is beyond. Never falls as the probability grows. */
export function marginAt(bounds: Bounds, probability: number): number {
  let level = 0;
  while (PROBABILITIES[level]! < probability) level++;
  const above = ratioOf(bounds, level);
  if (PROBABILITIES[level] === probability) return safely(bounds, probability, above);
  const below = ratioOf(bounds, level - 1);
  const beyond = (at: number) => Math.log(1 - at);
  const from = beyond(PROBABILITIES[level - 1]!);
  const share = (beyond(probability) - from) / (beyond(PROBABILITIES[level]!) - from);
  return safely(bounds, probability, below + share * (above - below));
}
