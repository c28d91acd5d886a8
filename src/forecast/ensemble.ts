// The forecaster: experts, their combination at each kept lead, the bounds, and the ledger of accuracy, one sample at a time.
// Never NaN after a first sample, never negative, never beyond what the range seen so far makes plausible; observe and forecast allocate nothing.
import type { Series } from "../series/index.ts";
import { accuracyOf, book, createLedger, type Ledger } from "./accuracy.ts";
import { type Anomalies, anomalyCountsOf, anomalyOf, createAnomalies, isStuck, resetAnomalies, screen } from "./anomalies.ts";
import { createExclusions, type Exclusions, isExcluded, rewind, without } from "./exclusions.ts";
import type { Accuracy, Fit, Forecaster, ForecastSettings, Peak, Said } from "./forecaster.ts";
import * as frames from "./frame.ts";
import { createFrame } from "./frame.ts";
import { fitHoltWinters, type Fitted, WEEK_NEEDS_MS } from "./holt-winters/fit.ts";
import {
  createHoltWinters, expectation, type HoltWinters, learn, type Parameters, phiOf, setLevel, setParameters, skip, UNFITTED,
} from "./holt-winters/kernel.ts";
import {
  AVERAGE, boundOf, createLead, explanationOf, HOLT_WINTERS, type Lead, pointOf, recallLead, REGRESSION, resetLead, sayLead, settleLead, upperOf,
} from "./lead.ts";
import { average, averageOf, createMovingAverage, type MovingAverage, resetMovingAverage } from "./moving-average.ts";
import { placeSample, placeTarget } from "./place.ts";
import { learnOutlook, lookOut } from "./regression/outlook.ts";
import { createRegression, observeRegression, type Regression, resetRegression, seedRegression } from "./regression/regression.ts";
import { timeOfDay, timeOfWeek } from "./seasons.ts";
import { compareExperts, createStanding, isBehindForADay, type Standing } from "./standing.ts";
import { createState, type State } from "./state.ts";

const {
  CEILING, ELAPSED, EXPECTED, INNOVATION, LOCAL_DAY, LOCAL_WEEK, ROOT, SAID_PERSISTENCE,
  SAID_POINT, SAID_UPPER, TARGET_DAY, TARGET_WEEK, TIME, VALUE,
} = frames;

/** A forecast never lies above the recent level plus so many times the range seen. */
const RANGE_LIMIT = 1.25;
/** A larger value is no measurement: its square root would leave the range of the 32-bit profiles. It counts as missing. */
const MOST_DEMAND = 1e30;
/** How fast the combination's difference from expert 1 fades beyond the lead. */
const PEAK_TAU_MS = 2 * 3_600_000;

/** Slots of `numbers`. */
const TIME_SEEN = 0;
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
  readonly frame: Float64Array;
  /** Place of the present step in the rings of each lead. */
  readonly slots: Int32Array;
  /** phi^h of each lead. */
  readonly powers: Float64Array;
  readonly model: HoltWinters;
  readonly exclusions: Exclusions;
  readonly hasExclusions: boolean;
  readonly anomalies: Anomalies;
  readonly smooth: MovingAverage;
  readonly regression: Regression;
  /** In ascending order of lead; `first` is the one that the decision uses. */
  readonly leads: readonly Lead[];
  readonly first: Lead;
  /** Last present value at each of the last `first.steps` steps: what persistence said. */
  readonly persisted: Float64Array;
  readonly ledger: Ledger;
  readonly standing: Standing;
}

