// The interface of every forecast: what the decision, the replay and the controller see of it.
// Contract: missing is NaN and never 0; nothing allocates after construction but fit and exportState.
import type { Series } from "../series/index.ts";

/** Wall-clock arithmetic of one IANA time zone. */
export interface LocalClock {
  readonly timeZone: string;
  /** Unix ms shifted by the zone's offset: local wall-clock ms since 1970-01-01T00:00 local. */
  localMs(timeMs: number): number;
}

export interface ForecastSettings {
  readonly stepMs: number;
  /** Leads (in steps, >= 1) for which bounds and accuracy are kept; the first is the lead of the decision. */
  readonly leadSteps: readonly number[];
  readonly day: boolean;
  readonly week: boolean;
  readonly localClock: LocalClock;
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
  /** The parts of the forecast at a kept lead. */
  explain(leadSteps: number): Explanation;
  /** The largest forecast of the next `horizonMs`, at least one step; undefined before any sample. */
  peakWithin(horizonMs: number): Peak | undefined;
  accuracy(): Accuracy;
  /** Copies of the whole state; importState on a forecaster of equal settings continues identically. Transferable between threads. */
  exportState(): Float64Array[];
  importState(state: readonly Float64Array[]): void;
}
