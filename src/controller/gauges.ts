// What is exported of a scaler after a pass, as numbers.
import { durationText } from "../api/index.ts";
import { timeToReadyMs } from "../decision/index.ts";
import type { Decision } from "../decision/index.ts";
import type { TargetScale } from "../kube/index.ts";
import type { ScalerGauges } from "../telemetry/index.ts";
import type { Verdict } from "./conditions.ts";
import type { Memory } from "./memory.ts";
import { EXPORTED_HORIZON_MS } from "./plan.ts";
import type { Plan } from "./plan.ts";
import { forecastAt } from "./track.ts";

/** The target utilisation that most HPAs have, and the one that `backtest` compares with. */
const REACTIVE_UTILISATION = 0.8;

export function gaugesFor(memory: Memory, scale: TargetScale | undefined, decision: Decision | undefined, conditions: readonly Verdict[]): ScalerGauges {
  const { track, plan } = memory;
  const { outlook } = track;
  const { stepMs } = plan;
  // The lead, and twenty minutes where a step is no longer than that.
  const leads = [{ ms: plan.leadMs, steps: plan.model.forecast.leadSteps[0] ?? 1 }];
  if (plan.leadMs !== EXPORTED_HORIZON_MS && stepMs <= EXPORTED_HORIZON_MS)
    leads.push({ ms: EXPORTED_HORIZON_MS, steps: Math.round(EXPORTED_HORIZON_MS / stepMs) });
  const { wape, coverage } = outlook.accuracy;
  const gate = track.gate();
  const demand = memory.missing === undefined ? track.demand().now : NaN;
  const { observations } = memory.readiness;
  return {
    demand,
    targetPerReplica: plan.targetPerReplica,
    forecasts: leads.map(({ ms, steps }) => {
      const { point, upper } = forecastAt(outlook, steps);
      return { horizon: durationText(ms), point, upper };
    }),
    replicas: {
      current: scale?.replicas ?? NaN,
      desired: decision?.to ?? NaN,
      ready: scale?.readyReplicas ?? NaN,
      max: plan.policy.maxReplicasCeiling ?? plan.policy.maxReplicas,
      reactive: reactiveReplicas(demand, plan),
    },
    peakReplicas: memory.ahead?.replicas ?? NaN,
    peakAtSeconds: (memory.ahead?.timeMs ?? NaN) / 1000,
    skill: { "6h": gate.skill6h, "24h": gate.skill24h },
    leadSeconds: plan.leadMs / 1000,
    timeToReadySeconds: { last: (observations.at(-1) ?? NaN) / 1000, high: timeToReadyMs(observations) / 1000 },
    fittedAtSeconds: memory.model.kind === "fitted" ? memory.model.atMs / 1000 : NaN,
    serviceLevelTarget: plan.serviceLevel,
    serviceLevelMet: memory.service.met().share,
    wape,
    coverage,
    headroom: memory.plan.nodeHeadroom === undefined ? undefined : { wanted: memory.headroom.replicas, ready: memory.headroom.ready },
    conditions,
    decided: decision?.reason,
  };
}

/** Of a manifest that cannot be used nothing is known but that. */
export function gaugesOfInvalid(conditions: readonly Verdict[]): ScalerGauges {
  return {
    demand: NaN,
    targetPerReplica: NaN,
    forecasts: [],
    replicas: { current: NaN, desired: NaN, ready: NaN, max: NaN, reactive: NaN },
    peakReplicas: NaN,
    peakAtSeconds: NaN,
    skill: { "6h": NaN, "24h": NaN },
    leadSeconds: NaN,
    timeToReadySeconds: { last: NaN, high: NaN },
    fittedAtSeconds: NaN,
    serviceLevelTarget: NaN,
    serviceLevelMet: NaN,
    wape: NaN,
    coverage: NaN,
    conditions,
    decided: undefined,
  };
}

/** What an HPA that knows only the demand of now comes to, before its tolerance and windows. */
function reactiveReplicas(demand: number, { targetPerReplica, policy }: Plan): number {
  const wanted = Math.ceil(demand / (REACTIVE_UTILISATION * targetPerReplica) - 1e-9);
  return Math.min(policy.maxReplicas, Math.max(policy.minReplicas, wanted));
}
