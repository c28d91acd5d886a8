// What a forecaster consists of: settings, and parts that share one state; how it begins, and how a fit is taken over.
// Every number that is remembered comes from `state`, in the order in which the parts are created here.
import { createLedger, type Ledger, resetLedger } from "./accuracy.ts";
import { type Anomalies, createAnomalies, resetAnomalies } from "./anomalies.ts";
import { createExclusions, type Exclusions, rewind } from "./exclusions.ts";
import type { ForecastSettings } from "./forecaster.ts";
import { createFrame, type Frame, resetFrame } from "./frame.ts";
import type { Fitted } from "./holt-winters/fit.ts";
import { createHoltWinters, type HoltWinters, type Parameters, setLevel, setParameters, UNFITTED } from "./holt-winters/kernel.ts";
import { createLead, type Lead, resetLead } from "./lead.ts";
import { averageOf, createMovingAverage, type MovingAverage, resetMovingAverage } from "./moving-average.ts";
import { createRegression, type Regression, resetRegression, seedRegression } from "./regression/regression.ts";
import { createStanding, type Standing } from "./standing.ts";
import { createState, type State } from "./state.ts";

/** A forecast never lies above the recent level plus so many times the range seen. */
const RANGE_LIMIT = 1.25;

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

export interface Parts {
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

/** Throws RangeError for a step or leads that are not positive. */
export function createParts(settings: ForecastSettings): Parts {
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
export function tune({ model, powers, leads }: Parts, parameters: Parameters): void {
  setParameters(model, parameters);
  leads.forEach(({ steps }, i) => (powers[i] = parameters.phi ** steps));
}

/** Puts a forecaster before its first sample, unfitted. */
export function reset(parts: Parts): void {
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

/** Takes a fit over, after `reset`. */
export function adopt(parts: Parts, { parameters, initial, dayOne, range }: Fitted): void {
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

/** The most that may be forecast now. */
export function ceilingOf({ numbers, smooth }: Parts): number {
  const z = averageOf(smooth);
  return z * z + RANGE_LIMIT * (numbers.high - numbers.low);
}
