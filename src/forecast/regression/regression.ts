// Expert 2: a linear forecast that tunes itself, from profiles, averages and lags of z. What it knows of the present, whatever the lead.
//
//   L slow level   A1 day profile (30 min)   A2 week profile (60 min)   A3 fine day profile (5 min)   u = z - L - A1 - A2
//   A1 learns z - L - A1,  A2 learns z - L - A1 - A2,  A3 learns what of u - A3 differs from its own hour
//
// Order: everything at a sample is read as it was before it, then everything is updated.
import type { Frame } from "../frame.ts";
import * as seasons from "../seasons.ts";
import type { State } from "../state.ts";
import { createLags, type Lags, remember, resetLags } from "./lags.ts";
import { createPresent, type Present } from "./present.ts";
import { createProfile, DAY_SHAPE, FINE_SHAPE, learnProfile, type Profile, seek, WEEK_SHAPE } from "./profile.ts";


const { DAY_MS } = seasons;

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
  /** A1, A2, A3. */
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
  readonly numbers: Present;
}

export function createRegression(state: State, stepMs: number, seasons: { readonly day: boolean; readonly week: boolean }): Regression {
  const taus = TAUS_MS.filter((tau) => tau === 0 || tau >= LEAST_TAU_STEPS * stepMs);
  const gain = (tauMs: number) => 1 - Math.exp(-stepMs / tauMs);
  return {
    day: createProfile(state, stepMs, DAY_SHAPE), week: createProfile(state, stepMs, WEEK_SHAPE), fine: createProfile(state, stepMs, FINE_SHAPE),
    hasDay: seasons.day, hasWeek: seasons.week,
    lags: createLags(state, stepMs),
    averages: state.f64(taus.length),
    gains: Float64Array.from(taus, gain),
    trusted: taus.findIndex((tau) => tau >= TRUSTED_TAU_MS),
    levelGain: gain(LEVEL_TAU_MS), hourGain: gain(HOUR_TAU_MS),
    numbers: state.record(createPresent()),
  };
}

export function resetRegression({ lags, numbers }: Regression): void {
  resetLags(lags);
  numbers.scale = 1;
}

/** Mean and spread of z over the first day, where they are known beforehand. */
export function seedRegression({ numbers }: Regression, mean: number, spread: number): void {
  numbers.level = mean;
  numbers.scale = scaleFrom(mean, spread);
  numbers.isSeeded = 1;
}

function scaleFrom(mean: number, spread: number): number {
  if (spread > LEAST_SPREAD * mean) return spread;
  return mean > 0 ? mean : 1;
}

/** Where the clock stands: what may be learned and read from now on. */
function keepTime({ numbers, hasWeek }: Regression, frame: Frame): void {
  const elapsedMs = frame.elapsed;
  if (hasWeek && elapsedMs >= WEEK_JOINS_MS) numbers.readsWeek = 1;
  if (elapsedMs <= DAY_MS || numbers.isLearning === 1) return;
  numbers.isLearning = 1;
  const count = numbers.dayOneCount;
  if (numbers.isSeeded === 0) numbers.scale = scaleFrom(numbers.dayOneMean, Math.sqrt(numbers.dayOneSquares / Math.max(1, count)));
}

/** Level and spread of day one, as far as it has come; an unseeded level is the mean so far. */
function countDayOne({ numbers }: Regression, frame: Frame): void {
  const z = frame.root;
  const count = numbers.dayOneCount + 1;
  const away = z - numbers.dayOneMean;
  numbers.dayOneCount = count;
  const mean = numbers.dayOneMean + away / count;
  numbers.dayOneMean = mean;
  numbers.dayOneSquares = numbers.dayOneSquares + away * (z - mean);
}

/** Takes the frame's root (NaN = missing: only time passes). */
export function observeRegression(regression: Regression, frame: Frame): void {
  const { day, week, fine, lags, numbers } = regression;
  const z = frame.root;
  keepTime(regression, frame);
  remember(lags, frame);
  seek(day, frame.localDay);
  seek(week, frame.localWeek);
  seek(fine, frame.localDay);
  if (z === z) learnFrom(regression, frame);
  numbers.seasonsNow = day.found.read + numbers.readsWeek * week.found.read;
}

/** Updates level, profiles and averages from the frame's root, not NaN; the profiles stand where the sample lies. A profile that is switched off stays 0. */
function learnFrom(regression: Regression, frame: Frame): void {
  const { day, week, fine, hasDay, hasWeek, averages, gains, levelGain, hourGain, numbers } = regression;
  const z = frame.root;
  const isDayOne = numbers.isLearning === 0;
  if (isDayOne) countDayOne(regression, frame);
  if (isDayOne && numbers.isSeeded === 0 && numbers.dayOneCount === 1) numbers.level = z;
  const level = numbers.level;
  const a1 = day.found.read;
  const a2 = week.found.read;
  const a2Read = numbers.readsWeek * a2;
  const u = z - level - a1 - a2Read;
  const v = u - fine.found.read;
  const hour = numbers.hourMean + hourGain * (v - numbers.hourMean);
  const gain = isDayOne && numbers.isSeeded === 0 ? Math.max(levelGain, 1 / numbers.dayOneCount) : levelGain;
  numbers.level = level + gain * ((isDayOne ? z : z - a1 - a2Read) - level);
  numbers.hourMean = hour;
  day.found.error = hasDay ? z - level - a1 : 0;
  week.found.error = hasWeek ? z - level - a1 - a2 : 0;
  fine.found.error = hasDay ? v - hour : 0;
  learnProfile(day);
  learnProfile(week);
  learnProfile(fine);
  if (numbers.hasAverages === 0) averages.fill(u);
  numbers.hasAverages = 1;
  for (let i = 0; i < averages.length; i++) averages[i] = averages[i]! + gains[i]! * (u - averages[i]!);
}
