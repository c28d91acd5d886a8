// What the controller remembers of each scaler between passes. It changes only here, and the history of decisions only after a write succeeded.
import type { Condition } from "../api/index.ts";
import type { Decision, ScaleHistory } from "../decision/index.ts";
import { startHistory } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import type { Anomaly, Fit } from "../forecast/index.ts";
import type { Rivalry } from "./conflicts.ts";
import { Expectations } from "./expectations.ts";
import { headroomBefore } from "./headroom.ts";
import type { Headroom } from "./headroom.ts";
import type { LearnResult } from "./learner.ts";
import type { PeakAhead } from "./peak-ahead.ts";
import type { Plan } from "./plan.ts";
import { Readiness } from "./readiness.ts";
import { ServiceLedger } from "./service-ledger.ts";
import { Telling } from "./telling.ts";
import { createTrack } from "./track.ts";
import type { Track } from "./track.ts";

const DAY_MS = 24 * 3_600_000;
/** A model is learned anew after so long, and up to so much later: scalers that began together do not learn together. */
const REFIT_AFTER_MS = 6.5 * DAY_MS;
const REFIT_SPREAD_MS = DAY_MS;
/** A forecast that falls behind asks for a new model this often at most. */
const REFIT_BEHIND_MS = DAY_MS;
/** A new model whose error on the last week is above the old one's by more than this share of it does not serve. */
const MAY_BE_WORSE = 0.005;
/** With too little history, or after a failed load, learning is tried again after so long, ms. */
const RELEARN_AFTER_MS = 3_600_000;
/** And with none, ms. */
const RELEARN_EMPTY_AFTER_MS = 5 * 60_000;
const RETRY_LOAD_AFTER_MS = 60_000;

/** Where the model of a scaler stands. */
export type ModelState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: OperatorError; readonly atMs: number }
  | { readonly kind: "tooShort"; readonly fit: Fit & { kind: "notEnoughData" }; readonly atMs: number }
  | { readonly kind: "fitted"; readonly fit: Fit & { kind: "fitted" }; readonly atMs: number; readonly historyFromMs: number; readonly refit: Refit };

/** The last attempt to learn anew. */
export interface Refit {
  /** When it ended, unix ms; the fit itself counts. */
  readonly atMs: number;
  /** Its error and that of the model that serves, over the last week, where it was worse and so left. */
  readonly rejected: { readonly wape: number; readonly servingWape: number } | undefined;
}

export interface Memory {
  plan: Plan;
  track: Track;
  model: ModelState;
  isLearning: boolean;
  history: ScaleHistory | undefined;
  /** Since when the target has had exactly the replicas that we wanted, unclamped; undefined while it has not. */
  ownSinceMs: number | undefined;
  lastDecision: Decision | undefined;
  lastScaleMs: number | undefined;
  /** Why the metric counts as missing, or undefined while it is there. */
  missing: OperatorError | undefined;
  /** The conditions that this process last told. */
  conditions: readonly Condition[] | undefined;
  /** When there was last a status to write, and what it said that a person would act on. */
  statusAtMs: number;
  statusFingerprint: string;
  /** Until when overloaded time has been counted, unix ms. */
  countedMs: number;
  service: ServiceLedger;
  readiness: Readiness;
  /** No other lead is learned for before this, unix ms. */
  leadRetryMs: number;
  expectations: Expectations;
  /** What was last unusual about a sample, and when it was found. */
  finding: { readonly anomaly: Anomaly; readonly atMs: number } | undefined;
  ahead: PeakAhead | undefined;
  telling: Telling;
  headroom: Headroom;
  rivalry: Rivalry;
}

/** A scaler seen for the first time, or one whose demand is another now. `settledMs`: reading begins after it. */
export function newMemory(plan: Plan, settledMs: number, readiness = new Readiness(), service = new ServiceLedger()): Memory {
  return {
    plan,
    track: createTrack(plan.model, settledMs),
    model: { kind: "loading" },
    isLearning: false,
    history: undefined,
    ownSinceMs: undefined,
    lastDecision: undefined,
    lastScaleMs: undefined,
    missing: undefined,
    conditions: undefined,
    statusAtMs: -Infinity,
    statusFingerprint: "",
    countedMs: NaN,
    service,
    readiness,
    leadRetryMs: -Infinity,
    expectations: expectationsFor(plan),
    finding: undefined,
    ahead: undefined,
    telling: new Telling(),
    rivalry: { wrote: undefined, disturbance: undefined, conflict: undefined },
    headroom: headroomBefore(undefined),
  };
}

