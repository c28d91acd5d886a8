// The line, for one scaler and one moment: what was asked, what was seen, what is coming, what to do, do it, say so.
// Failures of the metric are inputs of the decision; every other failure is thrown and handled once, in controller.ts.
import { parseScaler } from "../api/index.ts";
import type { Clock } from "../clock.ts";
import { monotonicMs } from "../clock.ts";
import { decide, remember } from "../decision/index.ts";
import type { Applied, Decision, DecisionInput } from "../decision/index.ts";
import { OperatorError } from "../errors.ts";
import type { Scales, TargetScale } from "../kube/index.ts";
import type { PrometheusClient } from "../prometheus/index.ts";
import type { Metrics, Stage } from "../telemetry/index.ts";
import type { Journals } from "./journal.ts";
import type { Learner } from "./learner.ts";
import { acceptModel, historyOf, newMemory, wantsModel } from "./memory.ts";
import type { Memory } from "./memory.ts";
import { OVERLAP_STEPS } from "./track.ts";
import { missingReason, newestSlotMs, readSlots, settleDelayMs } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { planFor } from "./plan.ts";
import type { Plan } from "./plan.ts";
import type { Reporter, StoredScaler } from "./report.ts";
import { asOperatorError } from "./failure.ts";

/** Before there is history, so much of the past is read for the reactive start, ms. */
const FIRST_READ_MS = 30 * 60_000;
/** Decisions of different scalers are spread over this share of the step, at most so long, ms. */
const SPREAD_SHARE = 1 / 6;
const SPREAD_MAX_MS = 5_000;

/** Attempts to write while the target keeps changing; after them the pass fails and backs off. */
const WRITE_ATTEMPTS = 4;

/** What every pass works with. */
export interface LineParts {
  readonly clock: Clock;
  readonly prometheus: PrometheusClient;
  readonly scales: Scales;
  readonly learner: Learner;
  readonly reporter: Reporter;
  readonly journals: Journals;
  readonly metrics: Metrics;
  readonly memories: Map<string, Memory>;
  /** Asks for a pass of this scaler as soon as possible. */
  readonly wake: (key: string) => void;
}

/** Where a pass ends: the scaler is gone or wrong (wait for a change), or the next pass is due after a duration. */
export type Outcome = { readonly kind: "waitForChange" } | { readonly kind: "again"; readonly afterMs: number };

export async function reconcile(line: LineParts, stored: StoredScaler | undefined, key: string, signal: AbortSignal): Promise<Outcome> {
  if (stored === undefined) return forget(line, key);
  const nowMs = line.clock.nowMs();
  const parsed = parseScaler(stored);
  if (parsed.kind === "invalid") {
    forgetModel(line, key);
    await line.reporter.invalid(stored, parsed.problems, nowMs, signal);
    return { kind: "waitForChange" };
  }
  const plan = planFor(parsed.scaler);
  const memory = memoryFor(line, plan, nowMs);
  const stage = stageTimer(line.metrics);
  const reading = await stage("samples", () => readSlots(line.prometheus, plan, memory.track.settledMs, nowMs, signal));
  const scale = await stage("scale", () => readScale(line, memory, signal));
  await stage("forecast", () => observe(memory, reading, scale, nowMs));
  askForModel(line, memory, nowMs);
  const acted = scale instanceof OperatorError ? { failure: scale } : await act(line, memory, scale, nowMs, signal);
  let shortSeconds = 0;
  if (acted.decision !== undefined) {
    rememberDecision(memory, acted.decision, nowMs);
    shortSeconds = countOverload(line, memory, acted.scale, nowMs);
    line.metrics.decision(acted.decision.reason);
  }
  line.journals.take({ memory, nowMs, shortSeconds, ...acted });
  await stage("status", () => line.reporter.pass({ stored, memory, nowMs, ...acted }, signal));
  if (acted.failure !== undefined) throw acted.failure;
  const endMs = line.clock.nowMs();
  return { kind: "again", afterMs: Math.min(nextPassMs(plan, endMs) - endMs, limitEndsMs(plan, acted.decision)) };
}

