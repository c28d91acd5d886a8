// Expert 2: a linear forecast that tunes itself, from profiles, averages and lags of z. What it knows of the present, whatever the lead.
//
//   L slow level   A1 day profile (30 min)   A2 week profile (60 min)   A3 fine day profile (5 min)   u = z - L - A1 - A2
//   A1 learns z - L - A1,  A2 learns z - L - A1 - A2,  A3 learns what of u - A3 differs from its own hour
//
// Order: everything at a sample is read as it was before it, then everything is updated.
import { ELAPSED, LOCAL_DAY, LOCAL_WEEK, ROOT } from "../frame.ts";
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";
import { createLags, type Lags, remember, resetLags } from "./lags.ts";
import { createProfile, ERROR, learnProfile, type Profile, profileAt, READ, seekProfile } from "./profile.ts";

const MINUTE_MS = 60_000;
/** Time constants of the averages of u; 0 is u itself. Those shorter than this share of a step say nothing new. */
const TAUS_MS = [0, 3, 10, 30, 120, 720].map((minutes) => minutes * MINUTE_MS);
const LEAST_TAU_STEPS = 0.8;
/** The average that the prior trusts, and that the product feature uses. */
const TRUSTED_TAU_MS = 10 * MINUTE_MS;
const LEVEL_TAU_MS = 2 * DAY_MS;
const HOUR_TAU_MS = 60 * MINUTE_MS;
/** The week profile is read from two weeks on (less a little for a late start). */
const WEEK_JOINS_MS = 13.9 * DAY_MS;
/** A spread below this share of the level is none: everything is then measured in levels. */
const LEAST_SPREAD = 1e-6;

/** Slots of `numbers`. */
export const LEVEL = 0;
/** s: what features are measured in. */
export const SCALE = 1;
const HOUR_MEAN = 2;
const DAY_ONE_COUNT = 3;
const DAY_ONE_MEAN = 4;
const DAY_ONE_SQUARES = 5;
const IS_SEEDED = 6;
/** 1 once A2 is read. */
const READS_WEEK = 7;
/** 1 once day one has passed. */
export const IS_LEARNING = 8;
const HAS_AVERAGES = 9;
const NUMBERS = 10;

export interface Regression {
  readonly day: Profile;
  readonly week: Profile;
  readonly fine: Profile;
  readonly hasDay: boolean;
  readonly hasWeek: boolean;
  readonly lags: Lags;
  /** EMAs of u, their gains, and which one is trusted. */
  readonly averages: Float64Array;
  readonly gains: Float64Array;
  readonly trusted: number;
  readonly levelGain: number;
  readonly hourGain: number;
  readonly numbers: Float64Array;
}

export function createRegression(state: State, stepMs: number, seasons: { readonly day: boolean; readonly week: boolean }): Regression {
  const taus = TAUS_MS.filter((tau) => tau === 0 || tau >= LEAST_TAU_STEPS * stepMs);
  const gain = (tauMs: number) => 1 - Math.exp(-stepMs / tauMs);
  return {
    day: createProfile(state, { periodMs: DAY_MS, nodeMs: 30 * MINUTE_MS, stepMs, share: 0.12, caution: 1.5 }),
    week: createProfile(state, { periodMs: WEEK_MS, nodeMs: 60 * MINUTE_MS, stepMs, share: 0.2, caution: 2 }),
    fine: createProfile(state, { periodMs: DAY_MS, nodeMs: 5 * MINUTE_MS, stepMs, share: 0.08, caution: 1.5 }),
    hasDay: seasons.day, hasWeek: seasons.week,
    lags: createLags(state, stepMs),
    averages: state.f64(taus.length),
    gains: Float64Array.from(taus, gain),
    trusted: taus.findIndex((tau) => tau >= TRUSTED_TAU_MS),
    levelGain: gain(LEVEL_TAU_MS), hourGain: gain(HOUR_TAU_MS),
    numbers: state.f64(NUMBERS),
  };
}

export function resetRegression({ lags, numbers }: Regression): void {
  resetLags(lags);
  numbers[SCALE] = 1;
}

