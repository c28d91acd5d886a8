// The forecaster: experts, their combination at each kept lead, the bounds, and the ledger of accuracy, one sample at a time.
// Never NaN after a first sample, never negative, never beyond what the range seen so far makes plausible; observe and forecast allocate nothing.
import type { Series } from "../series/index.ts";
import { accuracyOf, book, createLedger, type Ledger } from "./accuracy.ts";
import type { Accuracy, Fit, Forecaster, ForecastSettings, Peak } from "./forecaster.ts";
import { fitHoltWinters, type Fitted, WEEK_NEEDS_MS } from "./holt-winters/fit.ts";
import { createHoltWinters, expectation, type HoltWinters, learn, phiOf, setLevel, setParameters, skip, UNFITTED } from "./holt-winters/kernel.ts";
import { AVERAGE, createLead, explanationOf, HOLT_WINTERS, type Lead, pointOf, pointSaidFor, REGRESSION, resetLead, sayLead, settleLead, upperOf, upperSaidFor } from "./lead.ts";
import { average, averageOf, createMovingAverage, type MovingAverage, resetMovingAverage } from "./moving-average.ts";
import { createOutliers, type Outliers, screened } from "./outliers.ts";
import { learnOutlook, lookOut } from "./regression/outlook.ts";
import { createRegression, observeRegression, type Regression, resetRegression, seedRegression } from "./regression/regression.ts";
import { timeOfDay, timeOfWeek } from "./seasons.ts";
import { createState, type State } from "./state.ts";

/** A forecast never lies above the recent level plus so many times the range seen. */
const RANGE_LIMIT = 1.25;
/** A larger value is no measurement: its square root would leave the range of the 32-bit profiles. It counts as missing. */
const MOST_DEMAND = 1e30;
/** How fast the combination's difference from expert 1 fades beyond the lead. */
const PEAK_TAU_MS = 2 * 3_600_000;

/** Slots of `numbers`. */
const TIME = 0;
const FIRST_TIME = 1;
const STEP = 2;
const LOW = 3;
const HIGH = 4;
const LAST = 5;
const IS_FITTED = 6;
const NUMBERS = 7;

interface Parts {
  readonly settings: ForecastSettings;
  readonly state: State;
  readonly numbers: Float64Array;
  readonly model: HoltWinters;
  readonly outliers: Outliers;
  readonly smooth: MovingAverage;
  readonly regression: Regression;
  /** In ascending order of lead; `first` is the one that the decision uses. */
  readonly leads: readonly Lead[];
  readonly first: Lead;
  /** Last present value at each of the last `first.steps` steps: what persistence said. */
  readonly persisted: Float64Array;
  readonly ledger: Ledger;
}

function createParts(settings: ForecastSettings): Parts {
  const { stepMs, leadSteps } = settings;
  if (!(stepMs > 0)) throw new RangeError(`stepMs is ${stepMs}, expected a positive number of ms`);
  if (leadSteps.length === 0) throw new RangeError("leadSteps is empty, expected at least one lead");
  for (const steps of leadSteps) if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`leadSteps holds ${steps}, expected whole steps of at least 1`);
  const state = createState();
  const regression = createRegression(state, stepMs, settings);
  const leads = [...new Set(leadSteps)].sort((a, b) => a - b).map((steps) => createLead(state, steps, stepMs, regression));
  const first = leads.find(({ steps }) => steps === leadSteps[0])!;
  return {
    settings, state, leads, first, regression,
    numbers: state.f64(NUMBERS),
    model: createHoltWinters(state, stepMs),
    outliers: createOutliers(state),
    smooth: createMovingAverage(state, stepMs),
    persisted: state.f64(first.steps),
    ledger: createLedger(state),
  };
}

function reset({ state, settings, numbers, model, smooth, regression, leads, persisted }: Parts): void {
  state.clear();
  numbers.fill(NaN);
  numbers[STEP] = 0;
  numbers[IS_FITTED] = 0;
  setParameters(model, { ...UNFITTED, delta: settings.day ? UNFITTED.delta : 0, omega: 0 });
  resetMovingAverage(smooth);
  resetRegression(regression);
  for (const lead of leads) resetLead(lead, regression);
  persisted.fill(NaN);
}

function adopt({ model, regression, numbers }: Parts, { parameters, initial, dayOne, range }: Fitted): void {
  setParameters(model, parameters);
  setLevel(model, initial.level);
  model.day.set(initial.day);
  model.week.set(initial.week);
  seedRegression(regression, dayOne.mean, dayOne.spread);
  numbers[LOW] = range.low;
  numbers[HIGH] = range.high;
  numbers[IS_FITTED] = 1;
}

