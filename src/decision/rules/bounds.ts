// The bounds that the user set. They win over policies: a target outside of them goes inside at once. They hold while the metric is missing
// too, since a bound is the user's word and no missing information; that is the one way down without a sample.
import { replicasText } from "../wording.ts";
import type { Rule } from "./rule.ts";

export const bounds: Rule = {
  name: "bounds",
  apply(replicas, { policy, demand }) {
    const { minReplicas, maxReplicas } = policy;
    if (replicas > maxReplicas) {
      return { to: maxReplicas, reason: "TooManyReplicas", message: `The need is ${replicasText(replicas)}; maxReplicas allows ${maxReplicas}.` };
    }
    const isMinimumDeciding = replicas === minReplicas && demand.kind !== "missing" && demand.unlimited < minReplicas;
    if (replicas >= minReplicas && !isMinimumDeciding) return undefined;
    const asked = isMinimumDeciding ? demand.unlimited : replicas;
    return { to: minReplicas, reason: "TooFewReplicas", message: `The need is ${replicasText(asked)}; minReplicas asks for at least ${minReplicas}.` };
  },
};
