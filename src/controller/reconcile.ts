// The line, for one scaler and one moment: what was asked, what was seen, what is coming, what to do, do it, say so.
// Failures of the metric are inputs of the decision; every other failure is thrown and handled once, in controller.ts.
import { pauseOf } from "../api/index.ts";
import { decide, remember } from "../decision/index.ts";
import type { Decision, DecisionInput, ScaleHistory } from "../decision/index.ts";
import { OperatorError } from "../errors.ts";
import type { Headrooms, Scales, TargetScale } from "../kube/index.ts";
import type { PrometheusClient } from "../prometheus/index.ts";
import type { Metrics } from "../telemetry/index.ts";
import { findConflict, mayHaveWritten, noticeDisturbance, wroteReplicas } from "./conflicts.ts";
import type { ConflictParts } from "./conflicts.ts";
import { keepHeadroom, replicasWithRoom } from "./headroom.ts";
import type { Journals } from "./journal.ts";
import { askForModel, memoryFor } from "./learning.ts";
import type { LearningParts } from "./learning.ts";
import { historyOf } from "./memory.ts";
import type { Memory } from "./memory.ts";
import { countOverload, observe } from "./observation.ts";
import { followed, served } from "./outputs/external.ts";
import type { OutputPass, OutputState } from "./outputs/output.ts";
import type { Outputs } from "./outputs/outputs.ts";
import { pauseInput, untilChangeMs } from "./people.ts";
import { parsedOf } from "./parsed.ts";
import { readSlots, settleDelayMs } from "./reading.ts";
import type { Plan } from "./plan.ts";
import type { Reporter } from "./report.ts";
import { stageTimer } from "./stage-timer.ts";
import type { StoredScaler } from "./stored-scaler.ts";
import { asOperatorError } from "./failure.ts";

/**
 * Decisions of different scalers are spread over so long a scaler, ms: about twice what one takes of a processor, so that no decision waits for others.
 * A thousand are done 5 s after the slot can be read, ten thousand 50 s.
 */
const SPREAD_PER_SCALER_MS = 5;
/** A few are spread over this, for the sake of their servers, ms. */
const SPREAD_LEAST_MS = 5_000;
/** Shares of the step that a few, and that any number are spread over at most. */
const SPREAD_LEAST_SHARE = 1 / 6;
const SPREAD_MOST_SHARE = 5 / 6;

/** A sample is at most two steps old when it is decided on; what is older than so many steps lowers nothing. */
const BEHIND_STEPS = 4;

/** Attempts to write while the target keeps changing; after them the pass fails and backs off. */
const WRITE_ATTEMPTS = 4;

/** What every pass works with. */
export interface LineParts extends LearningParts, ConflictParts {
  readonly prometheus: PrometheusClient;
  readonly scales: Scales;
  readonly outputs: Outputs;
  readonly headrooms: Headrooms;
  readonly reporter: Reporter;
  readonly journals: Journals;
  readonly metrics: Metrics;
  /** Resolves when it is this pass's turn to work on: passes that become ready together take turns with timers and sockets. */
  readonly turn: () => Promise<void>;
}

/** Where a pass ends: the scaler is gone or wrong (wait for a change), or the next pass is due after a duration. */
export type Outcome = { readonly kind: "waitForChange" } | { readonly kind: "again"; readonly afterMs: number };

