// Pods as a model: what a Deployment asks for becomes Ready after a delay of the clock, removal is at once.
// Status follows as the real controllers write it, and the record says what was asked for and what was ready when.
import type { Clock } from "../../clock.ts";
import { rfc3339 } from "../../clock.ts";
import { isEqual, number, part } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { Resource } from "./resources.ts";
import { keyOf } from "./store.ts";
import type { Change, Store } from "./store.ts";

/** From `timeMs` on, so many replicas were asked for and so many were ready. */
export interface ReplicaRecord {
  readonly timeMs: number;
  readonly asked: number;
  readonly ready: number;
}

export interface Workloads {
  /** The record of `namespace/name` in the order of time; empty if there was none. */
  record(key: string): readonly ReplicaRecord[];
}

interface Workload {
  /** When each pod is or was Ready, unix ms, ascending. */
  readyAtMs: number[];
  readonly record: ReplicaRecord[];
}

/** Runs the Deployments of the store. `readyDelayMs` is in the clock's time. */
export function runWorkloads(parts: { store: Store; clock: Clock; deployments: Resource; readyDelayMs: number }): Workloads {
  const { store, clock, deployments, readyDelayMs } = parts;
  const workloads = new Map<string, Workload>();
  const settle = (key: string, nowMs: number) => {
    const stored = store.get(deployments, key);
    const workload = workloads.get(key);
    if (stored === undefined || workload === undefined) return;
    const asked = number(part(stored, "spec"), "replicas", 1);
    const ready = workload.readyAtMs.filter((atMs) => atMs <= nowMs).length;
    const [last] = workload.record.slice(-1);
    if (last?.asked !== asked || last.ready !== ready) workload.record.push({ timeMs: nowMs, asked, ready });
    const status = statusOf(stored, asked, ready, nowMs);
    if (!isEqual(stored["status"], status)) store.put(deployments, { ...stored, status });
  };
  const resize = (key: string, asked: number) => {
    const nowMs = clock.nowMs();
    const workload = workloads.get(key) ?? { readyAtMs: [], record: [] };
    workloads.set(key, workload);
    const before = workload.readyAtMs.length;
    if (asked < before) workload.readyAtMs = workload.readyAtMs.slice(0, asked); // the youngest go first
    for (let i = before; i < asked; i++) workload.readyAtMs.push(nowMs + readyDelayMs);
    settle(key, nowMs);
    if (asked > before) clock.after(readyDelayMs, () => settle(key, nowMs + readyDelayMs));
  };
  store.listen(({ resource, type, object, before }: Change) => {
    if (resource !== deployments) return;
    const key = keyOf(object);
    if (type === "DELETED") return void workloads.delete(key);
    const generation = number(part(object, "metadata"), "generation", 1);
    if (before !== undefined && number(part(before, "metadata"), "generation", 1) === generation) return;
    resize(key, number(part(object, "spec"), "replicas", 1));
  });
  return { record: (key) => workloads.get(key)?.record ?? [] };
}

function statusOf(object: JsonObject, asked: number, ready: number, nowMs: number): JsonObject {
  const status = part(object, "status");
  const isComplete = ready >= asked;
  const old = Array.isArray(status["conditions"]) ? (status["conditions"] as JsonObject[]) : [];
  const condition = (type: string, holds: boolean, reason: string, message: string) => {
    const before = old.find((one) => one["type"] === type);
    const value = holds ? "True" : "False";
    const sinceMs = before?.["status"] === value ? before["lastTransitionTime"] : rfc3339(nowMs);
    return { type, status: value, reason, message, lastTransitionTime: sinceMs, lastUpdateTime: sinceMs };
  };
  return {
    observedGeneration: part(object, "metadata")["generation"],
    ...(asked > 0 ? { replicas: asked, updatedReplicas: asked } : {}),
    ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
    ...(isComplete ? {} : { unavailableReplicas: asked - ready }),
    conditions: [
      condition("Available", isComplete, isComplete ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable", ""),
      condition("Progressing", true, "NewReplicaSetAvailable", "The ReplicaSet has successfully progressed."),
    ],
  };
}