/** What came of a pass after its samples were in: a decision that was carried out, or why there is none. */
type Acted =
  | { readonly scale: TargetScale; readonly decision: Decision; readonly failure?: undefined }
  | { readonly failure: OperatorError; readonly decision?: undefined };

/** Decides and writes. A target that changed in between is read and decided on anew: its status changes at any time. */
async function act(line: LineParts, memory: Memory, first: TargetScale, nowMs: number, signal: AbortSignal): Promise<Acted> {
  const stage = stageTimer(line.metrics);
  let scale = first;
  for (let attempt = 1; ; attempt++) {
    const decision = await stage("decision", () => decide(decisionInput(memory, scale, nowMs)));
    if (decision.kind !== "scale") return { scale, decision };
    const { resourceVersion } = scale;
    const failure = await stage("actuate", () => write(line, memory, resourceVersion, decision.to, signal));
    if (failure === undefined) return { scale, decision };
    if (failure.reason !== "Conflict" || attempt === WRITE_ATTEMPTS) return { failure };
    const again = await stage("scale", () => readScale(line, memory, signal));
    if (again instanceof OperatorError) return { failure: again };
    scale = again;
  }
}

/** Where a scaling policy limited the decision: when it allows more again, as a duration. Steps may be longer than its period. */
function limitEndsMs({ policy }: Plan, { limitedBy }: Decision): number {
  const direction = limitedBy?.reason === "ScaleUpLimit" ? policy.scaleUp : limitedBy?.reason === "ScaleDownLimit" ? policy.scaleDown : undefined;
  return Math.min(Infinity, ...(direction?.policies ?? []).map(({ periodSeconds }) => periodSeconds * 1000));
}

