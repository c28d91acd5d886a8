// What is exported of a scaler after a pass, as numbers.
import { durationText } from "../api/index.ts";
import type { Decision } from "../decision/index.ts";
import type { TargetScale } from "../kube/index.ts";
import type { ScalerGauges } from "../telemetry/index.ts";
import type { Verdict } from "./conditions.ts";
import type { Memory } from "./memory.ts";
import { EXPORTED_HORIZON_MS } from "./plan.ts";

export function gaugesFor(memory: Memory, scale: TargetScale | undefined, decision: Decision | undefined, conditions: readonly Verdict[]): ScalerGauges {
  const { track, plan } = memory;
  const { forecaster } = track;
  const { stepMs } = plan;
  // The lead, and twenty minutes where a step is no longer than that.
  const leads = [{ ms: plan.leadMs, steps: plan.model.forecast.leadSteps[0] ?? 1 }];
  if (plan.leadMs !== EXPORTED_HORIZON_MS && stepMs <= EXPORTED_HORIZON_MS)
    leads.push({ ms: EXPORTED_HORIZON_MS, steps: Math.round(EXPORTED_HORIZON_MS / stepMs) });
  const { wape, coverage } = forecaster.accuracy();
  const gate = track.gate();
  return {
    demand: memory.missing === undefined ? track.demand().now : NaN,
    forecasts: leads.map(({ ms, steps }) => ({ horizon: durationText(ms), point: forecaster.forecast(steps), upper: forecaster.upper(steps) })),
    replicas: { current: scale?.replicas ?? NaN, desired: decision?.to ?? NaN, ready: scale?.readyReplicas ?? NaN, max: plan.policy.maxReplicas },
    peakReplicas: memory.ahead?.replicas ?? NaN,
    skill: { "6h": gate.skill6h, "24h": gate.skill24h },
    leadSeconds: plan.leadMs / 1000,
    fittedAtSeconds: memory.model.kind === "fitted" ? memory.model.atMs / 1000 : NaN,
    serviceLevelMet: memory.service.met().share,
    wape,
    coverage,
    conditions,
  };
}
