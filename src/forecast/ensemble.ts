// The forecaster: experts, their combination at each kept lead, the bounds, and the ledger of accuracy, one sample at a time.
// Never NaN after a first sample, never negative, never beyond what the range seen so far makes plausible; observe and forecast allocate nothing.
import type { Series } from "../series/index.ts";
import { accuracyOf, book, createLedger, type Ledger, resetLedger } from "./accuracy.ts";
import { type Anomalies, anomalyCountsOf, anomalyOf, createAnomalies, isStuck, resetAnomalies, screen } from "./anomalies.ts";
import { createExclusions, type Exclusions, isExcluded, rewind, without } from "./exclusions.ts";
import type { Accuracy, Fit, Forecaster, ForecastSettings, Peak, Said } from "./forecaster.ts";
import { createFrame, type Frame, resetFrame } from "./frame.ts";
import { fitHoltWinters, type Fitted, WEEK_NEEDS_MS } from "./holt-winters/fit.ts";
import {
  createHoltWinters, expectation, type HoltWinters, learn, type Parameters, phiOf, setLevel, setParameters, skip, UNFITTED,
} from "./holt-winters/kernel.ts";
import {
  boundOf, createLead, explanationOf, type Lead, pointOf, recallLead, resetLead, sayLead, settleLead, upperOf,
} from "./lead.ts";
import { average, averageOf, createMovingAverage, type MovingAverage, resetMovingAverage } from "./moving-average.ts";
import { placeSample, placeTarget } from "./place.ts";
import { learnOutlook, lookOut } from "./regression/outlook.ts";
import { createRegression, observeRegression, type Regression, resetRegression, seedRegression } from "./regression/regression.ts";
import { timeOfDay, timeOfWeek } from "./seasons.ts";
import { compareExperts, createStanding, isBehindForADay, type Standing } from "./standing.ts";
import { createState, type State } from "./state.ts";

/** A forecast never lies above the recent level plus so many times the range seen. */
const RANGE_LIMIT = 1.25;
/** A larger value is no measurement: its square root would leave the range of the 32-bit profiles. It counts as missing. */
const MOST_DEMAND = 1e30;
/** How fast the combination's difference from expert 1 fades beyond the lead. */
const PEAK_TAU_MS = 2 * 3_600_000;

function blank() {
  return {
    /** Unix ms of the last sample, and of the first one with a value; NaN before. */
    timeSeen: 0, firstTime: 0,
    step: 0,
    /** Range of the demand seen, and the last present value. */
    low: 0, high: 0, last: 0,
    isFitted: 0,
  };
}

type Numbers = ReturnType<typeof blank>;

function resetNumbers(numbers: Numbers): void {
  numbers.timeSeen = NaN;
  numbers.firstTime = NaN;
  numbers.low = NaN;
  numbers.high = NaN;
  numbers.last = NaN;
}

interface Parts {
  readonly settings: ForecastSettings;
  readonly state: State;
  readonly numbers: Numbers;
  readonly frame: Frame;
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
    numbers: state.record(blank()),
    frame: createFrame(state),
    slots: new Int32Array(leads.length),
    powers: state.f64(leads.length),
    model: createHoltWinters(state, stepMs),
    exclusions,
    hasExclusions: exclusions.boundaries.length > 1,
    anomalies: createAnomalies(state, stepMs),
    smooth: createMovingAverage(state, stepMs),
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
  const { state, settings, numbers, frame, anomalies, smooth, regression, leads, exclusions } = parts;
  state.clear();
  rewind(exclusions);
  resetFrame(frame);
  resetAnomalies(anomalies);
  resetLedger(parts.ledger);
  resetNumbers(numbers);
  tune(parts, { ...UNFITTED, delta: settings.day ? UNFITTED.delta : 0, omega: 0 });
  resetMovingAverage(smooth);
  resetRegression(regression);
  for (const lead of leads) resetLead(lead, regression);
}

function adopt(parts: Parts, { parameters, initial, dayOne, range }: Fitted): void {
  const { model, regression, numbers } = parts;
  tune(parts, parameters);
  setLevel(model, initial.level);
  model.day.set(initial.day);
  model.week.set(initial.week);
  seedRegression(regression, dayOne.mean, dayOne.spread);
  numbers.low = range.low;
  numbers.high = range.high;
  numbers.isFitted = 1;
}

/** Expert 1 on the scale of the demand. */
function seasonal({ model, settings }: Parts, timeMs: number, phiToH: number): number {
  const local = settings.localClock.localMs(timeMs);
  const z = Math.max(0, expectation(model, timeOfDay(local), timeOfWeek(local), phiToH));
  return z * z;
}

function ceilingOf({ numbers, smooth }: Parts): number {
  const z = averageOf(smooth);
  return z * z + RANGE_LIMIT * (numbers.high - numbers.low);
}

/** The first sample ever: an unfitted model starts at its level. */
function begin({ numbers, model }: Parts, timeMs: number, value: number): void {
  numbers.firstTime = timeMs;
  if (numbers.isFitted === 1) return;
  setLevel(model, Math.sqrt(value));
  numbers.low = value;
  numbers.high = value;
}

