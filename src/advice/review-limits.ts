// Reviews of what bounds the replicas: minReplicas, maxReplicas, and the policies of behavior.
import { replicasText } from "../decision/index.ts";
import { percent } from "./advice.ts";
import type { Advice } from "./advice.ts";
import type { Evidence } from "./evidence.ts";

/** A bound that is touched for less of the time than this is not worth a word. */
const WORTH_SAYING = 0.001;
/** Room above the highest need: demand of tomorrow is not that of yesterday. */
const HEADROOM = 1.25;
/** A maximum so many times the highest need protects from nothing. */
const FAR = 5;
const MINIMUM_DECIDES = 0.5;
/** Savings below this share are not worth a change. */
const WORTH_SAVING = 0.05;

/** Replicas that each present sample needs by itself, ascending. */
function needsOf({ trace, spec }: Evidence): number[] {
  const present = [...trace.values].filter((value) => !Number.isNaN(value));
  return present.map((value) => Math.ceil(value / spec.metric.targetPerReplica - 1e-9)).toSorted((a, b) => a - b);
}

export function reviewMaximum(evidence: Evidence): Advice[] {
  // Where a breach of the maximum raises, the ceiling is what nothing goes above.
  const { maxReplicas: usual, maxReplicasCeiling } = evidence.spec;
  const [field, maxReplicas] = maxReplicasCeiling === undefined ? (["maxReplicas", usual] as const) : (["maxReplicasCeiling", maxReplicasCeiling] as const);
  const needs = needsOf(evidence);
  const most = needs.at(-1) ?? 0;
  const share = needs.filter((need) => need > maxReplicas).length / Math.max(1, needs.length);
  const peak = evidence.peakReplicas;
  const wanted = Math.ceil(Math.max(most, Number.isNaN(peak) ? 0 : peak) * HEADROOM);
  if (share > WORTH_SAYING || peak > maxReplicas) {
    const seen =
      share > WORTH_SAYING ? `Demand needed more than ${field} (${maxReplicas}) in ${percent(share)} of the time, up to ${replicasText(most)}.` : "";
    const ahead = peak > maxReplicas ? ` The forecast peak of the next day needs ${replicasText(peak)}; ${field} is ${maxReplicas}.` : "";
    const change = `Raise ${field} to ${wanted}, if the cluster and what stands behind the workload can bear it.`;
    return [
      {
        topic: "maxReplicas",
        severity: "serious",
        finding: (seen + ahead).trim(),
        why: `Above ${field} nothing can be added, however early the demand is foreseen.`,
        change,
        patch: { spec: { [field]: wanted } },
      },
    ];
  }
  if (most === 0 || maxReplicas < FAR * wanted || maxReplicas <= evidence.spec.minReplicas) return [];
  const lower = Math.max(maxReplicasCeiling === undefined ? evidence.spec.minReplicas : usual, 2 * wanted);
  if (lower >= maxReplicas) return [];
  const finding = `Demand never needed more than ${replicasText(most)}; ${field} is ${maxReplicas}.`;
  const why = "A metric that goes wrong (a unit, a label, a loop) could ask for all of them.";
  return [{ topic: "maxReplicas", severity: "notice", finding, why, change: `Lower ${field} to ${lower}.`, patch: { spec: { [field]: lower } } }];
}

export function reviewMinimum(evidence: Evidence): Advice[] {
  const { minReplicas } = evidence.spec;
  const needs = needsOf(evidence);
  const below = needs.filter((need) => need < minReplicas).length / Math.max(1, needs.length);
  const total = needs.reduce((sum, need) => sum + Math.max(need, minReplicas), 0);
  const spare = needs.reduce((sum, need) => sum + Math.max(0, minReplicas - need), 0);
  const lower = Math.max(1, needs[Math.floor(0.05 * needs.length)] ?? 1);
  if (minReplicas <= 2 || below < MINIMUM_DECIDES || lower >= minReplicas || spare < WORTH_SAVING * total) return [];
  const quiet = `in the quietest twentieth it needs ${replicasText(lower)} or fewer`;
  const finding = `minReplicas (${minReplicas}) is more than demand needs in ${percent(below)} of the time; ${quiet}.`;
  const why = `At most ${percent(spare / total)} of the pod-hours are there for minReplicas alone. Keep it if it is there for availability.`;
  const patch = { spec: { minReplicas: Math.max(2, lower) } };
  return [{ topic: "minReplicas", severity: "worthwhile", finding, why, change: `Lower minReplicas to ${patch.spec.minReplicas}.`, patch }];
}

export function reviewBehavior({ spec, replay }: Evidence): Advice[] {
  if (replay === undefined) return [];
  const { overloadedShare, pacedOverloadedShare, pacedShare } = replay;
  const allowed = 1 - spec.forecast.serviceLevel;
  const window = spec.behavior.scaleUp.stabilizationWindowSeconds;
  if (spec.behavior.scaleUp.selectPolicy === "Disabled") {
    const finding = "behavior.scaleUp.selectPolicy is Disabled.";
    const why = "No replica is ever added, whatever is forecast.";
    return [
      { topic: "behavior", severity: "serious", finding, why, change: "Set it to Max.", patch: { spec: { behavior: { scaleUp: { selectPolicy: "Max" } } } } },
    ];
  }
  if (pacedOverloadedShare - overloadedShare > 0.1 * allowed || pacedShare > 0.05) {
    const serious = pacedOverloadedShare > Math.max(allowed, overloadedShare);
    const cost = `demand would have been above the ready replicas in ${percent(pacedOverloadedShare)} of the time, without them in ${percent(overloadedShare)}`;
    const finding = `The policies of behavior.scaleUp held replicas back in ${percent(pacedShare)} of the time: ${cost}.`;
    const patch = { spec: { behavior: { scaleUp: { stabilizationWindowSeconds: 0, policies: null } } } };
    const change = "Remove behavior.scaleUp.policies and its window: the forecast already smooths, and the defaults allow 100 % or 4 replicas in 15s.";
    return [
      { topic: "behavior", severity: serious ? "serious" : "worthwhile", finding, why: "What the forecast asks for in time then comes late.", change, patch },
    ];
  }
  if (window === 0) return [];
  const finding = `behavior.scaleUp.stabilizationWindowSeconds is ${window}.`;
  const patch = { spec: { behavior: { scaleUp: { stabilizationWindowSeconds: 0 } } } };
  return [
    {
      topic: "behavior",
      severity: "worthwhile",
      finding,
      why: `A raise comes ${window} seconds later than the forecast asks for it.`,
      change: "Set it to 0.",
      patch,
    },
  ];
}