function expectationsFor({ stepMs, model }: Plan): Expectations {
  return new Expectations(stepMs, model.demand.leadSteps);
}

function refitAfterMs({ place }: Plan): number {
  return REFIT_AFTER_MS + place * REFIT_SPREAD_MS;
}

/** No history may also be what a server answered that had lost sight of it: that is soon asked again. A history that has begun grows as slowly as it does. */
function relearnAfterMs({ haveMs }: { readonly haveMs: number }): number {
  return Math.min(RELEARN_AFTER_MS, Math.max(RELEARN_EMPTY_AFTER_MS, haveMs / 2));
}

/** Whether a model should be asked for now. */
export function wantsModel(memory: Memory, nowMs: number): boolean {
  if (memory.isLearning) return false;
  const { model, track, plan } = memory;
  if (track.isTorn) return true;
  switch (model.kind) {
    case "loading":
      return true;
    case "failed":
      return nowMs - model.atMs >= RETRY_LOAD_AFTER_MS;
    case "tooShort":
      return nowMs - model.atMs >= relearnAfterMs(model.fit);
    case "fitted": {
      const sinceMs = nowMs - model.refit.atMs;
      return sinceMs >= refitAfterMs(plan) || (sinceMs >= REFIT_BEHIND_MS && track.outlook.isFallingBehind);
    }
  }
}

/**
 * Puts what the learner brought for `plan` in place. A model that serves goes on serving when learning failed, found too little
 * history, or brought one that would have been worse over the last week.
 */
export function acceptModel(memory: Memory, plan: Plan, result: LearnResult, nowMs: number): void {
  memory.isLearning = false;
  const { model, track } = memory;
  const serving = model.kind === "fitted" && !track.isTorn ? model : undefined;
  if (result.kind === "failed") {
    if (model.kind !== "fitted") memory.model = { kind: "failed", error: result.error, atMs: nowMs };
    else memory.model = { ...model, refit: { ...model.refit, atMs: nowMs - refitAfterMs(plan) + RELEARN_AFTER_MS } };
    return;
  }
  const { learned } = result;
  const isSameLead = plan.leadMs === memory.plan.leadMs;
  if (serving !== undefined) {
    // Both walked over the same week, each forecast made before its sample came. Errors at another lead are no comparison.
    const servingWape = track.outlook.accuracy.wape;
    const isWorse = isSameLead && learned.wape > servingWape * (1 + MAY_BE_WORSE);
    if (isWorse || learned.fit.kind !== "fitted") {
      memory.model = { ...serving, refit: { atMs: nowMs, rejected: isWorse ? { wape: learned.wape, servingWape } : undefined } };
      return;
    }
  }
  // The rest of the specification may have changed while it was learned.
  memory.plan = { ...memory.plan, leadMs: plan.leadMs, model: plan.model, modelKey: plan.modelKey };
  memory.track = createTrack({ ...plan.model, holidays: learned.holidays }, learned.untilMs, learned, model.kind === "fitted" ? track.gate() : undefined);
  if (!isSameLead) {
    memory.expectations = expectationsFor(plan);
    memory.ownSinceMs = undefined;
  }
  memory.model =
    learned.fit.kind === "fitted"
      ? { kind: "fitted", fit: learned.fit, atMs: nowMs, historyFromMs: learned.untilMs - plan.historyMs, refit: { atMs: nowMs, rejected: undefined } }
      : { kind: "tooShort", fit: learned.fit, atMs: nowMs };
}

/** The history of decisions; it begins with the replicas that are there. */
export function historyOf(memory: Memory, nowMs: number, replicas: number): ScaleHistory {
  memory.history ??= startHistory(nowMs, replicas);
  return memory.history;
}
