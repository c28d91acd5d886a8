// The bounds that the user set. They win over policies: a target outside of them goes inside at once. They hold while the metric is missing
// too, since a bound is the user's word and no missing information; that is the one way down without a sample.
import { replicasText } from "../wording.ts";
import { ceilingAt, floorAt } from "./effective-bounds.ts";
import type { EffectiveBound } from "./effective-bounds.ts";
import type { Rule } from "./rule.ts";

export const bounds: Rule = {
  name: "bounds",
  apply(replicas, { policy, demand, nowMs }) {
    const ceiling = ceilingAt(policy, nowMs);
    if (replicas > ceiling.replicas) {
      const message = `The need is ${replicasText(replicas)}; ${named(ceiling, "maxReplicas")} allows ${ceiling.replicas}.`;
      return { to: ceiling.replicas, reason: "TooManyReplicas", message };
    }
    const floor = floorAt(policy, nowMs);
    if (ceiling.above !== undefined && replicas > ceiling.above && replicas >= floor.replicas) {
      const message = `The need is ${replicasText(replicas)}, above maxReplicas (${ceiling.above}); maxCapacityBreach Raise allows up to ${ceiling.replicas}.`;
      return { to: replicas, reason: "RaisedAboveMax", message };
    }
    const isFloorDeciding = replicas === floor.replicas && demand.kind !== "missing" && demand.unlimited < floor.replicas;
    if (replicas >= floor.replicas && !isFloorDeciding) return undefined;
    const asked = isFloorDeciding ? demand.unlimited : replicas;
    const message = `The need is ${replicasText(asked)}; ${named(floor, "minReplicas")} asks for at least ${floor.replicas}.`;
    return { to: floor.replicas, reason: "TooFewReplicas", message };
  },
};

function named({ by }: EffectiveBound, own: string): string {
  return by ?? own;
}
