// Times in which what is seen is not enough to lower: after a restart, during a rollout, after an outage of the metric.
// Invariant: a guard only raises, and never above what is there or what the user allows.
import type { DecisionInput } from "../decision.ts";
import { durationText, replicasText } from "../wording.ts";
import { heldReplicas } from "./rule.ts";
import type { Rule } from "./rule.ts";

function windowMs({ policy }: DecisionInput): number {
  return policy.scaleDown.stabilizationWindowSeconds * 1000;
}

/** Nothing is lowered before one scale-down window has been seen by this process. */
export const restartGuard: Rule = {
  name: "restartGuard",
  apply(replicas, input) {
    const held = heldReplicas(input);
    const leftMs = input.history.startedMs + windowMs(input) - input.nowMs;
    if (replicas >= held || leftMs <= 0) return undefined;
    return { to: held, reason: "RestartGuard", message: `Started ${durationText(windowMs(input) - leftMs)} ago: ${replicasText(held)} stay for ${durationText(leftMs)} more.` };
  },
};

/** While pods are being replaced their readiness says little about what is needed. */
export const rolloutGuard: Rule = {
  name: "rolloutGuard",
  apply(replicas, input) {
    const held = heldReplicas(input);
    if (replicas >= held || !input.target.isRollingOut) return undefined;
    return { to: held, reason: "RolloutInProgress", message: `A rollout is in progress: ${replicasText(held)} are not lowered to ${replicas} until it is done.` };
  },
};

/** After an outage of the metric nothing is lowered before one scale-down window of good samples. */
export const outageGuard: Rule = {
  name: "outageGuard",
  apply(replicas, input) {
    const { recoveredMs } = input.history;
    const held = heldReplicas(input);
    if (replicas >= held || recoveredMs === undefined) return undefined;
    const leftMs = recoveredMs + windowMs(input) - input.nowMs;
    if (leftMs <= 0) return undefined;
    return { to: held, reason: "OutageRecovery", message: `The metric is back since ${durationText(windowMs(input) - leftMs)}: ${replicasText(held)} stay for ${durationText(leftMs)} more.` };
  },
};