/** An unfitted model learns the week once it has seen two. */
function joinWeek(parts: Parts): void {
  const { numbers, settings, frame } = parts;
  if (!settings.week || frame.elapsed < WEEK_NEEDS_MS) return;
  tune(parts, { ...UNFITTED, delta: settings.day ? UNFITTED.delta : 0 });
  numbers.isFitted = 1;
}

/** Updates experts 1 and 3 with the frame's value (NaN = missing) and leaves in the frame what expert 2 may learn of it. */
function learnFrom({ numbers, frame, model, anomalies, smooth }: Parts): void {
  const value = frame.value;
  const expected = expectation(model, frame.localDay, frame.localWeek, phiOf(model));
  frame.expected = expected;
  if (value !== value) {
    frame.root = NaN;
    skip(model);
    return;
  }
  frame.innovation = Math.sqrt(value) - expected;
  screen(anomalies, frame);
  const e = frame.innovation;
  const z = Math.max(0, expected + e);
  frame.root = z;
  learn(model, frame.localDay, frame.localWeek, e);
  average(smooth, frame);
  if (value < numbers.low) numbers.low = value;
  if (value > numbers.high) numbers.high = value;
  numbers.last = value;
}

/** Updates expert 2. Apart from the others: the engine inlines only so much into one function, and a call with doubles in it would allocate. */
function learnRegression({ frame, slots, regression, leads }: Parts): void {
  if (frame.root === frame.root) for (let i = 0; i < leads.length; i++) learnOutlook(leads[i]!.outlook, regression, slots[i]!, frame, leads[i]!.then);
  observeRegression(regression, frame);
}

/** Says what every kept lead says now. */
function say(parts: Parts): void {
  const { settings, numbers, frame, slots, powers, leads, smooth, model, regression } = parts;
  frame.ceiling = ceilingOf(parts);
  for (let i = 0; i < leads.length; i++) {
    const lead = leads[i]!;
    const { now } = lead;
    placeTarget(frame, settings.localClock, settings.stepMs, lead.steps);
    const z = Math.max(0, expectation(model, frame.targetDay, frame.targetWeek, powers[i]!));
    now.holtWinters = z * z;
    now.average = averageOf(smooth) * averageOf(smooth);
    now.persistence = numbers.last;
    lookOut(lead.outlook, regression, slots[i]!, frame, now);
    sayLead(lead, slots[i]!, frame);
  }
}

function observe(parts: Parts, timeMs: number, given: number): void {
  const { settings, numbers, frame, slots, leads, first, ledger, hasExclusions, exclusions, anomalies, standing } = parts;
  const was = numbers.timeSeen;
  if (was === was && timeMs !== was + settings.stepMs)
    throw new RangeError(`time ${timeMs} after ${was}: times advance by one step of ${settings.stepMs} ms; give NaN for a step without a sample`);
  const value = given >= 0 && given <= MOST_DEMAND && !(hasExclusions && isExcluded(exclusions, timeMs)) ? given : NaN;
  const step = numbers.step | 0;
  for (let i = 0; i < leads.length; i++) slots[i] = step % leads[i]!.steps;
  numbers.timeSeen = timeMs;
  if (value === value && numbers.firstTime !== numbers.firstTime) begin(parts, timeMs, value);
  frame.time = timeMs;
  frame.elapsed = timeMs - numbers.firstTime;
  frame.value = value;
  if (frame.elapsed === frame.elapsed) {
    if (isStuck(anomalies, frame)) frame.value = NaN;
    placeSample(frame, settings.localClock, settings.stepMs);
    for (let i = 0; i < leads.length; i++) {
      recallLead(leads[i]!, slots[i]!);
      settleLead(leads[i]!, slots[i]!, frame);
    }
    book(ledger, first.then, frame);
    compareExperts(standing, first, frame);
    if (numbers.isFitted === 0) joinWeek(parts);
    learnFrom(parts);
    learnRegression(parts);
    say(parts);
  }
  numbers.step = step + 1;
}

/** Forecast at any lead: the kept ones as said, between them expert 1's path plus its difference from what was said, joined linearly. */
function forecast(parts: Parts, leadSteps: number): number {
  const { leads, numbers, settings, model } = parts;
  const timeMs = numbers.timeSeen;
  let below = 0;
  let belowGap = 0;
  for (let i = 0; i < leads.length; i++) {
    const lead = leads[i]!;
    if (lead.steps === leadSteps) return pointOf(lead);
    const gap = pointOf(lead) - lead.now.holtWinters;
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
  const timeMs = numbers.timeSeen;
  if (numbers.firstTime !== numbers.firstTime) return undefined;
  const { stepMs } = settings;
  const last = leads.at(-1)!;
  const gap = pointOf(last) - last.now.holtWinters;
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

function saidOf({ then }: Lead): Said {
  return {
    get forecast() {
      return then.point;
    },
    get upper() {
      return then.bound95;
    },
    get persistence() {
      return then.persistence;
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
    said: saidOf(parts.first),
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
