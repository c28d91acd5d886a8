// A scaler and a seeded demand for the controller's tests.
import { parseScaler } from "../../src/api/index.ts";
import { planFor } from "../../src/controller/plan.ts";
import type { Plan } from "../../src/controller/plan.ts";
import type { Series } from "../../src/series/index.ts";

export const MINUTE_MS = 60_000;
export const DAY_MS = 1440 * MINUTE_MS;
/** A Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2026, 0, 5);

export function planOf(spec: object = {}, uid = "u1"): Plan {
  const parsed = parseScaler({
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { namespace: "shop", name: "checkout", uid, generation: 1 },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
      maxReplicas: 40,
      metric: { query: "sum(rate(requests[2m]))", targetPerReplica: "50", step: "5m" },
      ...spec,
    },
  });
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return planFor(parsed.scaler);
}

/** Requests a second with a day's shape and a little noise that depends on the moment alone. */
export function demandAt(timeMs: number): number {
  const day = Math.sin((2 * Math.PI * (timeMs - START_MS)) / DAY_MS);
  const noise = Math.sin(timeMs / 7_777_777) + Math.sin(timeMs / 1_234_567);
  return 500 + 300 * day + 10 * noise;
}

export function seriesOf(startMs: number, length: number, stepMs: number, value = demandAt): Series {
  return { startMs, stepMs, values: Float64Array.from({ length }, (_, i) => value(startMs + i * stepMs)) };
}
