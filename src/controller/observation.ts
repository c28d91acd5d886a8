// What a pass takes into memory before it decides: samples, what is unusual about them, the target's readiness, and how well demand was covered.
// Invariant: nothing here decides; what could not be seen is kept as unknown, never as zero.
import type { Applied } from "../decision/index.ts";
import { OperatorError } from "../errors.ts";
import type { Anomaly } from "../forecast/index.ts";
import type { TargetScale } from "../kube/index.ts";
import type { Metrics } from "../telemetry/index.ts";
import type { Memory } from "./memory.ts";
import { peakAhead } from "./peak-ahead.ts";
import { missingReason, newestSlotMs } from "./reading.ts";
import type { Reading } from "./reading.ts";

/** For so long an unusual sample is shown, ms. */
export const FINDING_SHOWN_MS = 3_600_000;

/** Takes what was read of the metric and of the target. */
export function observe(memory: Memory, reading: Reading, scale: TargetScale | OperatorError, nowMs: number, metrics: Metrics): void {
  const { track, plan } = memory;
  const isNew = reading.kind === "answer" && newestSlotMs(plan.stepMs, nowMs) > track.liveMs;
  if (!(scale instanceof OperatorError)) memory.readiness.seen(scale, nowMs);
  if (reading.kind === "answer") track.take(reading.series, appliedAt(memory, scale, nowMs));
  else if (reading.kind === "failure") track.skip(newestSlotMs(plan.stepMs, nowMs));
  memory.missing = missingReason(reading, track.lastSampleMs, plan.stepMs, nowMs);
  memory.expectations.take(track.liveMs, memory.model.kind === "fitted" ? track.outlook.atMost : NaN);
  if (isNew) find(memory, track.outlook.anomaly, nowMs, metrics);
  memory.ahead = peakAhead(memory);
}

/** Keeps the newest finding and counts each once: a run of shifted or stuck samples is one. */
function find(memory: Memory, anomaly: Anomaly | undefined, nowMs: number, metrics: Metrics): void {
  if (anomaly === undefined || memory.model.kind !== "fitted") return;
  const before = memory.finding?.anomaly;
  const isSame = before !== undefined && anomaly.kind !== "outlier" && before.kind === anomaly.kind && before.sinceMs === anomaly.sinceMs;
  // Of an hour the most unusual one is shown.
  const isLess = anomaly.kind === "outlier" && before !== undefined && before.kind !== "stuck" && anomaly.sizeInMae <= before.sizeInMae;
  if (!isLess || nowMs - (memory.finding?.atMs ?? NaN) > FINDING_SHOWN_MS) memory.finding = { anomaly, atMs: nowMs };
  if (!isSame) metrics.anomaly(memory.plan.namespace, memory.plan.name, anomaly.kind);
}

/** What was really at the target while the newest slot passed; undefined where it cannot be known. */
function appliedAt(memory: Memory, scale: TargetScale | OperatorError, nowMs: number): Applied | undefined {
  if (scale instanceof OperatorError || Number.isNaN(scale.readyReplicas)) {
    memory.ownSinceMs = undefined;
    return undefined;
  }
  const { plan } = memory;
  const demand = memory.track.demand();
  const isOwn = scale.replicas === demand.wanted && demand.unlimited <= plan.model.demand.maxReplicas;
  memory.ownSinceMs = isOwn ? (memory.ownSinceMs ?? nowMs) : undefined;
  return { readyReplicas: scale.readyReplicas, ownThroughout: memory.ownSinceMs !== undefined && nowMs - memory.ownSinceMs >= plan.leadMs };
}

/** Books the time since the last pass as covered or not; returns for how long demand was above the capacity of the ready replicas, s. */
export function countOverload(memory: Memory, scale: TargetScale, nowMs: number, metrics: Metrics): number {
  const { plan, track } = memory;
  const sinceMs = Math.max(memory.countedMs, nowMs - 2 * plan.stepMs);
  memory.countedMs = nowMs;
  if (memory.missing !== undefined || Number.isNaN(scale.readyReplicas) || !(sinceMs < nowMs)) return 0;
  const isOverloaded = track.demand().now > scale.readyReplicas * plan.targetPerReplica;
  const seconds = (nowMs - sinceMs) / 1000;
  memory.service.take(nowMs, seconds, !isOverloaded);
  if (!isOverloaded) return 0;
  metrics.overloaded(plan.namespace, plan.name, seconds);
  return seconds;
}
