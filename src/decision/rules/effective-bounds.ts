// The bounds that hold at one moment, each with what set it. Every rule that needs a bound asks here.
// Invariant: the ceiling is never below the floor: where they collide the floor wins.
import type { Policy } from "../decision.ts";

/** A bound and, where it is not the manifest's own minReplicas or maxReplicas, what set it, as in `schedule office`. */
export interface EffectiveBound {
  readonly replicas: number;
  readonly by: string | undefined;
}

/** Never fewer replicas than this at `nowMs`. */
export function floorAt(policy: Policy, _nowMs: number): EffectiveBound {
  return { replicas: policy.minReplicas, by: undefined };
}

/** Never more replicas than this at `nowMs`. */
export function ceilingAt(policy: Policy, nowMs: number): EffectiveBound {
  const floor = floorAt(policy, nowMs);
  return floor.replicas > policy.maxReplicas ? floor : { replicas: policy.maxReplicas, by: undefined };
}
