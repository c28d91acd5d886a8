// Situations of a scaler for the tests of explanations: a manifest, a decision with its trace, and what the demand rule saw.
import type { DecisionRecord, Situation } from "../../src/advice/index.ts";
import { parseScaler } from "../../src/api/index.ts";
import type { Reason, ScalerSpec } from "../../src/api/index.ts";

/** A Monday, 03:12 in Berlin. */
export const NOW_MS = Date.UTC(2026, 2, 2, 2, 12);

export function specOf(spec: object = {}): ScalerSpec {
  const parsed = parseScaler({
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { namespace: "shop", name: "checkout", uid: "u1", generation: 1 },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
      minReplicas: 2,
      maxReplicas: 40,
      metric: { query: "sum(rate(requests[5m]))", targetPerReplica: "50" },
      forecast: { timeZone: "Europe/Berlin" },
      ...spec,
    },
  });
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return parsed.scaler.spec;
}

/** A decision in which `reason` was the last word. */
export function decidedBy(reason: Reason, { from = 8, to = 14, message = "" } = {}): DecisionRecord {
  const demand = { rule: "demand", from, to, reason: "ForecastDemand", message: "Demand is forecast to reach 655 within 20m; with a margin of 43 that needs 14 replicas of 50 each." } as const;
  const last = { rule: "lastRule", from: to, to, reason, message };
  return { timeMs: NOW_MS - 30_000, from, to, reason, message, trace: [demand, last] };
}

export function situationOf(given: Partial<Situation> = {}): Situation {
  return {
    namespace: "shop",
    name: "checkout",
    spec: specOf(),
    nowMs: NOW_MS,
    leadMs: 20 * 60_000,
    current: 8,
    decision: decidedBy("ForecastDemand"),
    demand: { kind: "calibrated", now: 402, point: 655, spare: 43, raw: 14 },
    windowOpensMs: NOW_MS + 8 * 60_000,
    conditions: [],
    ...given,
  };
}
