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
    const message = `Deciding began ${durationText(windowMs(input) - leftMs)} ago: nothing below ${replicasText(held)} for another ${durationText(leftMs)}.`;
    return { to: held, reason: "RestartGuard", message };
  },
};

/** While pods are being replaced their readiness says little about what is needed. */
export const rolloutGuard: Rule = {
  name: "rolloutGuard",
  apply(replicas, input) {
    const held = heldReplicas(input);
    if (replicas >= held || !input.target.isRollingOut) return undefined;
    const message = `A rollout is in progress or paused: the target stays at ${replicasText(held)} and is not lowered to ${replicas} until it is done.`;
    return { to: held, reason: "RolloutInProgress", message };
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
    const message = `Samples are back for ${durationText(windowMs(input) - leftMs)}: nothing below ${replicasText(held)} for another ${durationText(leftMs)}.`;
    return { to: held, reason: "OutageRecovery", message };
  },
};
