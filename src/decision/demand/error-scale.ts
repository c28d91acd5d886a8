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

export interface ErrorScale {
  /** Takes the size of a window's error, >= 0; `middleMs` is the local time of the window's middle. */
  takeError(error: number, middleMs: number): void;
  /** Takes a present sample. */
  takeLevel(value: number): void;
  /** S for the window whose middle has the local time `middleMs`, >= 0. Before any error: the mean level, or 1 before any sample. */
  scale(middleMs: number): number;
  /** The live arrays. */
  readonly state: readonly Float64Array[];
}

/** The gain of an exponentially weighted mean of memory `tauMs`. */
function gainOf(stepMs: number, tauMs: number): number {
  return 1 - Math.exp(-stepMs / tauMs);
}

/** `stepMs`: time between samples. */
export function createErrorScale(stepMs: number): ErrorScale {
  const s = new Float64Array(6);
  const slots = new Float64Array(DAY_SLOTS);
  const counts = new Float64Array(DAY_SLOTS);
  const samplesPerDay = DAY_MS / stepMs;
  const recentGain = gainOf(stepMs, 60 * MINUTE_MS);
  const hoursGain = gainOf(stepMs, 240 * MINUTE_MS);
  const daysGain = gainOf(stepMs, 5 * DAY_MS);
  const levelGain = gainOf(stepMs, DAY_MS);
  const slotGain = Math.min(1, DAY_SLOTS / (SLOT_MEMORY_DAYS * samplesPerDay));
  const at = (array: Float64Array, i: number) => array[i] as number;
  const slotMean = (slot: number) => (at(counts, slot) === 0 ? at(s, DAYS) : at(slots, slot));
  const pull = (place: number, value: number, gain: number) => {
    const mean = at(s, place);
    s[place] = mean + gain * (value - mean);
  };
  return {
    state: [s, slots, counts],
    takeError(error, middleMs) {
      const e = at(s, ERRORS) >= samplesPerDay ? Math.min(error, ERROR_CLIP * at(s, DAYS)) : error;
      const n = at(s, ERRORS) + 1;
      s[ERRORS] = n;
      pull(RECENT, e, Math.max(recentGain, 1 / n));
      pull(HOURS, e, Math.max(hoursGain, 1 / n));
      pull(DAYS, e, Math.max(daysGain, 1 / n));
      const slot = Math.floor(wrap(middleMs) / SLOT_MS);
      const count = at(counts, slot) + 1;
      counts[slot] = count;
      const mean = at(slots, slot);
      slots[slot] = mean + Math.max(slotGain, 1 / count) * (e - mean);
    },
    takeLevel(value) {
      const n = at(s, LEVELS) + 1;
      s[LEVELS] = n;
      pull(LEVEL, value, Math.max(levelGain, 1 / n));
    },
    scale(middleMs) {
      const level = at(s, LEVEL);
      if (at(s, ERRORS) === 0) return level > 0 ? level : 1;
      const position = wrap(middleMs) / SLOT_MS - 0.5;
      const before = Math.floor(position);
      const share = position - before;
      const ofDay = (1 - share) * slotMean((before + DAY_SLOTS) % DAY_SLOTS) + share * slotMean((before + 1) % DAY_SLOTS);
      return 0.45 * ofDay + 0.15 * at(s, DAYS) + 0.2 * at(s, RECENT) + 0.2 * at(s, HOURS) + 0.01 * level;
    },
  };
}

/** Time of day of a local time, ms. */
function wrap(localMs: number): number {
  return localMs - Math.floor(localMs / DAY_MS) * DAY_MS;
}