export async function reconcile(line: LineParts, stored: StoredScaler | undefined, key: string, signal: AbortSignal): Promise<Outcome> {
  if (stored === undefined) return forget(line, key);
  if (stored.metadata.deletionTimestamp !== undefined) return end(line, stored, key, signal);
  await line.turn();
  const nowMs = line.clock.nowMs();
  const parsed = parsedOf(stored);
  if (parsed.kind === "invalid") {
    forgetModel(line, key);
    line.reporter.invalid(stored, parsed.problems, nowMs);
    return { kind: "waitForChange" };
  }
  const memory = memoryFor(line, parsed.scaler, stored, nowMs);
  const { plan } = memory;
  const stage = stageTimer(line.metrics);
  const reading = await stage("samples", () => readSlots(line.prometheus, plan, memory.track.settledMs, nowMs, signal));
  const scale = await stage("scale", () => readScale(line, memory, signal));
  await line.turn();
  await stage("forecast", () => observe(memory, reading, scale, nowMs, line.metrics));
  askForModel(line, memory, parsed.scaler, nowMs);
  const acted = scale instanceof OperatorError ? { failure: scale } : await act(line, stored, memory, scale, signal);
  let shortSeconds = 0;
  if (acted.decision !== undefined) {
    rememberDecision(memory, acted.scale, acted.decision, nowMs);
    shortSeconds = countOverload(memory, acted.scale, nowMs, line.metrics);
    line.metrics.decision(acted.decision.reason);
  }
  const paused = pauseOf(stored.metadata.annotations, nowMs).scaleOut;
  await keepHeadroom(line.headrooms, memory, { nowMs, replicas: replicasWithRoom(scale, acted.decision), isPaused: paused }, signal);
  line.journals.take({ memory, nowMs, shortSeconds, ...acted });
  line.reporter.pass({ stored, memory, nowMs, ...acted });
  if (acted.failure !== undefined) throw acted.failure;
  const endMs = line.clock.nowMs();
  const nextMs = nextPassMs(plan, endMs, line.memories.size) - endMs;
  return { kind: "again", afterMs: Math.min(nextMs, limitEndsMs(plan, acted.decision), untilChangeMs(stored, plan, endMs)) };
}

/** What came of a pass after its samples were in: a decision that was carried out, or why there is none. */
type Acted =
  | { readonly scale: TargetScale; readonly decision: Decision; readonly failure?: undefined }
  | { readonly failure: OperatorError; readonly decision?: undefined };

