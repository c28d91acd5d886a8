// The controller's own part: how late it is, told while a pass hangs and taken back when the term ends.
import { expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { createController } from "../../src/controller/index.ts";
import type { StoredScaler } from "../../src/controller/index.ts";
import { createMetrics } from "../../src/telemetry/index.ts";

const KEY = "shop/checkout";
const SCALER = {
  apiVersion: "predictivescaler.io/v1alpha1",
  kind: "PredictiveScaler",
  metadata: { name: "checkout", namespace: "shop", uid: "u", generation: 1, resourceVersion: "1" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
    maxReplicas: 40,
    metric: { query: "sum(demand)", targetPerReplica: "50" },
  },
} as StoredScaler;

/** What ends only with its signal. */
const hang = (signal: AbortSignal) => new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true }));

test("while a pass hangs, the delay of decisions grows; once the term is over it is 0", async () => {
  const clock = createManualClock(Date.parse("2026-03-02T00:00:20Z"));
  const metrics = createMetrics();
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const controller = createController({
    clock,
    metrics,
    prometheus: { queryRange: (_, signal) => hang(signal), close() {} },
    scales: { read: async (_namespace, _target, signal) => hang(signal), write: async () => undefined },
    headrooms: { keep: async () => ({ replicas: 0, ready: 0, refused: undefined }), remove: async () => false },
    autoscalers: { read: async () => undefined, hold: async () => undefined, giveBack: async () => "gone" },
    claims: { of: () => undefined, set: async () => undefined, holds: async () => false },
    statuses: { patch: async () => "written" },
    events: { emit() {} },
    log: silent,
    thread: { learn: async () => new Promise<never>(() => undefined), close: async () => undefined },
    random: () => 0.5,
  });
  const delay = async () => Number(/^predictive_scaler_decision_delay_seconds (.+)$/m.exec(await metrics.render())?.[1]);
  expect(await delay()).toBe(0);
  const stop = new AbortController();
  const scalers = { run: async () => undefined, synced: () => true, get: () => SCALER, keys: () => [KEY] };
  const run = controller.run(scalers, stop.signal);
  await clock.advance(75_000);
  expect(await delay()).toBe(75);
  stop.abort();
  await run;
  await clock.advance(10_000);
  expect(await delay()).toBe(0);
});