/** The target's scale, or why it cannot be read: the line takes its samples all the same. */
async function readScale(line: LineParts, { plan }: Memory, signal: AbortSignal): Promise<TargetScale | OperatorError> {
  try {
    return await line.scales.read(plan.namespace, plan.target, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return asOperatorError(error);
  }
}

/** Writes the replicas; the failure, if any, is what the pass reports. */
async function write(line: LineParts, { plan }: Memory, version: string, replicas: number, signal: AbortSignal): Promise<OperatorError | undefined> {
  try {
    await line.scales.write(plan.namespace, plan.target, replicas, version, signal);
    return undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    return asOperatorError(error);
  }
}

function decisionInput(memory: Memory, scale: TargetScale, nowMs: number): DecisionInput {
  return {
    nowMs,
    demand: memory.track.demand(),
    lastSampleMs: memory.track.lastSampleMs,
    missingBecause: memory.missing?.sentence,
    target: { replicas: scale.replicas, ready: scale.readyReplicas, isRollingOut: scale.isRollingOut },
    policy: memory.plan.policy,
    history: historyOf(memory, nowMs, scale.replicas),
  };
}

/** Adds the time since the last pass where demand was above the capacity of the ready replicas; returns it, s. */
function countOverload(line: LineParts, memory: Memory, scale: TargetScale, nowMs: number): number {
  const { plan, track } = memory;
  const isOverloaded = memory.missing === undefined && track.demand().now > scale.readyReplicas * plan.targetPerReplica;
  const sinceMs = Math.max(memory.countedMs, nowMs - 2 * plan.stepMs);
  const seconds = isOverloaded && sinceMs < nowMs ? (nowMs - sinceMs) / 1000 : 0;
  if (seconds > 0) line.metrics.overloaded(plan.namespace, plan.name, seconds);
  memory.countedMs = nowMs;
  return seconds;
}

function observe(memory: Memory, reading: Reading, scale: TargetScale | OperatorError, nowMs: number): void {
  const { track, plan } = memory;
  if (reading.kind === "answer") track.take(reading.series, appliedAt(memory, scale, nowMs));
  else if (reading.kind === "failure") track.skip(newestSlotMs(plan.stepMs, nowMs));
  memory.missing = missingReason(reading, track.lastSampleMs, plan.stepMs, nowMs);
}

/** What was really at the target while the newest slot passed; undefined where it cannot be known. */
function appliedAt(memory: Memory, scale: TargetScale | OperatorError, nowMs: number): Applied | undefined {
  if (scale instanceof OperatorError || Number.isNaN(scale.readyReplicas)) {
    memory.ownSinceMs = undefined;
    return undefined;
  }
  const { plan } = memory;
  const demand = memory.track.demand();
  const isOwn = scale.replicas === demand.wanted && demand.unlimited <= plan.policy.maxReplicas;
  memory.ownSinceMs = isOwn ? (memory.ownSinceMs ?? nowMs) : undefined;
  return { readyReplicas: scale.readyReplicas, ownThroughout: memory.ownSinceMs !== undefined && nowMs - memory.ownSinceMs >= plan.leadMs };
}

function memoryFor(line: LineParts, plan: Plan, nowMs: number): Memory {
  const known = line.memories.get(plan.key);
  if (known !== undefined && known.plan.modelKey === plan.modelKey && known.plan.uid === plan.uid) {
    known.plan = plan;
    return known;
  }
  line.learner.drop(plan.key);
  const fresh = newMemory(plan, newestSlotMs(plan.stepMs, nowMs - FIRST_READ_MS));
  if (known !== undefined && known.plan.uid === plan.uid) {
    fresh.lastScaleMs = known.lastScaleMs;
    fresh.conditions = known.conditions;
  }
  line.memories.set(plan.key, fresh);
  return fresh;
}

/** The overlap is left to the first pass of the new model, so that late samples reach it too. */
function askForModel(line: LineParts, memory: Memory, nowMs: number): void {
  const { plan } = memory;
  if (!wantsModel(memory, nowMs)) return;
  memory.isLearning = true;
  const untilMs = newestSlotMs(plan.stepMs, nowMs) - OVERLAP_STEPS * plan.stepMs;
  line.learner.request(plan, untilMs, (result) => {
    acceptModel(memory, plan.model, result, line.clock.nowMs());
    line.wake(plan.key);
  });
}

function rememberDecision(memory: Memory, decision: Decision, nowMs: number): void {
  const { history, missing, plan } = memory;
  if (history !== undefined) memory.history = remember(history, decision, { nowMs, policy: plan.policy, isMissing: missing !== undefined });
  memory.lastDecision = decision;
  if (decision.kind === "scale") memory.lastScaleMs = nowMs;
}

function forgetModel(line: LineParts, key: string): void {
  line.learner.drop(key);
  line.memories.delete(key);
}

function forget(line: LineParts, key: string): Outcome {
  forgetModel(line, key);
  line.journals.forget(key);
  line.reporter.forget(key);
  return { kind: "waitForChange" };
}

/** The moment of the next decision: when the next slot can be read, plus the scaler's own place in the spread. */
export function nextPassMs(plan: Plan, nowMs: number): number {
  const spreadMs = Math.min(plan.stepMs * SPREAD_SHARE, SPREAD_MAX_MS) * placeOf(plan.uid);
  const offsetMs = settleDelayMs(plan.stepMs) + spreadMs;
  return (Math.floor((nowMs - offsetMs) / plan.stepMs) + 1) * plan.stepMs + offsetMs;
}

/** A number in [0, 1) that depends on the text alone (FNV-1a). */
function placeOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

function stageTimer(metrics: Metrics) {
  return async <T>(stage: Stage, run: () => T | Promise<T>): Promise<T> => {
    const startedMs = monotonicMs();
    try {
      return await run();
    } finally {
      metrics.stage(stage, (monotonicMs() - startedMs) / 1000);
    }
  };
}
