// What happens when demand needs more than maxReplicas: two fields of the specification, and the rule that joins them.
import { choice, whole } from "./fields.ts";

/** spec.maxCapacityBreach: Clamp stops at maxReplicas, Raise goes on to maxReplicasCeiling. */
export const capacityBreach = choice(
  ["Clamp", "Raise"],
  "What happens when demand, now or as forecast, needs more than maxReplicas: Clamp stays at maxReplicas, Raise goes above it, up to maxReplicasCeiling.",
).prefault("Clamp");

/** spec.maxReplicasCeiling, at most `most`. */
export function capacityCeiling(most: number) {
  return whole(1, most, "Never more replicas than this where maxCapacityBreach is Raise.").optional();
}
