// Expert 2: a linear forecast that tunes itself, from profiles, averages and lags of z. What it knows of the present, whatever the lead.
//
//   L slow level   A1 day profile (30 min)   A2 week profile (60 min)   A3 fine day profile (5 min)   u = z - L - A1 - A2
//   A1 learns z - L - A1,  A2 learns z - L - A1 - A2,  A3 learns what of u - A3 differs from its own hour
//
// Order: everything at a sample is read as it was before it, then everything is updated.
import * as frames from "../frame.ts";
import { DAY_MS } from "../seasons.ts";
import type { State } from "../state.ts";
import { createLags, type Lags, remember, resetLags } from "./lags.ts";
import * as present from "./present.ts";
import * as seasonal from "./profile.ts";
import { createProfiles, learnProfiles, type Profiles, seekProfiles } from "./profile.ts";

const { ELAPSED, LOCAL_DAY, LOCAL_WEEK, ROOT } = frames;
const { DAY, ERRORS, FINE, READ, WEEK } = seasonal;
const {
  LEVEL, SCALE, HOUR_MEAN, DAY_ONE_COUNT, DAY_ONE_MEAN, DAY_ONE_SQUARES, IS_SEEDED, READS_WEEK,
  IS_LEARNING, HAS_AVERAGES, SEASONS_NOW, NUMBERS,
} = present;

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

export interface Regression {
  readonly profiles: Profiles;
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
    profiles: createProfiles(state, stepMs),
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
  const { profiles, lags, numbers } = regression;
  const z = frame[ROOT]!;
  keepTime(regression, frame);
  remember(lags, frame);
  seekProfiles(profiles, frame, LOCAL_DAY, LOCAL_WEEK);
  if (z === z) learnFrom(regression, frame);
  numbers[SEASONS_NOW] = READ[DAY]! + numbers[READS_WEEK]! * READ[WEEK]!;
}

/** Updates level, profiles and averages from the frame's root, not NaN; the profiles stand where the sample lies. A profile that is switched off stays 0. */
function learnFrom(regression: Regression, frame: Float64Array): void {
  const { profiles, hasDay, hasWeek, averages, gains, levelGain, hourGain, numbers } = regression;
  const z = frame[ROOT]!;
  const isDayOne = numbers[IS_LEARNING] === 0;
  if (isDayOne) countDayOne(regression, frame);
  if (isDayOne && numbers[IS_SEEDED] === 0 && numbers[DAY_ONE_COUNT] === 1) numbers[LEVEL] = z;
  const level = numbers[LEVEL]!;
  const a1 = READ[DAY]!;
  const a2 = READ[WEEK]!;
  const a2Read = numbers[READS_WEEK]! * a2;
  const u = z - level - a1 - a2Read;
  const v = u - READ[FINE]!;
  const hour = numbers[HOUR_MEAN]! + hourGain * (v - numbers[HOUR_MEAN]!);
  const gain = isDayOne && numbers[IS_SEEDED] === 0 ? Math.max(levelGain, 1 / numbers[DAY_ONE_COUNT]!) : levelGain;
  numbers[LEVEL] = level + gain * ((isDayOne ? z : z - a1 - a2Read) - level);
  numbers[HOUR_MEAN] = hour;
  ERRORS[DAY] = hasDay ? z - level - a1 : 0;
  ERRORS[WEEK] = hasWeek ? z - level - a1 - a2 : 0;
  ERRORS[FINE] = hasDay ? v - hour : 0;
  learnProfiles(profiles);
  if (numbers[HAS_AVERAGES] === 0) averages.fill(u);
  numbers[HAS_AVERAGES] = 1;
  for (let i = 0; i < averages.length; i++) averages[i] = averages[i]! + gains[i]! * (u - averages[i]!);
}