/** Expert 1 on the scale of the demand. */
function seasonal({ model, settings }: Parts, timeMs: number, phiToH: number): number {
  const local = settings.localClock.localMs(timeMs);
  const z = Math.max(0, expectation(model, timeOfDay(local), timeOfWeek(local), phiToH));
  return z * z;
}

function ceilingOf({ numbers, smooth }: Parts): number {
  const z = averageOf(smooth);
  return z * z + RANGE_LIMIT * (numbers[HIGH]! - numbers[LOW]!);
}

/** The first sample ever: an unfitted model starts at its level. */
function begin({ numbers, model }: Parts, timeMs: number, value: number): void {
  numbers[FIRST_TIME] = timeMs;
  if (numbers[IS_FITTED] === 1) return;
  setLevel(model, Math.sqrt(value));
  numbers[LOW] = value;
  numbers[HIGH] = value;
}

/** An unfitted model learns the week once it has seen two. */
function joinWeek({ numbers, settings, model }: Parts, timeMs: number): void {
  if (!settings.week || numbers[IS_FITTED] === 1 || timeMs - numbers[FIRST_TIME]! < WEEK_NEEDS_MS) return;
  setParameters(model, { ...UNFITTED, delta: settings.day ? UNFITTED.delta : 0 });
  numbers[IS_FITTED] = 1;
}

/** Updates every expert with `value` (NaN = missing). */
function learnFrom(parts: Parts, timeMs: number, localMs: number, step: number, value: number): void {
  const { numbers, model, outliers, smooth, regression, leads } = parts;
  const elapsedMs = timeMs - numbers[FIRST_TIME]!;
  if (value !== value) {
    skip(model);
    observeRegression(regression, localMs, elapsedMs, NaN);
    return;
  }
  const dayMs = timeOfDay(localMs);
  const weekMs = timeOfWeek(localMs);
  const expected = expectation(model, dayMs, weekMs, phiOf(model));
  const e = screened(outliers, Math.sqrt(value) - expected);
  const z = Math.max(0, expected + e);
  learn(model, dayMs, weekMs, e);
  average(smooth, z);
  for (let i = 0; i < leads.length; i++) learnOutlook(leads[i]!.outlook, regression, step, timeMs, z);
  observeRegression(regression, localMs, elapsedMs, z);
  if (value < numbers[LOW]!) numbers[LOW] = value;
  if (value > numbers[HIGH]!) numbers[HIGH] = value;
  numbers[LAST] = value;
}

/** Says what every kept lead says now. */
function say(parts: Parts, timeMs: number, localMs: number, step: number, value: number): void {
  const { settings, numbers, leads, smooth, model, regression } = parts;
  const ceiling = ceilingOf(parts);
  for (let i = 0; i < leads.length; i++) {
    const lead = leads[i]!;
    const aheadMs = timeMs + lead.steps * settings.stepMs;
    const targetMs = settings.localClock.localMs(aheadMs);
    const { experts } = lead;
    experts[HOLT_WINTERS] = Math.max(0, expectation(model, timeOfDay(targetMs), timeOfWeek(targetMs), phiOf(model) ** lead.steps));
    experts[AVERAGE] = averageOf(smooth);
    lookOut(lead.outlook, regression, step, localMs, targetMs, aheadMs - numbers[FIRST_TIME]!, value === value, experts, REGRESSION);
    for (let k = 0; k < experts.length; k++) experts[k] = experts[k]! * experts[k]!;
    sayLead(lead, step, targetMs, value, ceiling);
  }
}

function observe(parts: Parts, timeMs: number, given: number): void {
  const { settings, numbers, leads, first, persisted, ledger } = parts;
  const was = numbers[TIME]!;
  if (was === was && timeMs !== was + settings.stepMs)
    throw new RangeError(`time ${timeMs} after ${was}: times advance by one step of ${settings.stepMs} ms; give NaN for a step without a sample`);
  const value = given >= 0 && given <= MOST_DEMAND ? given : NaN;
  const step = numbers[STEP]!;
  numbers[TIME] = timeMs;
  if (value === value && numbers[FIRST_TIME] !== numbers[FIRST_TIME]) begin(parts, timeMs, value);
  const firstMs = numbers[FIRST_TIME]!;
  if (firstMs === firstMs) {
    const localMs = settings.localClock.localMs(timeMs);
    for (let i = 0; i < leads.length; i++) settleLead(leads[i]!, step, timeMs, localMs, timeMs - firstMs, value);
    book(ledger, timeMs, value, pointSaidFor(first, step), persisted[step % first.steps]!, upperSaidFor(first, step));
    joinWeek(parts, timeMs);
    learnFrom(parts, timeMs, localMs, step, value);
    say(parts, timeMs, localMs, step, value);
  }
  persisted[step % first.steps] = numbers[LAST]!;
  numbers[STEP] = step + 1;
}

