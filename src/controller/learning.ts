// Which model serves a scaler and when another is learned: at the start, weekly, when the forecast falls behind, and when the learned lead moves.
// Invariant: a model that serves goes on serving until another is ready.
import type { Clock } from "../clock.ts";
import { learnedLeadMs } from "../decision/index.ts";
import type { Scaler } from "../api/index.ts";
import { rivalryBefore } from "./conflicts.ts";
import type { Learner } from "./learner.ts";
import { acceptModel, newMemory, wantsModel } from "./memory.ts";
import type { Memory } from "./memory.ts";
import { planFor } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { newestSlotMs, wasAhead } from "./reading.ts";
import { headroomBefore } from "./headroom.ts";
import { Readiness } from "./readiness.ts";
import type { StoredScaler } from "./stored-scaler.ts";
import { knownBefore } from "./resume.ts";
import { OVERLAP_STEPS } from "./track.ts";

/** Before there is history, so much of the past is read for the reactive start, ms. */
const FIRST_READ_MS = 30 * 60_000;
/** After a lead could not be learned for, the next attempt, ms. */
const LEAD_RETRY_MS = 3_600_000;

export interface LearningParts {
  readonly clock: Clock;
  readonly learner: Learner;
  readonly memories: Map<string, Memory>;
  /** Asks for a pass of this scaler as soon as possible. */
  readonly wake: (key: string) => void;
}

/** The memory that serves this specification: the one there is, or a fresh one that keeps what a change of it does not touch. */
export function memoryFor({ learner, memories }: LearningParts, scaler: Scaler, stored: StoredScaler, nowMs: number): Memory {
  const key = `${scaler.namespace}/${scaler.name}`;
  const found = memories.get(key);
  const known = found?.plan.uid === scaler.uid ? found : undefined;
  const before = known === undefined ? knownBefore(stored, nowMs) : undefined;
  const isSameTarget = JSON.stringify(known?.plan.target) === JSON.stringify(scaler.spec.scaleTargetRef);
  const readiness = known !== undefined && isSameTarget ? known.readiness : new Readiness(before?.timesToReady);
  const isInUse = known?.plan.isLeadLearned === true && isSameTarget;
  const plan = planFor(scaler, isInUse ? known.plan.leadMs : learnedLeadMs(readiness.observations, scaler.spec.metric.stepMs, NaN));
  // What was settled while the clock was ahead cannot be taken back: it begins anew, as after a restart.
  if (known?.plan.modelKey === plan.modelKey && !wasAhead(known.track, plan.stepMs, nowMs)) {
    if (!isSameTarget) {
      // A lead that was learned from the other target is not wanted any more.
      learner.drop(key);
      known.isLearning = false;
    }
    // The history counts in the numbers of its output.
    if (JSON.stringify(known.plan.output) !== JSON.stringify(plan.output)) known.history = undefined;
    known.plan = plan;
    known.readiness = readiness;
    return known;
  }
  learner.drop(key);
  const fresh = newMemory(plan, newestSlotMs(plan.stepMs, nowMs - FIRST_READ_MS), readiness, known?.service ?? before?.service);
  if (known === undefined) fresh.rivalry = rivalryBefore(stored, nowMs);
  else {
    fresh.lastScaleMs = known.lastScaleMs;
    fresh.conditions = known.conditions;
    fresh.telling = known.telling;
    fresh.rivalry = known.rivalry;
  }
  fresh.headroom = known?.headroom ?? headroomBefore(stored.status);
  memories.set(key, fresh);
  return fresh;
}

/** Asks for a model where one is due. The overlap is left to the first pass of the new model, so that late samples reach it too. */
export function askForModel(line: LearningParts, memory: Memory, scaler: Scaler, nowMs: number): void {
  const isDue = wantsModel(memory, nowMs);
  const plan = planWithLead(memory, scaler, nowMs) ?? (isDue ? memory.plan : undefined);
  if (plan === undefined || memory.isLearning) return;
  memory.isLearning = true;
  const untilMs = newestSlotMs(plan.stepMs, nowMs) - OVERLAP_STEPS * plan.stepMs;
  line.learner.request(plan, untilMs, (result) => {
    acceptModel(memory, plan, result, line.clock.nowMs());
    if (plan.leadMs !== memory.plan.leadMs) memory.leadRetryMs = line.clock.nowMs() + LEAD_RETRY_MS;
    line.wake(plan.key);
  });
}

/** The plan with another lead, if the lead is learned and has clearly moved. */
function planWithLead({ plan, readiness, model, leadRetryMs }: Memory, scaler: Scaler, nowMs: number): Plan | undefined {
  if (!plan.isLeadLearned || model.kind !== "fitted" || nowMs < leadRetryMs) return undefined;
  const leadMs = learnedLeadMs(readiness.observations, plan.stepMs, plan.leadMs);
  return leadMs === plan.leadMs ? undefined : planFor(scaler, leadMs);
}

