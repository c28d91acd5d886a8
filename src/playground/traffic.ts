// Request rates as a shop sees them: days, weeks, growth, noise, and one flash crowd. Everything follows from (seed, time) alone.
// The noise-free rate is the shape beneath; what is measured is the noisy rate. Nobody who reads a rate at t learns of later.

export interface TrafficOptions {
  /** Any integer; the same seed is the same traffic. */
  readonly seed: number;
  /** First midnight (UTC, unix ms) of the days in which the flash crowd falls. */
  readonly liveMs: number;
}

export interface TrafficPeak {
  readonly kind: "regular" | "flashCrowd";
  /** When the noise-free rate is highest, unix ms, a whole minute. */
  readonly atMs: number;
  /** The noise-free rate then, requests a second. */
  readonly rate: number;
}

export interface Traffic {
  /** Requests a second as measured at `timeMs`, >= 0. */
  readonly rate: (timeMs: number) => number;
  /** The same without noise. */
  readonly noiseFree: (timeMs: number) => number;
  /** The peaks of the noise-free rate in [fromMs, untilMs), in the order of time: two a day, and the flash crowd. */
  readonly peaks: (fromMs: number, untilMs: number) => readonly TrafficPeak[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** The Monday from which weeks are counted. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** The noise is made for this long, then begins again: longer than any history. */
const NOISE_MINUTES = 64 * 1440;
/** Each minute's own noise, and the noise that lasts: shares of the rate, and its time constant. */
const WHITE_SHARE = 0.01;
const LASTING_SHARE = 0.018;
const LASTING_MINUTES = 40;
/** The flash crowd rises for 8 minutes, fades as a bell with 6 minutes, and is over after an hour. */
const CROWD_RISE_MS = 8 * MINUTE_MS;
const CROWD_FADE_MS = 6 * MINUTE_MS;
const CROWD_MS = HOUR_MS;
/** Demand of each day of the week, Monday first. */
const WEEK = [1, 0.97, 0.98, 1, 1.06, 1.12, 0.94];

/** A bump of a day's shape: `height` at `hour` (UTC), rising within about `rise` hours and falling within about `fall`. */
interface Bump {
  readonly hour: number;
  readonly rise: number;
  readonly fall: number;
  readonly height: number;
}
/** How pointed the tops are: 2 is a bell, 1 a needle. */
const POINTED = 1.5;

export function createTraffic({ seed, liveMs }: TrafficOptions): Traffic {
  const random = mulberry32(seed);
  const base = 90 + 20 * random();
  const lunch: Bump = { hour: 12 + random(), rise: 0.9, fall: 1.6, height: 3.6 + 0.6 * random() };
  const evening: Bump = { hour: 19 + random(), rise: 1.2, fall: 1.9, height: 5.4 + 0.8 * random() };
  const weeklyGrowth = 0.01 + 0.02 * random();
  const crowdMs = liveMs + DAY_MS + Math.round((15.2 + 0.8 * random()) * 60) * MINUTE_MS;
  const crowdSize = 1.3 + 0.2 * random();
  const noise = lastingNoise(random);

  const regular = (timeMs: number) => {
    const hour = mod(timeMs, DAY_MS) / HOUR_MS;
    const growth = 1 + (weeklyGrowth * (timeMs - liveMs)) / WEEK_MS;
    return base * Math.max(0.1, growth) * weekday(timeMs) * (1 + bump(lunch, hour) + bump(evening, hour));
  };
  const noiseFree = (timeMs: number) => regular(timeMs) * (1 + crowdSize * crowd(timeMs - crowdMs));
  const peakNear = (hour: number, dayMs: number) => {
    const from = dayMs + Math.round((hour - 2) * 60) * MINUTE_MS;
    return highest(regular, from, from + 4 * HOUR_MS);
  };
  return {
    noiseFree,
    rate: (timeMs) => noiseFree(timeMs) * Math.max(0, 1 + at(noise, timeMs / MINUTE_MS) + WHITE_SHARE * gaussAt(seed, Math.floor(timeMs / MINUTE_MS))),
    peaks(fromMs, untilMs) {
      const found: TrafficPeak[] = [{ kind: "flashCrowd", atMs: highest(noiseFree, crowdMs, crowdMs + CROWD_MS), rate: 0 }];
      for (let dayMs = Math.floor(fromMs / DAY_MS) * DAY_MS; dayMs < untilMs; dayMs += DAY_MS)
        for (const { hour } of [lunch, evening]) found.push({ kind: "regular", atMs: peakNear(hour, dayMs), rate: 0 });
      return found
        .filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)
        .map((peak) => ({ ...peak, rate: noiseFree(peak.atMs) }))
        .sort((a, b) => a.atMs - b.atMs);
    },
  };
}

/** The whole minute of [fromMs, untilMs) at which `rate` is highest. */
function highest(rate: (timeMs: number) => number, fromMs: number, untilMs: number): number {
  let best = fromMs;
  for (let timeMs = fromMs; timeMs < untilMs; timeMs += MINUTE_MS) if (rate(timeMs) > rate(best)) best = timeMs;
  return best;
}

function bump({ hour, rise, fall, height }: Bump, now: number): number {
  const away = mod(now - hour + 12, 24) - 12;
  return height * Math.exp(-(Math.abs(away / (away < 0 ? rise : fall)) ** POINTED));
}

/** The day's factor, gliding from one day to the next around midnight. */
function weekday(timeMs: number): number {
  const day = mod(timeMs - FIRST_MONDAY_MS, WEEK_MS) / DAY_MS - 0.5;
  const index = Math.floor(day);
  const share = day - index;
  const smooth = share * share * (3 - 2 * share);
  return (WEEK[mod(index, 7)] ?? 1) * (1 - smooth) + (WEEK[mod(index + 1, 7)] ?? 1) * smooth;
}

/** 0 before and long after, 1 at the crowd's height. */
function crowd(sinceMs: number): number {
  if (sinceMs <= 0 || sinceMs >= CROWD_MS) return 0;
  if (sinceMs < CROWD_RISE_MS) return 0.5 - 0.5 * Math.cos((Math.PI * sinceMs) / CROWD_RISE_MS);
  return Math.exp(-(((sinceMs - CROWD_RISE_MS) / CROWD_FADE_MS) ** 2) / 2);
}

/** First-order autoregressive noise, a value a minute. */
function lastingNoise(random: () => number): Float64Array {
  const keep = Math.exp(-1 / LASTING_MINUTES);
  const fresh = LASTING_SHARE * Math.sqrt(1 - keep * keep);
  const values = new Float64Array(NOISE_MINUTES);
  let value = 0;
  for (let i = 0; i < NOISE_MINUTES; i++) {
    value = keep * value + fresh * gauss(random(), random());
    values[i] = value;
  }
  return values;
}

/** The table at a minute, interpolated. */
function at(values: Float64Array, minute: number): number {
  const index = Math.floor(minute);
  const share = minute - index;
  return (values[mod(index, values.length)] ?? 0) * (1 - share) + (values[mod(index + 1, values.length)] ?? 0) * share;
}

/** A normal number that depends on the seed and the index alone. */
function gaussAt(seed: number, index: number): number {
  const random = mulberry32((Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b)) >>> 0);
  return gauss(random(), random());
}

/** Box and Muller. */
function gauss(a: number, b: number): number {
  return Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** Numbers in [0, 1), Tommy Ettinger's mulberry32. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