function createParts(settings: ForecastSettings): Parts {
  const { stepMs, leadSteps } = settings;
  if (!(stepMs > 0)) throw new RangeError(`stepMs is ${stepMs}, expected a positive number of ms`);
  if (leadSteps.length === 0) throw new RangeError("leadSteps is empty, expected at least one lead");
  const wrong = leadSteps.find((steps) => !Number.isInteger(steps) || steps < 1);
  if (wrong !== undefined) throw new RangeError(`leadSteps holds ${wrong}, expected whole steps of at least 1`);
  const state = createState();
  const exclusions = createExclusions(settings.exclude ?? []);
  const regression = createRegression(state, stepMs, settings);
  const leads = [...new Set(leadSteps)].sort((a, b) => a - b).map((steps) => createLead(state, steps, stepMs, regression));
  const first = leads.find(({ steps }) => steps === leadSteps[0])!;
  return {
    settings, state, leads, first, regression,
    numbers: state.f64(NUMBERS),
    frame: createFrame(state),
    slots: new Int32Array(leads.length),
    powers: state.f64(leads.length),
    model: createHoltWinters(state, stepMs),
    exclusions,
    hasExclusions: exclusions.boundaries.length > 1,
    anomalies: createAnomalies(state, stepMs),
    smooth: createMovingAverage(state, stepMs),
    persisted: state.f64(first.steps),
    ledger: createLedger(state),
    standing: createStanding(state, stepMs),
  };
}

/** Sets the parameters of expert 1 and what follows from them. */
function tune({ model, powers, leads }: Parts, parameters: Parameters): void {
  setParameters(model, parameters);
  leads.forEach(({ steps }, i) => (powers[i] = parameters.phi ** steps));
}

function reset(parts: Parts): void {
  const { state, settings, numbers, frame, anomalies, smooth, regression, leads, persisted, exclusions } = parts;
  state.clear();
  rewind(exclusions);
  frame.fill(NaN);
  resetAnomalies(anomalies);
  numbers.fill(NaN);
  numbers[STEP] = 0;
  numbers[IS_FITTED] = 0;
  tune(parts, { ...UNFITTED, delta: settings.day ? UNFITTED.delta : 0, omega: 0 });
  resetMovingAverage(smooth);
  resetRegression(regression);
  for (const lead of leads) resetLead(lead, regression);
  persisted.fill(NaN);
}

