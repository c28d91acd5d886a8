// A limited climb begins early enough to reach what the forecast says will be needed.
// Invariant: it only raises; what it asked for stays for one scale-down window, so that a forecast that wavers does not move the target.
import { climbStart } from "../climb.ts";
import type { DecisionInput } from "../decision.ts";
import { durationText, replicasText } from "../wording.ts";
import { isPaced } from "./policy-limit.ts";
import type { Rule } from "./rule.ts";

/** Replicas that a limited climb has to be at now; 0 where nothing limits it, or nothing is known of what comes. */
export function climbNow({ demand, policy }: DecisionInput): number {
  if (demand.kind !== "calibrated" || demand.ahead === undefined || !isPaced(policy)) return 0;
  return climbStart(demand.ahead.needs, policy.scaleUp, demand.ahead.stepMs);
}

export const staggeredClimb: Rule = {
  name: "staggeredClimb",
  apply(replicas, input) {
    const { demand, policy, history, nowMs } = input;
    const { selectPolicy, policies } = policy.scaleUp;
    if (!isPaced(policy) || selectPolicy === "Disabled" || policies.length === 0) return undefined;
    const start = climbNow(input);
    const windowMs = policy.scaleDown.stabilizationWindowSeconds * 1000;
    let to = start;
    for (const climb of history.climbs) if (climb.timeMs > nowMs - windowMs) to = Math.max(to, climb.replicas);
    if (to <= replicas) return undefined;
    if (to > start || demand.ahead === undefined) {
      const message = `Within the last ${durationText(windowMs)} a limited climb had to be at ${replicasText(to)}; nothing is lowered below that before then.`;
      return { to, reason: "StaggeredScaleUp", message };
    }
    const { needs, stepMs } = demand.ahead;
    const most = needs.reduce((best, need) => Math.max(best, need), 0);
    const inText = durationText((needs.indexOf(most) + 1) * stepMs);
    const message = `${replicasText(most)} will be needed in ${inText}; at the pace of behavior.scaleUp that takes ${replicasText(to)} now.`;
    return { to, reason: "StaggeredScaleUp", message };
  },
};