/** Forecast at any lead: the kept ones as said, between them expert 1's path plus its difference from what was said, joined linearly. */
function forecast(parts: Parts, leadSteps: number): number {
  const { leads, numbers, settings, model } = parts;
  const timeMs = numbers[TIME]!;
  let below = 0;
  let belowGap = 0;
  for (let i = 0; i < leads.length; i++) {
    const lead = leads[i]!;
    if (lead.steps === leadSteps) return pointOf(lead);
    const gap = pointOf(lead) - lead.experts[HOLT_WINTERS]!;
    if (leadSteps < lead.steps) {
      const share = (leadSteps - below) / (lead.steps - below);
      const path = seasonal(parts, timeMs + leadSteps * settings.stepMs, phiOf(model) ** leadSteps);
      return Math.min(ceilingOf(parts), Math.max(0, path + belowGap + share * (gap - belowGap)));
    }
    below = lead.steps;
    belowGap = gap;
  }
  throw new RangeError(`lead of ${leadSteps} steps, expected 1 to ${below}`);
}

/** The largest forecast of the next `horizonMs`; beyond the last kept lead expert 1 plus a difference that fades. */
function peakWithin(parts: Parts, horizonMs: number): Peak | undefined {
  const { leads, numbers, settings, model } = parts;
  const timeMs = numbers[TIME]!;
  if (numbers[FIRST_TIME] !== numbers[FIRST_TIME]) return undefined;
  const { stepMs } = settings;
  const last = leads.at(-1)!;
  const gap = pointOf(last) - last.experts[HOLT_WINTERS]!;
  const fade = Math.exp(-stepMs / PEAK_TAU_MS);
  const ceiling = ceilingOf(parts);
  const phi = phiOf(model);
  let phiToH = phi ** last.steps;
  let left = gap;
  let peak: Peak = { timeMs: timeMs + stepMs, demand: -1 };
  for (let k = 1; k * stepMs <= Math.max(horizonMs, stepMs); k++) {
    let demand: number;
    if (k <= last.steps) demand = forecast(parts, k);
    else {
      phiToH *= phi;
      left *= fade;
      demand = Math.min(ceiling, Math.max(0, seasonal(parts, timeMs + k * stepMs, phiToH) + left));
    }
    if (demand > peak.demand) peak = { timeMs: timeMs + k * stepMs, demand };
  }
  return peak;
}

function leadAt({ leads }: Parts, leadSteps: number): Lead {
  for (let i = 0; i < leads.length; i++) if (leads[i]!.steps === leadSteps) return leads[i]!;
  throw new RangeError(`nothing is kept ${leadSteps} steps ahead, only at ${leads.map(({ steps }) => steps).join(", ")}`);
}

function fit(parts: Parts, history: Series): Fit {
  const { settings, first } = parts;
  const { day, week, localClock } = settings;
  if (history.stepMs !== settings.stepMs) throw new RangeError(`history has a step of ${history.stepMs} ms, expected ${settings.stepMs}`);
  const found = fitHoltWinters(history, { leadSteps: first.steps, day, week, localClock, most: MOST_DEMAND });
  reset(parts);
  if (found.kind === "notEnoughData") return found;
  adopt(parts, found);
  const { length } = history.values;
  return { kind: "fitted", samples: length, present: found.present / length, day: found.day, week: found.week };
}

/** A forecaster that has seen nothing, unfitted or with the fit `start`. Throws RangeError for a step or leads that are not positive. */
export function createForecaster(settings: ForecastSettings, start?: Fitted): Forecaster {
  const parts = createParts(settings);
  reset(parts);
  if (start !== undefined) adopt(parts, start);
  return {
    settings,
    fit: (history) => fit(parts, history),
    observe: (timeMs, value) => observe(parts, timeMs, value),
    forecast: (leadSteps) => forecast(parts, leadSteps),
    upper: (leadSteps) => upperOf(leadAt(parts, leadSteps)),
    explain: (leadSteps) => explanationOf(leadAt(parts, leadSteps)),
    peakWithin: (horizonMs) => peakWithin(parts, horizonMs),
    accuracy: (): Accuracy => accuracyOf(parts.ledger),
    exportState: () => [parts.state.snapshot()],
    importState: (blocks) => parts.state.restore(blocks[0] ?? new Float64Array(0)),
  };
}