function adopt(parts: Parts, { parameters, initial, dayOne, range }: Fitted): void {
  const { model, regression, numbers } = parts;
  tune(parts, parameters);
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
function joinWeek(parts: Parts): void {
  const { numbers, settings, frame } = parts;
  if (!settings.week || numbers[IS_FITTED] === 1 || frame[ELAPSED]! < WEEK_NEEDS_MS) return;
  tune(parts, { ...UNFITTED, delta: settings.day ? UNFITTED.delta : 0 });
  numbers[IS_FITTED] = 1;
}

/** Updates experts 1 and 3 with the frame's value (NaN = missing) and leaves in the frame what expert 2 may learn of it. */
function learnFrom({ numbers, frame, model, anomalies, smooth }: Parts): void {
  const value = frame[VALUE]!;
  const expected = expectation(model, frame[LOCAL_DAY]!, frame[LOCAL_WEEK]!, phiOf(model));
  frame[EXPECTED] = expected;
  if (value !== value) {
    frame[ROOT] = NaN;
    skip(model);
    return;
  }
  frame[INNOVATION] = Math.sqrt(value) - expected;
  screen(anomalies, frame);
  const e = frame[INNOVATION];
  const z = Math.max(0, expected + e);
  frame[ROOT] = z;
  learn(model, frame[LOCAL_DAY]!, frame[LOCAL_WEEK]!, e);
  average(smooth, frame);
  if (value < numbers[LOW]!) numbers[LOW] = value;
  if (value > numbers[HIGH]!) numbers[HIGH] = value;
  numbers[LAST] = value;
}

/** Updates expert 2. Apart from the others: the engine inlines only so much into one function, and a call with doubles in it would allocate. */
function learnRegression({ frame, slots, regression, leads }: Parts): void {
  if (frame[ROOT] === frame[ROOT]) for (let i = 0; i < leads.length; i++) learnOutlook(leads[i]!.outlook, regression, slots[i]!, frame);
  observeRegression(regression, frame);
}

/** Says what every kept lead says now. */
function say(parts: Parts): void {
  const { settings, frame, slots, powers, leads, smooth, model, regression } = parts;
  frame[CEILING] = ceilingOf(parts);
  for (let i = 0; i < leads.length; i++) {
    const lead = leads[i]!;
    const { experts } = lead;
    placeTarget(frame, settings.localClock, settings.stepMs, lead.steps);
    experts[HOLT_WINTERS] = Math.max(0, expectation(model, frame[TARGET_DAY]!, frame[TARGET_WEEK]!, powers[i]!));
    experts[AVERAGE] = averageOf(smooth);
    lookOut(lead.outlook, regression, slots[i]!, frame, experts, REGRESSION);
    for (let k = 0; k < experts.length; k++) experts[k] = experts[k]! * experts[k]!;
    sayLead(lead, slots[i]!, frame);
  }
}

function observe(parts: Parts, timeMs: number, given: number): void {
  const { settings, numbers, frame, slots, leads, first, persisted, ledger, hasExclusions, exclusions, anomalies, standing } = parts;
  const was = numbers[TIME_SEEN]!;
  if (was === was && timeMs !== was + settings.stepMs)
    throw new RangeError(`time ${timeMs} after ${was}: times advance by one step of ${settings.stepMs} ms; give NaN for a step without a sample`);
  const value = given >= 0 && given <= MOST_DEMAND && !(hasExclusions && isExcluded(exclusions, timeMs)) ? given : NaN;
  const step = numbers[STEP]! | 0;
  const kept = step % first.steps;
  for (let i = 0; i < leads.length; i++) slots[i] = step % leads[i]!.steps;
  numbers[TIME_SEEN] = timeMs;
  if (value === value && numbers[FIRST_TIME] !== numbers[FIRST_TIME]) begin(parts, timeMs, value);
  frame[TIME] = timeMs;
  frame[ELAPSED] = timeMs - numbers[FIRST_TIME]!;
  frame[VALUE] = value;
  if (frame[ELAPSED] === frame[ELAPSED]) {
    if (isStuck(anomalies, frame)) frame[VALUE] = NaN;
    placeSample(frame, settings.localClock, settings.stepMs);
    frame[SAID_PERSISTENCE] = persisted[kept]!;
    recallLead(first, kept, frame);
    book(ledger, frame);
    for (let i = 0; i < leads.length; i++) settleLead(leads[i]!, slots[i]!, frame);
    compareExperts(standing, first, frame);
    joinWeek(parts);
    learnFrom(parts);
    learnRegression(parts);
    say(parts);
  }
  persisted[kept] = numbers[LAST]!;
  numbers[STEP] = step + 1;
}

/** Forecast at any lead: the kept ones as said, between them expert 1's path plus its difference from what was said, joined linearly. */
function forecast(parts: Parts, leadSteps: number): number {
  const { leads, numbers, settings, model } = parts;
  const timeMs = numbers[TIME_SEEN]!;
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
  const timeMs = numbers[TIME_SEEN]!;
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
  const learned = without(parts.exclusions, history);
  const found = fitHoltWinters(learned, { leadSteps: first.steps, day, week, localClock, most: MOST_DEMAND });
  reset(parts);
  if (found.kind === "notEnoughData") return found;
  adopt(parts, found);
  const { length } = history.values;
  return { kind: "fitted", samples: length, present: found.present / length, day: found.day, week: found.week };
}

function saidOf(frame: Float64Array): Said {
  return {
    get forecast() {
      return frame[SAID_POINT]!;
    },
    get upper() {
      return frame[SAID_UPPER]!;
    },
    get persistence() {
      return frame[SAID_PERSISTENCE]!;
    },
  };
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
    bound: (leadSteps, probability) => boundOf(leadAt(parts, leadSteps), probability),
    explain: (leadSteps) => explanationOf(leadAt(parts, leadSteps)),
    peakWithin: (horizonMs) => peakWithin(parts, horizonMs),
    accuracy: (): Accuracy => accuracyOf(parts.ledger),
    said: saidOf(parts.frame),
    anomaly: () => anomalyOf(parts.anomalies, parts.frame),
    anomalyCounts: () => anomalyCountsOf(parts.anomalies),
    isFallingBehind: () => isBehindForADay(parts.standing),
    exportState: () => [parts.state.snapshot()],
    importState(blocks) {
      parts.state.restore(blocks[0] ?? new Float64Array(0));
      rewind(parts.exclusions);
    },
  };
}