/** Decides and writes. A target that changed in between is read and decided on anew: its status changes at any time. */
async function act(line: LineParts, stored: StoredScaler, memory: Memory, first: TargetScale, signal: AbortSignal): Promise<Acted> {
  const stage = stageTimer(line.metrics);
  let scale = first;
  for (let attempt = 1; ; attempt++) {
    const unseen = await lookForOthers(line, stored, memory, scale, signal);
    if (unseen !== undefined) return { failure: unseen };
    const output = await readOutput(line, { stored, plan: memory.plan, scale, nowMs: line.clock.nowMs() }, signal);
    if (output instanceof OperatorError) return { failure: output };
    if (output.changed !== undefined) noticeDisturbance(memory, output.changed, line.clock.nowMs());
    const input = decisionInput(memory, scale, output, line.clock.nowMs());
    const decided = await stage("decision", () => decide({ ...input, pause: pauseInput(stored, input.nowMs), conflict: memory.rivalry.conflict }));
    const decision = memory.plan.output.type === "External" ? served(decided, memory.lastDecision) : decided;
    if (decision.kind !== "scale") return { scale, decision };
    const failure = await stage("actuate", () => write(output, decision.to, signal));
    if (failure === undefined) {
      wroteReplicas(memory, scale, decision.to);
      return { scale, decision };
    }
    if (failure.reason !== "Conflict") mayHaveWritten(memory);
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

/** Sees who else scales the target; a failure if that cannot be seen. */
async function lookForOthers(line: LineParts, stored: StoredScaler, memory: Memory, scale: TargetScale, signal: AbortSignal) {
  try {
    await findConflict(line, { memory, stored, scale, nowMs: line.clock.nowMs() }, signal);
    return undefined;
  } catch (error) {
    return failureOf(error, signal);
  }
}

/** Where the number goes, or why that cannot be read. */
async function readOutput({ outputs }: LineParts, pass: OutputPass, signal: AbortSignal): Promise<OutputState | OperatorError> {
  try {
    return await outputs.read(pass, signal);
  } catch (error) {
    return failureOf(error, signal);
  }
}

/** Writes the number; the failure, if any, is what the pass reports. */
async function write(output: OutputState, replicas: number, signal: AbortSignal): Promise<OperatorError | undefined> {
  try {
    await output.write(replicas, signal);
    return undefined;
  } catch (error) {
    return failureOf(error, signal);
  }
}

/** What the pass reports of a failed call. Whoever does not lead any more reports nothing. */
function failureOf(error: unknown, signal: AbortSignal): OperatorError {
  const failure = asOperatorError(error);
  if (signal.aborted || failure.reason === "NotLeader") throw failure;
  return failure;
}

/** Why what was seen is too old to lower on, however it came about: a slow answer, a busy or stopped machine. Undefined while it is not. */
function behind({ track, plan }: Memory, nowMs: number): string | undefined {
  const ageMs = nowMs - track.liveMs;
  if (ageMs <= BEHIND_STEPS * plan.stepMs + settleDelayMs(plan.stepMs)) return undefined;
  return `The newest ${Math.round(ageMs / 60_000)} minutes have not been looked at: the operator is behind.`;
}

function decisionInput(memory: Memory, scale: TargetScale, { replicas, autoscaler }: OutputState, nowMs: number): DecisionInput {
  return {
    nowMs,
    demand: memory.track.demand(),
    expectedAtMost: memory.expectations.atMost,
    lastSampleMs: memory.track.lastSampleMs,
    missingBecause: memory.missing?.sentence ?? behind(memory, nowMs),
    target: { replicas, ready: scale.readyReplicas, isRollingOut: scale.isRollingOut },
    policy: autoscaler === undefined ? memory.plan.policy : { ...memory.plan.policy, autoscaler },
    history: historyNow(memory, replicas, nowMs),
  };
}

/** What has been done so far. Where others carry decisions out, what the target shows of them counts. */
function historyNow(memory: Memory, replicas: number, nowMs: number): ScaleHistory {
  const history = historyOf(memory, nowMs, replicas);
  return memory.plan.output.type === "External" ? followed(history, memory.lastDecision, replicas, nowMs) : history;
}

function rememberDecision(memory: Memory, scale: TargetScale, decision: Decision, nowMs: number): void {
  const { missing, plan } = memory;
  // What is only served is done when the target shows it.
  const done: Decision = plan.output.type === "External" ? { ...decision, kind: "hold" } : decision;
  memory.history = remember(historyNow(memory, decision.from, nowMs), done, { nowMs, policy: plan.policy, isMissing: missing !== undefined });
  memory.lastDecision = decision;
  if (decision.kind !== "scale") return;
  memory.lastScaleMs = nowMs;
  // A floor below what the target has asks for no pod.
  if (plan.output.type === "Scale" || decision.to > scale.replicas) memory.readiness.asked(decision.to, nowMs);
}

/** The scaler is being deleted: what it keeps besides its target is given back, and nothing else is done for it. */
async function end(line: LineParts, stored: StoredScaler, key: string, signal: AbortSignal): Promise<Outcome> {
  try {
    await line.outputs.letGo(stored, signal);
  } catch (error) {
    const failure = failureOf(error, signal);
    line.reporter.stuck(stored, failure);
    throw failure;
  }
  return forget(line, key);
}

function forgetModel(line: LineParts, key: string): void {
  line.learner.drop(key);
  line.memories.delete(key);
}

async function forget(line: LineParts, key: string): Promise<Outcome> {
  forgetModel(line, key);
  line.journals.forget(key);
  await line.reporter.forget(key);
  return { kind: "waitForChange" };
}

/** The moment of the next decision: when the next slot can be read, plus the scaler's own place in the spread of `scalers`. */
export function nextPassMs(plan: Plan, nowMs: number, scalers: number): number {
  const leastMs = Math.min(plan.stepMs * SPREAD_LEAST_SHARE, SPREAD_LEAST_MS);
  const spreadMs = Math.min(plan.stepMs * SPREAD_MOST_SHARE, Math.max(leastMs, scalers * SPREAD_PER_SCALER_MS)) * plan.place;
  const offsetMs = settleDelayMs(plan.stepMs) + spreadMs;
  return (Math.floor((nowMs - offsetMs) / plan.stepMs) + 1) * plan.stepMs + offsetMs;
}
