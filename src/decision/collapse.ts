// A demand that collapses: at once, and far below what was forecast. Perhaps the workload is down, perhaps its users have left; from the demand alone
// nobody can tell. So nothing is removed until the demand has been as forecast again, on the old level or on a new one, for one scale-down window.
// Invariants: only present samples count, and of them only those that a forecast was made for one lead before; a fall that was forecast is no collapse.

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
/** At most this share of the forecast, of what demand was just before, and of what it was for hours is left: the end of a burst is no collapse. */
const LEFT = 0.5;
/** And the fall is so many times the forecast's usual error. */
const USUAL_ERRORS = 6;
/** Memory of what demand was just before. */
const BEFORE_MEMORY_MS = 10 * MINUTE_MS;
const HOURS_MEMORY_MS = 120 * MINUTE_MS;
const ERROR_MEMORY_MS = DAY_MS;
/** As forecast: within so many usual errors, or this share of the forecast. */
const NEAR_ERRORS = 3;
const NEAR_SHARE = 0.2;

// Places in the state.
const BEFORE = 0; // EW mean of the demand of the last minutes
const ERROR = 1; // EW mean of the forecast's error
const SETTLED = 2; // errors so far
const GOOD = 3; // samples as forecast since the collapse; NaN while there is none
const FORECAST = 4; // what was forecast for the sample that collapsed
const LEFT_OVER = 5; // that sample
const STEPS = 6; // since it
const HOURS = 7; // EW mean of the demand of the last hours
const LENGTH = 8;

/** A collapse that is not over. */
export interface Collapse {
  /** The demand that was forecast, and what came. */
  readonly forecast: number;
  readonly demand: number;
  /** Since then, and how much of the window of good samples is there, ms. */
  readonly sinceMs: number;
  readonly goodMs: number;
}

export interface CollapseWatch {
  /** Takes a sample (NaN: missing) and the forecast that was made for it one lead before (NaN: none). */
  take(value: number, forecast: number): void;
  collapse(): Collapse | undefined;
  /** The live array. */
  readonly state: Float64Array;
}

/** `windowSteps`: good samples after which a collapse is over. */
export function createCollapseWatch(stepMs: number, windowSteps: number): CollapseWatch {
  const state = new Float64Array(LENGTH).fill(NaN);
  state[SETTLED] = 0;
  const gainOf = (memoryMs: number) => 1 - Math.exp(-stepMs / memoryMs);
  const [beforeGain, hoursGain, errorGain] = [gainOf(BEFORE_MEMORY_MS), gainOf(HOURS_MEMORY_MS), gainOf(ERROR_MEMORY_MS)];
  const samplesPerDay = DAY_MS / stepMs;
  const pull = (place: number, value: number, gain: number) => {
    const mean = state[place]!;
    state[place] = Number.isNaN(mean) ? value : mean + gain * (value - mean);
  };
  return {
    state,
    take(value, forecast) {
      if (!Number.isNaN(state[GOOD]!)) state[STEPS] = state[STEPS]! + 1;
      if (!(value >= 0)) return;
      if (forecast >= 0) {
        const error = Math.abs(value - forecast);
        const usual = state[ERROR]!;
        const isKnown = state[SETTLED]! >= samplesPerDay;
        const most = LEFT * Math.min(forecast, state[BEFORE]!, state[HOURS]!);
        if (isKnown && value < most && forecast - value > USUAL_ERRORS * usual) {
          if (Number.isNaN(state[GOOD]!)) {
            state[FORECAST] = forecast;
            state[LEFT_OVER] = value;
            state[STEPS] = 0;
          }
          state[GOOD] = 0;
        } else if (!Number.isNaN(state[GOOD]!) && error <= Math.max(NEAR_ERRORS * usual, NEAR_SHARE * forecast)) {
          state[GOOD] = state[GOOD]! + 1;
          if (state[GOOD] >= windowSteps) state[GOOD] = NaN;
        }
        state[SETTLED] = state[SETTLED]! + 1;
        pull(ERROR, isKnown ? Math.min(error, USUAL_ERRORS * usual) : error, Math.max(errorGain, 1 / state[SETTLED]));
      }
      pull(BEFORE, value, beforeGain);
      pull(HOURS, value, hoursGain);
    },
    collapse() {
      if (Number.isNaN(state[GOOD]!)) return undefined;
      return { forecast: state[FORECAST]!, demand: state[LEFT_OVER]!, sinceMs: state[STEPS]! * stepMs, goodMs: state[GOOD]! * stepMs };
    },
  };
}
