// What is kept for one lead: expert 2's outlook, the experts' combination, its correction and its bounds, all settled against what came.
// `slot` is the step's place in every ring of the lead: what was said one lead ago lies there until it is said anew.
// Order within a step: settle what was said one lead ago, then say what is said now; nothing said is ever changed afterwards.
import * as bounding from "./bounds.ts";
import {
  type Bounds, createBounds, errorsOf, isKnown, LEAST_PROBABILITY, margin, marginAt, MOST_PROBABILITY, resetBounds, sayBounds, settleBounds,
} from "./bounds.ts";
import { combine, type Combination, createCombination, resetCombination, settle } from "./combination.ts";
import type { Bound, Explanation } from "./forecaster.ts";
import { createForecasts, createRing, type Forecasts, keep, recall, resetForecasts } from "./forecasts.ts";
import type { Frame } from "./frame.ts";
import { createOutlook, type Outlook, resetOutlook } from "./regression/outlook.ts";
import type { Regression } from "./regression/regression.ts";
import { correctSecondStage, createSecondStage, resetSecondStage, type SecondStage, settleSecondStage } from "./second-stage.ts";
import type { State } from "./state.ts";

const { UPPER_90, UPPER_95 } = bounding;


export interface Lead {
  readonly steps: number;
  readonly outlook: Outlook;
  readonly combination: Combination;
  readonly secondStage: SecondStage;
  readonly bounds: Bounds;
  readonly now: Forecasts;
  readonly earlier: Forecasts;
  readonly ring: Float64Array;
}

export function createLead(state: State, steps: number, stepMs: number, regression: Regression): Lead {
  return {
    steps,
    outlook: createOutlook(state, steps, stepMs, regression),
    combination: createCombination(state, stepMs),
    secondStage: createSecondStage(state, steps, stepMs),
    bounds: createBounds(state, steps, stepMs),
    now: createForecasts(state),
    earlier: createForecasts(state),
    ring: createRing(state, steps),
  };
}

export function resetLead({ outlook, combination, secondStage, bounds, now, earlier, ring }: Lead, regression: Regression): void {
  resetOutlook(outlook, regression);
  resetCombination(combination);
  resetSecondStage(secondStage);
  resetBounds(bounds);
  resetForecasts(now);
  resetForecasts(earlier);
  ring.fill(NaN);
}

/** Settles what was said one lead ago against the frame's value. */
export function settleLead({ combination, secondStage, bounds, earlier }: Lead, slot: number, frame: Frame): void {
  settle(combination, earlier, frame);
  settleBounds(bounds, slot, frame, earlier);
  settleSecondStage(secondStage, slot, frame, earlier);
}

/** Turns what the experts say now into this step's forecast for the frame's target and keeps it for one lead later. */
export function sayLead({ combination, secondStage, bounds, now, ring }: Lead, slot: number, frame: Frame): void {
  combine(combination, now);
  if (now.combination > frame.ceiling) now.combination = frame.ceiling;
  correctSecondStage(secondStage, slot, frame, now);
  const point = Math.min(frame.ceiling, now.point);
  now.point = point;
  sayBounds(bounds, slot, frame, now);
  now.most = frame.ceiling;
  now.bound90 = Math.min(frame.ceiling, point + margin(bounds, UPPER_90));
  now.bound95 = Math.min(frame.ceiling, point + margin(bounds, UPPER_95));
  keep(ring, slot, now);
}

export function pointOf({ now }: Lead): number {
  return now.point;
}

export function upperOf({ now }: Lead): number {
  return now.bound95;
}

/** The upper bound of `probability`; throws RangeError outside what is tracked. */
export function boundOf({ bounds, now }: Lead, probability: number): Bound {
  if (!(probability >= LEAST_PROBABILITY && probability <= MOST_PROBABILITY))
    throw new RangeError(`probability is ${probability}, expected ${LEAST_PROBABILITY} to ${MOST_PROBABILITY}`);
  const demand = Math.min(now.most, now.point + marginAt(bounds, probability));
  return { demand, errors: errorsOf(bounds), isKnown: isKnown(bounds, probability) };
}

export function explanationOf({ now }: Lead): Explanation {
  return {
    holtWinters: now.holtWinters, regression: now.regression, average: now.average,
    combination: now.combination, forecast: now.point, upper90: now.bound90, upper95: now.bound95,
  };
}

/** Recalls what was said one lead ago for the sample at hand: `lead.earlier`. Comes before \`sayLead\`. */
export function recallLead({ ring, earlier }: Lead, slot: number): void {
  recall(ring, slot, earlier);
}
