// A model is a line (forecaster and demand rule) with settings; learning fits it on history and replays that history through it.
// The same function runs in the worker and in tests.
import { createLine } from "../decision/index.ts";
import type { Line, LineState } from "../decision/index.ts";
import { createForecaster, createLocalClock } from "../forecast/index.ts";
import type { Fit, Forecaster, Holidays, LocalClock } from "../forecast/index.ts";
import { lastPresentMs } from "../series/index.ts";
import type { Series } from "../series/index.ts";
import type { ModelSettings } from "./plan.ts";

export interface LearnRequest {
  readonly settings: ModelSettings;
  readonly history: Series;
}

export interface Learned {
  readonly fit: Fit;
  readonly state: LineState;
  /** Error of the forecasts at the lead over the last week of the history, each made before its sample; NaN where too few came due. */
  readonly wape: number;
  /** Time of the newest sample of the history that the state has seen, unix ms. */
  readonly untilMs: number;
  /** Time of the newest slot with a sample, unix ms; NaN if there is none. */
  readonly lastSampleMs: number;
  /** The holidays that it was learned with, and goes on with. */
  readonly holidays: Holidays | undefined;
}

/** One a zone and its holidays, for all lines: a clock takes as long to make as all the rest of a line a hundred times over. They are few. */
const localClocks = new Map<string, LocalClock>();

function localClockKey({ timeZone, holidays }: ModelSettings): string {
  return holidays === undefined ? timeZone : `${timeZone} ${holidays.weekday} ${holidays.days.join()}`;
}

function localClockOf(settings: ModelSettings): LocalClock {
  const key = localClockKey(settings);
  const found = localClocks.get(key) ?? createLocalClock(settings.timeZone, settings.holidays);
  localClocks.set(key, found);
  return found;
}

/** A line that has seen nothing. */
export function newLine(settings: ModelSettings): Line {
  const localClock = localClockOf(settings);
  return createLine(createForecaster({ ...settings.forecast, localClock }), { ...settings.demand, localClock });
}

/** Forecasters that serve one line after another, by their settings: making one takes longer than what a pass does with it. */
const forecasters = new Map<string, Forecaster>();
/** As many are kept: most scalers share the settings of their forecast. */
const FORECASTERS_KEPT = 16;

/** A line in `state`, which is copied; another state's settings are a RangeError. It is good until the next call: its forecaster serves that one, too. */
export function lineIn(settings: ModelSettings, state: LineState): Line {
  const localClock = localClockOf(settings);
  // Not as JSON has numbers: Infinity is one.
  const key = `${localClockKey(settings)} ${JSON.stringify(settings.forecast, (_, value: unknown) => (typeof value === "number" ? String(value) : value))}`;
  const forecaster = forecasters.get(key) ?? createForecaster({ ...settings.forecast, localClock });
  forecasters.delete(key);
  if (forecasters.size >= FORECASTERS_KEPT) forecasters.delete(forecasters.keys().next().value ?? "");
  forecasters.set(key, forecaster);
  const line = createLine(forecaster, { ...settings.demand, localClock });
  line.importState(state);
  return line;
}

/** Fits and replays. With too little history nothing is fitted, yet what there is has been replayed. */
export function learnModel({ settings, history }: LearnRequest): Learned {
  const line = newLine(settings);
  const fit = line.forecaster.fit(history);
  const { startMs, stepMs, values } = history;
  for (let i = 0; i < values.length; i++) line.observe(startMs + i * stepMs, values[i] ?? NaN);
  const { wape } = line.forecaster.accuracy();
  const untilMs = startMs + (values.length - 1) * stepMs;
  return { fit, wape, state: line.exportState(), untilMs, lastSampleMs: lastPresentMs(history) ?? NaN, holidays: settings.holidays };
}
