// How fast the target may shrink: policies with the semantics of autoscaling/v2. The window and the tolerance belong to the demand.
// Invariant: it never answers more than the replicas that are there.
import { isPaced, policyLimit } from "./policy-limit.ts";
import type { Rule } from "./rule.ts";

export const scaleDownPolicy: Rule = {
  name: "scaleDownPolicy",
  apply(replicas, { target, policy, history, nowMs }) {
    if (replicas >= target.replicas || !isPaced(policy)) return undefined;
    const limit = policyLimit("down", policy.scaleDown, target.replicas, history.events, nowMs);
    if (replicas >= limit.replicas) return undefined;
    return { to: limit.replicas, reason: policy.scaleDown.selectPolicy === "Disabled" ? "ScaleDownDisabled" : "ScaleDownLimit", message: limit.message };
  },
};
