// What is kept for one lead: expert 2's outlook, the experts' combination, its correction and its bounds, all settled against what came.
// `slot` is the step's place in every ring of the lead: what was said one lead ago lies there until it is said anew.
// Order within a step: settle what was said one lead ago, then say what is said now; nothing said is ever changed afterwards.
import {
  type Bounds, createBounds, errorsOf, isKnown, LEAST_PROBABILITY, margin, marginAt, MOST_PROBABILITY, resetBounds, sayBounds, settleBounds, UPPER_90, UPPER_95,
} from "./bounds.ts";
import { combine, type Combination, createCombination, resetCombination, settle } from "./combination.ts";
import type { Bound, Explanation } from "./forecaster.ts";
import * as frames from "./frame.ts";
import { createOutlook, type Outlook, resetOutlook } from "./regression/outlook.ts";
import type { Regression } from "./regression/regression.ts";
import { correctSecondStage, createSecondStage, resetSecondStage, type SecondStage, settleSecondStage } from "./second-stage.ts";
import type { State } from "./state.ts";

const { CEILING, SAID_POINT, SAID_UPPER } = frames;

/** Experts in the order of the combination: Holt-Winters, regression, five-minute average. */
export const HOLT_WINTERS = 0;
export const REGRESSION = 1;
export const AVERAGE = 2;
const EXPERTS = 3;

/** Slots of `now`: what was said at the last sample. */
const POINT = 0;
const BOUND_95 = 1;
/** Slots that are kept one lead long. */
const SAID = 2;
const BOUND_90 = 2;
const COMBINATION = 3;
/** The most that may be said, bounds included. */
const MOST = 4;
const NOW = 5;

export interface Lead {
  readonly steps: number;
  readonly outlook: Outlook;
  readonly combination: Combination;
  readonly secondStage: SecondStage;
  readonly bounds: Bounds;
  /** The experts' forecasts of this step. */
  readonly experts: Float64Array;
  readonly now: Float64Array;
  /** The first slots of `now` of the last `steps` steps. */
  readonly said: Float64Array;
}

export function createLead(state: State, steps: number, stepMs: number, regression: Regression): Lead {
  return {
    steps,
    outlook: createOutlook(state, steps, stepMs, regression),
    combination: createCombination(state, EXPERTS, steps, stepMs),
    secondStage: createSecondStage(state, steps, stepMs),
    bounds: createBounds(state, steps, stepMs),
    experts: state.f64(EXPERTS),
    now: state.f64(NOW),
    said: state.f64(SAID * steps),
  };
}

export function resetLead({ outlook, combination, secondStage, bounds, now, said, experts }: Lead, regression: Regression): void {
  resetOutlook(outlook, regression);
  resetCombination(combination);
  resetSecondStage(secondStage);
  resetBounds(bounds);
  experts.fill(NaN);
  now.fill(NaN);
  said.fill(NaN);
}

/** Settles what was said one lead ago against the frame's value. */
export function settleLead({ combination, secondStage, bounds, said }: Lead, slot: number, frame: Float64Array): void {
  settle(combination, slot, frame);
  settleBounds(bounds, slot, frame, said, slot * SAID + POINT);
  settleSecondStage(secondStage, slot, frame);
}

/** Turns `lead.experts` into this step's forecast for the frame's target and keeps it for one lead later. */
export function sayLead({ combination, secondStage, bounds, experts, now, said }: Lead, slot: number, frame: Float64Array): void {
  combine(combination, slot, experts, now, COMBINATION);
  if (now[COMBINATION]! > frame[CEILING]!) now[COMBINATION] = frame[CEILING]!;
  correctSecondStage(secondStage, slot, frame, experts, now, COMBINATION, POINT);
  const point = Math.min(frame[CEILING]!, now[POINT]!);
  const at = slot * SAID;
  now[POINT] = point;
  sayBounds(bounds, slot, frame, now, POINT);
  now[MOST] = frame[CEILING]!;
  now[BOUND_90] = Math.min(frame[CEILING]!, point + margin(bounds, UPPER_90));
  now[BOUND_95] = Math.min(frame[CEILING]!, point + margin(bounds, UPPER_95));
  for (let i = 0; i < SAID; i++) said[at + i] = now[i]!;
}

export function pointOf({ now }: Lead): number {
  return now[POINT]!;
}

export function upperOf({ now }: Lead): number {
  return now[BOUND_95]!;
}

/** The upper bound of `probability`; throws RangeError outside what is tracked. */
export function boundOf({ bounds, now }: Lead, probability: number): Bound {
  if (!(probability >= LEAST_PROBABILITY && probability <= MOST_PROBABILITY))
    throw new RangeError(`probability is ${probability}, expected ${LEAST_PROBABILITY} to ${MOST_PROBABILITY}`);
  const demand = Math.min(now[MOST]!, now[POINT]! + marginAt(bounds, probability));
  return { demand, errors: errorsOf(bounds), isKnown: isKnown(bounds, probability) };
}

export function explanationOf({ experts, now }: Lead): Explanation {
  return {
    holtWinters: experts[HOLT_WINTERS]!, regression: experts[REGRESSION]!, average: experts[AVERAGE]!,
    combination: now[COMBINATION]!, forecast: now[POINT]!, upper90: now[BOUND_90]!, upper95: now[BOUND_95]!,
  };
}

/** Puts forecast and 95 % bound, made one lead ago (NaN where none was), into the frame. Comes before `sayLead`. */
export function recallLead({ said }: Lead, slot: number, frame: Float64Array): void {
  frame[SAID_POINT] = said[slot * SAID + POINT]!;
  frame[SAID_UPPER] = said[slot * SAID + BOUND_95]!;
}
