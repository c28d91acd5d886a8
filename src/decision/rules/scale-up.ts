// How fast and how soon the target may grow: tolerance, stabilisation window and policies with the semantics of autoscaling/v2.
// Invariant: none of these answers less than the replicas that are there.
import { durationText, numberText, replicasText } from "../wording.ts";
import { isPaced, policyLimit } from "./policy-limit.ts";
import type { Rule } from "./rule.ts";

export const scaleUpTolerance: Rule = {
  name: "scaleUpTolerance",
  apply(replicas, { target, policy }) {
    const { tolerance } = policy.scaleUp;
    if (tolerance <= 0 || replicas <= target.replicas || replicas > target.replicas * (1 + tolerance)) return undefined;
    const message = `${replicas} is within ${numberText(tolerance * 100)} % of the ${replicasText(target.replicas)} of now.`;
    return { to: target.replicas, reason: "WithinTolerance", message };
  },
};

/** The least that any moment of the window asked for by itself, so that a short spike raises nothing, also while the scale-down window remembers it. */
export const scaleUpWindow: Rule = {
  name: "scaleUpWindow",
  apply(replicas, { demand, target, policy, history, nowMs }) {
    const windowMs = policy.scaleUp.stabilizationWindowSeconds * 1000;
    if (windowMs === 0 || replicas <= target.replicas || demand.kind === "missing") return undefined;
    let least = demand.raw;
    for (const { timeMs, replicas: asked } of history.recommendations) if (timeMs > nowMs - windowMs) least = Math.min(least, asked);
    const to = Math.max(target.replicas, least);
    if (to >= replicas) return undefined;
    const message = `Within the last ${durationText(windowMs)} demand needed as few as ${replicasText(least)}; a raise must be needed that long.`;
    return { to, reason: "ScaleUpStabilized", message };
  },
};

export const scaleUpPolicy: Rule = {
  name: "scaleUpPolicy",
  apply(replicas, { target, policy, history, nowMs }) {
    if (replicas <= target.replicas || !isPaced(policy)) return undefined;
    const limit = policyLimit("up", policy.scaleUp, target.replicas, history.events, nowMs);
    if (replicas <= limit.replicas) return undefined;
    return { to: limit.replicas, reason: policy.scaleUp.selectPolicy === "Disabled" ? "ScaleUpDisabled" : "ScaleUpLimit", message: limit.message };
  },
};
