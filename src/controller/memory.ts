// What the controller remembers of each scaler between passes. It changes only here, and the history of decisions only after a write succeeded.
import type { Condition } from "../api/index.ts";
import type { Decision, ScaleHistory } from "../decision/index.ts";
import { startHistory } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import type { Fit } from "../forecast/index.ts";
import type { LearnResult } from "./learner.ts";
import { createTrack } from "./track.ts";
import type { Track } from "./track.ts";
import type { ModelSettings, Plan } from "./plan.ts";

/** A model is learned anew after so long, ms. */
const REFIT_AFTER_MS = 7 * 24 * 3_600_000;
/** With too little history, or after a failed load, learning is tried again after so long, ms. */
const RELEARN_AFTER_MS = 3_600_000;
const RETRY_LOAD_AFTER_MS = 60_000;

/** Where the model of a scaler stands. */
export type ModelState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: OperatorError; readonly atMs: number }
  | { readonly kind: "tooShort"; readonly fit: Fit & { kind: "notEnoughData" }; readonly atMs: number }
  | { readonly kind: "fitted"; readonly fit: Fit & { kind: "fitted" }; readonly atMs: number; readonly historyFromMs: number };

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
  /** The conditions last written by this process. */
  conditions: readonly Condition[] | undefined;
  /** When the status was last written, and what it said that a person would act on. */
  statusAtMs: number;
  statusFingerprint: string;
  /** Until when overloaded time has been counted, unix ms. */
  countedMs: number;
}

/** A scaler seen for the first time, or one whose demand is another now. `settledMs`: reading begins after it. */
export function newMemory(plan: Plan, settledMs: number): Memory {
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
  };
}

/** Whether a model should be asked for now. */
export function wantsModel(memory: Memory, nowMs: number): boolean {
  if (memory.isLearning) return false;
  const { model } = memory;
  if (memory.track.isTorn) return true;
  if (model.kind === "loading") return true;
  const afterMs = { failed: RETRY_LOAD_AFTER_MS, tooShort: RELEARN_AFTER_MS, fitted: REFIT_AFTER_MS }[model.kind];
  return nowMs - model.atMs >= afterMs;
}

/** Puts what the learner brought in place; a failure leaves a model that serves. */
export function acceptModel(memory: Memory, settings: ModelSettings, result: LearnResult, nowMs: number): void {
  memory.isLearning = false;
  if (result.kind === "failed") {
    if (memory.model.kind !== "fitted") memory.model = { kind: "failed", error: result.error, atMs: nowMs };
    return;
  }
  const { learned } = result;
  memory.track = createTrack(settings, learned.untilMs, learned);
  memory.model =
    learned.fit.kind === "fitted"
      ? { kind: "fitted", fit: learned.fit, atMs: nowMs, historyFromMs: learned.untilMs - memory.plan.historyMs }
      : { kind: "tooShort", fit: learned.fit, atMs: nowMs };
}

/** The history of decisions; it begins with the replicas that are there. */
export function historyOf(memory: Memory, nowMs: number, replicas: number): ScaleHistory {
  memory.history ??= startHistory(nowMs, replicas);
  return memory.history;
}
