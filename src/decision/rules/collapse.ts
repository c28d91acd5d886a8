// An outage of the workload looks like users who leave: demand falls at once. Nothing is removed before it is clear which of the two it is.
// Invariants: a guard only raises, and never above what is there; pods that were lost with the demand are waited for, however long they take.
import type { Decision, DecisionInput } from "../decision.ts";
import { durationText, numberText, replicasText } from "../wording.ts";
import { heldReplicas } from "./rule.ts";
import type { Rule } from "./rule.ts";

/** Less than this share of the pods that were ready before is left: they are lost. */
const LOST = 0.5;

function isRecent(input: DecisionInput): boolean {
  const lostMs = input.history.workload?.lostMs;
  return lostMs !== undefined && input.nowMs - lostMs < input.policy.scaleDown.stabilizationWindowSeconds * 1000;
}

/** What is to be remembered of this moment. */
export function workloadNow(input: DecisionInput): NonNullable<Decision["workload"]> {
  const { demand, target, history } = input;
  const before = Math.min(history.workload?.readyBefore ?? NaN, target.replicas);
  const isCollapsed = demand.collapse !== undefined || isRecent(input);
  return { ready: target.ready, isCollapsed, isLost: isCollapsed && target.ready < LOST * before };
}

export const collapseGuard: Rule = {
  name: "collapseGuard",
  apply(replicas, input) {
    const { demand, target, policy, history } = input;
    const held = heldReplicas(input);
    if (replicas >= held) return undefined;
    const { isCollapsed, isLost } = workloadNow(input);
    if (!isCollapsed) return undefined;
    const window = durationText(policy.scaleDown.stabilizationWindowSeconds * 1000);
    const stays = `the target stays at ${replicasText(held)}`;
    const verdict = (message: string) => ({ to: held, reason: "DemandCollapsed", message }) as const;
    const lost = `${target.ready} of ${history.workload?.readyBefore} are ready`;
    if (isLost) return verdict(`Demand fell with its pods, of which ${lost}: ${stays} until they are back.`);
    if (demand.collapse === undefined) return verdict(`Pods that were lost are back for less than ${window}: ${stays} until then.`);
    const { forecast, demand: left, sinceMs, goodMs } = demand.collapse;
    const fell = `${durationText(sinceMs)} ago demand fell at once to ${numberText(left)}, where ${numberText(forecast)} was forecast`;
    return verdict(`${fell}: ${stays} until it has been as forecast for ${window}, so far for ${durationText(goodMs)}.`);
  },
};
