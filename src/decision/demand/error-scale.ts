// S, the expected size of the forecast's error over the next lead: recent error, error at this time of day, a trace of the level.
// Invariant: only errors of windows that held a sample are taken; a slot of the day that was never seen reads as the 5-day mean.

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
/** Slots of a day: half an hour each; finer ones were no better. */
export const DAY_SLOTS = 48;
const SLOT_MS = DAY_MS / DAY_SLOTS;
/** An error counts for at most so many times the 5-day mean, once a day of errors is known: a spike must not widen the margin for days. */
const ERROR_CLIP = 6;
/** A slot's mean forgets over so many days. */
const SLOT_MEMORY_DAYS = 7;

// Places in the state's first array.
const RECENT = 0;
const HOURS = 1;
const DAYS = 2;
const LEVEL = 3;
const ERRORS = 4;
const LEVELS = 5;
/** In the gains, after those of the first four. */
const SLOT_GAIN = 4;

export interface ErrorScale {
  /** Takes the size of a window's error, >= 0; `middleMs` is the local time of the window's middle. */
  takeError(error: number, middleMs: number): void;
  /** Takes a present sample. */
  takeLevel(value: number): void;
  /** Puts S for the window whose middle has the local time `middleMs`, >= 0, into `numbers[at]`. Before any error: the mean level, or 1 before any sample. */
  sayScale(middleMs: number, numbers: Float64Array, at: number): void;
  /** The live arrays. */
  readonly state: readonly Float64Array[];
}

/** The gain of an exponentially weighted mean of memory `tauMs`. */
function gainOf(stepMs: number, tauMs: number): number {
  return 1 - Math.exp(-stepMs / tauMs);
}

/** `stepMs`: time between samples. */
export function createErrorScale(stepMs: number): ErrorScale {
  return new MeanErrorScale(stepMs);
}

// A class, so that all rules run the same compiled methods.
class MeanErrorScale implements ErrorScale {
  readonly #s = new Float64Array(6);
  readonly #slots = new Float64Array(DAY_SLOTS);
  readonly #counts = new Float64Array(DAY_SLOTS);
  readonly #samplesPerDay: number;
  /** Gains of RECENT, HOURS, DAYS, LEVEL and of a slot. */
  readonly #gains: Float64Array;
  readonly state = [this.#s, this.#slots, this.#counts];

  constructor(stepMs: number) {
    this.#samplesPerDay = DAY_MS / stepMs;
    const slotGain = Math.min(1, DAY_SLOTS / (SLOT_MEMORY_DAYS * this.#samplesPerDay));
    const memories = [60 * MINUTE_MS, 240 * MINUTE_MS, 5 * DAY_MS, DAY_MS];
    this.#gains = Float64Array.of(...memories.map((tauMs) => gainOf(stepMs, tauMs)), slotGain);
  }

  takeError(error: number, middleMs: number): void {
    const s = this.#s;
    const gains = this.#gains;
    const e = (s[ERRORS] as number) >= this.#samplesPerDay ? Math.min(error, ERROR_CLIP * (s[DAYS] as number)) : error;
    const n = (s[ERRORS] as number) + 1;
    s[ERRORS] = n;
    for (let place = RECENT; place <= DAYS; place++) pull(s, place, e, Math.max(gains[place] as number, 1 / n));
    const slot = Math.floor(wrap(middleMs) / SLOT_MS) | 0;
    const count = (this.#counts[slot] as number) + 1;
    this.#counts[slot] = count;
    pull(this.#slots, slot, e, Math.max(gains[SLOT_GAIN] as number, 1 / count));
  }

  takeLevel(value: number): void {
    const s = this.#s;
    const n = (s[LEVELS] as number) + 1;
    s[LEVELS] = n;
    pull(s, LEVEL, value, Math.max(this.#gains[LEVEL] as number, 1 / n));
  }

  sayScale(middleMs: number, numbers: Float64Array, at: number): void {
    const s = this.#s;
    const level = s[LEVEL] as number;
    if (s[ERRORS] === 0) {
      numbers[at] = level > 0 ? level : 1;
      return;
    }
    const position = wrap(middleMs) / SLOT_MS - 0.5;
    const before = Math.floor(position) | 0;
    const share = position - before;
    const ofDay = (1 - share) * this.#slotMean((before + DAY_SLOTS) % DAY_SLOTS) + share * this.#slotMean((before + 1) % DAY_SLOTS);
    numbers[at] = 0.45 * ofDay + 0.15 * (s[DAYS] as number) + 0.2 * (s[RECENT] as number) + 0.2 * (s[HOURS] as number) + 0.01 * level;
  }

  #slotMean(slot: number): number {
    return (this.#counts[slot] === 0 ? this.#s[DAYS] : this.#slots[slot]) as number;
  }
}

/** Moves a mean towards `value`. */
function pull(means: Float64Array, place: number, value: number, gain: number): void {
  const mean = means[place] as number;
  means[place] = mean + gain * (value - mean);
}

/** Time of day of a local time, ms. */
function wrap(localMs: number): number {
  return localMs - Math.floor(localMs / DAY_MS) * DAY_MS;
}
