// m, the margin in units of S: the quantile of the margins that would just have been enough, from a forgetting histogram of scores,
// moved by feedback from what really happened. Invariant: only present samples are scored, and weights stay finite for ever.

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
/** Scores are forgotten over so long. */
const MEMORY_MS = 10 * DAY_MS;
const BINS = 640;
const BINS_PER_OCTAVE = 48;
/** Scores start here: below it no margin was needed. */
const LOWEST_SCORE = -2.9;
const SHIFT = 3.1;
const FIRST_BIN = 161;
const NO_BIN = -1;
/** The weight grows instead of the histogram shrinking; past this the histogram is scaled down once. */
const WEIGHT_LIMIT = 1e100;
const FEEDBACK_GAIN = 0.2;
const LOWEST_FEEDBACK = -Math.log(8);
const HIGHEST_FEEDBACK = Math.LN2;

// Places in the state's first array.
const WEIGHT = 0;
const TOTAL = 1;
const FEEDBACK = 2;

export interface Margin {
  /** Takes `numbers[at]`, the score of a present minute: the least margin that would have covered it; -Infinity: any. */
  takeScore(numbers: Float64Array, at: number): void;
  /** Takes whether a present minute was overloaded. */
  takeOverload(isOverloaded: boolean): void;
  /** Puts m, the margin that the budget allows, into `numbers[at]`; NaN before any score. */
  sayMargin(numbers: Float64Array, at: number): void;
  /** The margin that another budget would allow, without feedback; NaN before any score. */
  marginFor(budget: number): number;
  /** Weight of all scores, that of the newest being 1. */
  scored(): number;
  /** The live arrays. */
  readonly state: readonly Float64Array[];
}

/** `budget`: share of minutes that may be overloaded, > 0. */
export function createMargin(stepMs: number, budget: number): Margin {
  return new HistogramMargin(stepMs, budget);
}

// A class, so that all rules run the same compiled methods.
class HistogramMargin implements Margin {
  readonly #s = Float64Array.of(1, 0, 0);
  readonly #histogram = new Float64Array(BINS);
  readonly #growth: number;
  readonly #samplesPerDay: number;
  readonly #budget: number;
  /** What `#quantile` is asked for: a double in an argument may be allocated. */
  readonly #share = new Float64Array(1);
  readonly state = [this.#s, this.#histogram];

  constructor(stepMs: number, budget: number) {
    this.#growth = Math.exp(stepMs / MEMORY_MS);
    this.#samplesPerDay = DAY_MS / stepMs;
    this.#budget = budget;
  }

  takeScore(numbers: Float64Array, at: number): void {
    const s = this.#s;
    const histogram = this.#histogram;
    let weight = (s[WEIGHT] as number) * this.#growth;
    if (weight > WEIGHT_LIMIT) {
      for (let bin = 0; bin < BINS; bin++) histogram[bin] = (histogram[bin] as number) / weight;
      s[TOTAL] = (s[TOTAL] as number) / weight;
      weight = 1;
    }
    s[WEIGHT] = weight;
    const score = numbers[at] as number;
    const bin = score > LOWEST_SCORE ? Math.min(BINS - 1, FIRST_BIN + Math.floor(BINS_PER_OCTAVE * Math.log2(score + SHIFT))) : 0;
    histogram[bin] = (histogram[bin] as number) + weight;
    s[TOTAL] = (s[TOTAL] as number) + weight;
  }

  takeOverload(isOverloaded: boolean): void {
    this.#s[FEEDBACK] = feedbackAfter(this.#s[FEEDBACK] as number, isOverloaded, this.#budget, this.#samplesPerDay);
  }

  sayMargin(numbers: Float64Array, at: number): void {
    this.#share[0] = this.#budget * Math.exp(this.#s[FEEDBACK] as number);
    numbers[at] = upperEdge(this.#quantile());
  }

  marginFor(budget: number): number {
    this.#share[0] = budget;
    return upperEdge(this.#quantile());
  }

  scored(): number {
    return (this.#s[TOTAL] as number) / (this.#s[WEIGHT] as number);
  }

  /** The bin where the tail's weight first exceeds `#share` of all; NO_BIN without any. */
  #quantile(): number {
    const total = this.#s[TOTAL] as number;
    if (total === 0) return NO_BIN;
    const histogram = this.#histogram;
    const allowed = (this.#share[0] as number) * total;
    let tail = 0;
    for (let bin = BINS - 1; bin >= 0; bin--) {
      tail += histogram[bin] as number;
      if (tail > allowed) return bin;
    }
    return 0;
  }
}

/** The feedback g, by whose exponential the budget is multiplied, after one more minute. */
export function feedbackAfter(feedback: number, isOverloaded: boolean, budget: number, samplesPerDay: number): number {
  const g = feedback + (FEEDBACK_GAIN * (budget - (isOverloaded ? 1 : 0))) / budget / samplesPerDay;
  return Math.min(HIGHEST_FEEDBACK, Math.max(LOWEST_FEEDBACK, g));
}

/** NaN for NO_BIN. */
function upperEdge(bin: number): number {
  return bin === NO_BIN ? NaN : 2 ** ((bin - (FIRST_BIN - 1)) / BINS_PER_OCTAVE) - SHIFT;
}
