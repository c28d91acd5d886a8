// The interface of every forecast: what the decision, the replay and the controller see of it.
// Contract: missing is NaN and never 0; nothing allocates after construction but fit and exportState.
import type { Series } from "../series/index.ts";

/** Wall-clock arithmetic of one IANA time zone. */
export interface LocalClock {
  readonly timeZone: string;
  /** Unix ms shifted by the zone's offset: local wall-clock ms since 1970-01-01T00:00 local. */
  localMs(timeMs: number): number;
  /** Where in the week's profile a local time lies, 0 <= x < a week: its time of week, on a holiday that of the weekday that it counts as. */
  weekMs(localMs: number): number;
  /** Without holidays every day counts as itself. */
  readonly hasHolidays: boolean;
}

/** Days that count as another weekday. */
export interface Holidays {
  /** Local days since 1970-01-01, in any order. */
  readonly days: readonly number[];
  /** The weekday that they count as: 0 (Sunday) to 6 (Saturday). */
  readonly weekday: number;
}

export interface ForecastSettings {
  readonly stepMs: number;
  /** Leads (in steps, >= 1) for which bounds and accuracy are kept; the first is the lead of the decision. */
  readonly leadSteps: readonly number[];
  readonly day: boolean;
  readonly week: boolean;
  readonly localClock: LocalClock;
  /** Times [startMs, endMs) whose samples count as missing, in any order, overlapping or not: they are never learned from, and the forecast goes on. */
  readonly exclude?: readonly Exclusion[];
  /** Times of which demand is expected to be a multiple of what it would be without them. */
  readonly events?: readonly ForecastEvent[];
}

/** Overlapping events multiply each other. */
export interface ForecastEvent {
  /** From here on, and before `endMs`; unix ms. */
  readonly startMs: number;
  readonly endMs: number;
  /** How many times the ordinary demand is expected, above 0. */
  readonly multiplier: number;
}

export interface Exclusion {
  readonly startMs: number;
  readonly endMs: number;
}

/** What fit found. */
export type Fit =
  | { readonly kind: "fitted"; readonly samples: number; readonly present: number; readonly day: boolean; readonly week: boolean }
  | { readonly kind: "notEnoughData"; readonly haveMs: number; readonly needMs: number };

/** Rolling out-of-sample accuracy at the first lead over 7 days; NaN before there is enough. */
export interface Accuracy {
  /** Sum of |y - forecast| over sum of |y|. */
  readonly wape: number;
  /** The same for "as it is now" made one lead earlier. */
  readonly wapePersistence: number;
  /** 1 - wape / wapePersistence. */
  readonly skill: number;
  /** Share of samples at or below the 95 % upper bound made one lead earlier. */
  readonly coverage: number;
  /** Sum of (forecast - y) over sum of y: above 0 too much was forecast. */
  readonly bias: number;
  /** Mean pinball loss of the 95 % bound made one lead earlier, in the unit of the demand: 0.95 of what was above it, 0.05 of what was below. */
  readonly pinball: number;
}

/** What was said one lead ago, at the first lead, for the last observed sample; NaN where nothing was. */
export interface Said {
  readonly forecast: number;
  /** The 95 % bound. */
  readonly upper: number;
  /** The last value that was there then. */
  readonly persistence: number;
}

interface AnomalousSample {
  readonly timeMs: number;
  readonly value: number;
  /** What expert 1 expected one step ago. */
  readonly expected: number;
}

interface OutlyingSample extends AnomalousSample {
  readonly side: "high" | "low";
  /** Distance from what was expected, in mean absolute one-step errors (on the root of the demand); above 6. Infinite where there never was an error. */
  readonly sizeInMae: number;
}

/** What is unusual about a sample. */
export type Anomaly =
  /** Learned from only as if it lay six mean errors away. */
  | ({ readonly kind: "outlier" } & OutlyingSample)
  /** The second sample or a later one in a row that is out on the same side: learned from as it is. `sinceMs`: the first of them. */
  | ({ readonly kind: "levelShift"; readonly sinceMs: number; readonly samples: number } & OutlyingSample)
  /** The same value in each of the last `samples`, when no run was longer than `longestBefore` until then: counts as missing. */
  | ({ readonly kind: "stuck"; readonly sinceMs: number; readonly samples: number; readonly longestBefore: number } & AnomalousSample);

/** How many there were since the forecaster began: samples held back as outliers, level shifts, values that got stuck. */
export interface AnomalyCounts {
  readonly outliers: number;
  readonly levelShifts: number;
  readonly stuck: number;
}

/** The largest demand that is expected. */
export interface Peak {
  readonly timeMs: number;
  readonly demand: number;
}

/** How a forecast at a kept lead came about; NaN where there is nothing yet. All on the scale of the demand. */
export interface Explanation {
  readonly holtWinters: number;
  readonly regression: number;
  readonly average: number;
  /** The experts' combination, before its own errors were corrected. */
  readonly combination: number;
  /** What is said. */
  readonly forecast: number;
  readonly upper90: number;
  readonly upper95: number;
}

/** The demand that is not exceeded with some probability. */
export interface Bound {
  /** Never below the forecast; NaN before any sample. */
  readonly demand: number;
  /** Settled errors that it rests on. */
  readonly errors: number;
  /** False while they are too few for this probability: then `demand` errs on the safe side. */
  readonly isKnown: boolean;
}

/** Point forecasts from the last observed sample. */
export interface PointForecast {
  /** Forecast `leadSteps` (1..largest lead) after the last observed time, >= 0; NaN before any sample. */
  forecast(leadSteps: number): number;
}

export interface Forecaster extends PointForecast {
  readonly settings: ForecastSettings;
  /** Estimates parameters and the initial state from `history`, then stands before its first sample: replay it with observe. */
  fit(history: Series): Fit;
  /** Takes the value at `timeMs` (NaN = missing). Times advance by exactly one step. A value that is negative or above 1e30 counts as missing. */
  observe(timeMs: number, value: number): void;
  /** 95 % upper bound at a kept lead, >= forecast(leadSteps). */
  upper(leadSteps: number): number;
  /** Upper bound at a kept lead, >= forecast(leadSteps), never falling as the probability grows. Throws RangeError for a probability outside 0.5 to 0.9999. */
  bound(leadSteps: number, probability: number): Bound;
  /** The parts of the forecast at a kept lead. */
  explain(leadSteps: number): Explanation;
  /** The largest forecast of the next `horizonMs`, at least one step; undefined before any sample. */
  peakWithin(horizonMs: number): Peak | undefined;
  /** Puts the forecasts of the next steps, one after the other, into `path`, as far as it reaches; NaN before any sample. */
  putPath(path: Float64Array): void;
  accuracy(): Accuracy;
  /** A view: what it reads is of the last observed sample. */
  readonly said: Said;
  /** What is unusual about the last observed sample; undefined where it is ordinary, or missing. */
  anomaly(): Anomaly | undefined;
  anomalyCounts(): AnomalyCounts;
  /** At every ten minutes of the last day with a sample, expert 1 has been worse than expert 3 at the first lead: fitting anew may help. */
  isFallingBehind(): boolean;
  /** Copies of the whole state; importState on a forecaster of equal settings continues identically. Transferable between threads. */
  exportState(): Float64Array[];
  importState(state: readonly Float64Array[]): void;
}
