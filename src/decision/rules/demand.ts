// What the demand asks for, and how the scale-down window and tolerance that the margin is calibrated with change it.
// Invariant: these two are applied once, in the demand rule; here they are only told.
import type { DecisionInput } from "../decision.ts";
import { durationText, numberText, replicasText } from "../wording.ts";
import { eventWords } from "./event-words.ts";
import { heldReplicas, isMetricMissing } from "./rule.ts";
import type { Rule, Verdict } from "./rule.ts";

/** The first entry of every trace. */
export const demandRule: Rule = { name: "demand", apply: (_replicas, input) => rawDemand(input) };

function rawDemand(input: DecisionInput): Verdict {
  const { demand, target } = input;
  if (demand.kind === "missing") {
    const why = input.missingBecause ?? missingFor(input);
    return { to: target.replicas, reason: "MetricMissing", message: `${why} The target stays at ${replicasText(target.replicas)}.` };
  }
  const { point, margin, scale, now, unlimited, targetPerReplica } = demand;
  const needs = `needs ${replicasText(unlimited)} of ${numberText(targetPerReplica)} each`;
  if (demand.kind === "reactive") {
    const message = `Demand is ${numberText(now)}; until a day of history is known, that ${needs}, filled to 80 %.`;
    return { to: demand.raw, reason: "CurrentDemand", message };
  }
  if (demand.present && now > input.expectedAtMost) {
    const above = `Demand is ${numberText(now)}, above the ${numberText(input.expectedAtMost)} that was to be expected at most (99.9 %)`;
    return { to: demand.raw, reason: "DemandAboveForecast", message: `${above}; at once that ${needs}.` };
  }
  const spare = margin * scale;
  if (demand.control === "demand") {
    const message = `The forecast has lost control: demand is ${numberText(now)}; with a margin of ${numberText(Math.max(0, spare))} that ${needs}.`;
    return { to: demand.raw, reason: "CurrentDemand", message };
  }
  if (point + spare <= now) {
    return { to: demand.raw, reason: "CurrentDemand", message: `Demand is ${numberText(now)}, no less than what is forecast; that ${needs}.` };
  }
  const events = eventWords(input.policy, input.nowMs, input.nowMs + demand.leadMs);
  const forecast = `Demand is forecast to reach ${numberText(point)} within ${durationText(demand.leadMs)}${events}`;
  const withMargin = spare < 0 ? `less ${numberText(-spare)} that the service level can spare` : `with a margin of ${numberText(spare)}`;
  return { to: demand.raw, reason: "ForecastDemand", message: `${forecast}; ${withMargin} that ${needs}.` };
}

function missingFor({ lastSampleMs, nowMs }: DecisionInput): string {
  return Number.isNaN(lastSampleMs) ? "There has been no sample yet." : `There has been no sample for ${durationText(nowMs - lastSampleMs)}.`;
}

export const scaleDownWindow: Rule = {
  name: "scaleDownWindow",
  apply(replicas, { demand, policy }) {
    if (demand.kind === "missing" || demand.stabilized <= replicas) return undefined;
    const window = durationText(policy.scaleDown.stabilizationWindowSeconds * 1000);
    const message = `Within the last ${window} demand needed ${replicasText(demand.stabilized)}; nothing is lowered below that before the window has passed.`;
    return { to: demand.stabilized, reason: "ScaleDownStabilized", message };
  },
};

export const scaleDownTolerance: Rule = {
  name: "scaleDownTolerance",
  apply(replicas, { demand, policy }) {
    if (demand.kind === "missing" || demand.wanted <= replicas) return undefined;
    if (!demand.present) {
      const message = `The newest sample is missing: what the last one needed, ${replicasText(demand.wanted)}, is kept.`;
      return { to: demand.wanted, reason: "MetricMissing", message };
    }
    const share = numberText(policy.scaleDown.tolerance * 100);
    const message = `${replicas} is within ${share} % of ${demand.wanted}; so small a change is not worth it.`;
    return { to: demand.wanted, reason: "WithinTolerance", message };
  },
};

/** Until a day of history is known, what was there at the start is the best guess of what is needed. */
export const reactiveStart: Rule = {
  name: "reactiveStart",
  apply(replicas, { demand, history }) {
    if (demand.kind !== "reactive" || replicas >= history.startReplicas) return undefined;
    const message = `Until a day of history is known, the target keeps at least the ${replicasText(history.startReplicas)} that it had at the start.`;
    return { to: history.startReplicas, reason: "RestartGuard", message };
  },
};

/** Less is asked for than there is, on a demand that is not seen: what is there stays. Raises on the forecast go on. */
export const missingMetric: Rule = {
  name: "missingMetric",
  apply(replicas, input) {
    const held = heldReplicas(input);
    if (replicas >= held || (input.demand.present && !isMetricMissing(input))) return undefined;
    const why = input.missingBecause ?? "The newest sample is missing.";
    return { to: held, reason: "MetricMissing", message: `${why} Nothing is lowered on what is not seen: the target stays at ${replicasText(held)}.` };
  },
};

/** Once the metric has been missing long enough, at least the fallback's replicas. Only raises. */
export const fallback: Rule = {
  name: "fallback",
  apply(replicas, input) {
    const { policy, lastSampleMs, nowMs, history } = input;
    if (policy.fallback === undefined || (input.demand.present && !isMetricMissing(input))) return undefined;
    const missingMs = nowMs - (Number.isNaN(lastSampleMs) ? history.startedMs : lastSampleMs);
    if (missingMs < policy.fallback.afterMs || replicas >= policy.fallback.replicas) return undefined;
    const message = `The metric has been missing for ${durationText(missingMs)}; the fallback asks for at least ${replicasText(policy.fallback.replicas)}.`;
    return { to: policy.fallback.replicas, reason: "Fallback", message };
  },
};