/** Mean and spread of z over the first day, where they are known beforehand. */
export function seedRegression({ numbers }: Regression, mean: number, spread: number): void {
  numbers[LEVEL] = mean;
  numbers[SCALE] = scaleFrom(mean, spread);
  numbers[IS_SEEDED] = 1;
}

function scaleFrom(mean: number, spread: number): number {
  if (spread > LEAST_SPREAD * mean) return spread;
  return mean > 0 ? mean : 1;
}

/** A2 as it counts: 0 until it has seen two weeks. */
export function weekAt({ week, numbers }: Regression, weekMs: number): number {
  return numbers[READS_WEEK]! * profileAt(week, weekMs);
}

/** Where the clock stands: what may be learned and read from now on. */
function keepTime({ numbers, hasWeek }: Regression, frame: Float64Array): void {
  const elapsedMs = frame[ELAPSED]!;
  if (hasWeek && elapsedMs >= WEEK_JOINS_MS) numbers[READS_WEEK] = 1;
  if (elapsedMs <= DAY_MS || numbers[IS_LEARNING] === 1) return;
  numbers[IS_LEARNING] = 1;
  const count = numbers[DAY_ONE_COUNT]!;
  if (numbers[IS_SEEDED] === 0) numbers[SCALE] = scaleFrom(numbers[DAY_ONE_MEAN]!, Math.sqrt(numbers[DAY_ONE_SQUARES]! / Math.max(1, count)));
}

/** Level and spread of day one, as far as it has come; an unseeded level is the mean so far. */
function countDayOne({ numbers }: Regression, frame: Float64Array): void {
  const z = frame[ROOT]!;
  const count = numbers[DAY_ONE_COUNT]! + 1;
  const away = z - numbers[DAY_ONE_MEAN]!;
  numbers[DAY_ONE_COUNT] = count;
  const mean = numbers[DAY_ONE_MEAN]! + away / count;
  numbers[DAY_ONE_MEAN] = mean;
  numbers[DAY_ONE_SQUARES] = numbers[DAY_ONE_SQUARES]! + away * (z - mean);
}

/** Takes the frame's root (NaN = missing: only time passes). */
export function observeRegression(regression: Regression, frame: Float64Array): void {
  const { day, week, fine, hasDay, hasWeek, lags, averages, gains, levelGain, hourGain, numbers } = regression;
  const z = frame[ROOT]!;
  keepTime(regression, frame);
  remember(lags, frame);
  if (z !== z) return;
  seekProfile(day, frame, LOCAL_DAY);
  seekProfile(week, frame, LOCAL_WEEK);
  seekProfile(fine, frame, LOCAL_DAY);
  const isDayOne = numbers[IS_LEARNING] === 0;
  if (isDayOne) countDayOne(regression, frame);
  if (isDayOne && numbers[IS_SEEDED] === 0 && numbers[DAY_ONE_COUNT] === 1) numbers[LEVEL] = z;
  const level = numbers[LEVEL]!;
  const a1 = hasDay ? day.place[READ]! : 0;
  const a2 = hasWeek ? week.place[READ]! : 0;
  const a3 = hasDay ? fine.place[READ]! : 0;
  const a2Read = numbers[READS_WEEK]! * a2;
  const u = z - level - a1 - a2Read;
  const count = numbers[DAY_ONE_COUNT]!;
  const gain = isDayOne && numbers[IS_SEEDED] === 0 ? Math.max(levelGain, 1 / count) : levelGain;
  numbers[LEVEL] = level + gain * ((isDayOne ? z : z - a1 - a2Read) - level);
  if (hasDay) {
    day.place[ERROR] = z - level - a1;
    learnProfile(day);
    const v = u - a3;
    const hour = numbers[HOUR_MEAN]! + hourGain * (v - numbers[HOUR_MEAN]!);
    numbers[HOUR_MEAN] = hour;
    fine.place[ERROR] = v - hour;
    learnProfile(fine);
  }
  if (hasWeek) {
    week.place[ERROR] = z - level - a1 - a2;
    learnProfile(week);
  }
  const isFirst = numbers[HAS_AVERAGES] === 0;
  for (let i = 0; i < averages.length; i++) averages[i] = isFirst ? u : averages[i]! + gains[i]! * (u - averages[i]!);
  numbers[HAS_AVERAGES] = 1;
}
