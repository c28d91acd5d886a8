// The bounds that hold at one moment, each with what set it. Every rule that needs a bound asks here.
// Invariants: of several floors the highest holds and of several ceilings the lowest; the ceiling is never below the floor: where they collide the floor wins.
import type { Policy } from "../decision.ts";

/** A bound and, where it is not the manifest's own minReplicas or maxReplicas, what set it, as in `schedule office`. */
export interface EffectiveBound {
  readonly replicas: number;
  readonly by: string | undefined;
  /** The maximum that may be exceeded up to this, where a breach of it raises. */
  readonly above?: number | undefined;
}

/** Never fewer replicas than this at `nowMs`. */
export function floorAt(policy: Policy, nowMs: number): EffectiveBound {
  let floor: EffectiveBound = { replicas: policy.minReplicas, by: undefined };
  for (const { name, minReplicas = 0, clock } of policy.schedules ?? [])
    if (minReplicas > floor.replicas && clock.stretchAt(nowMs).isOn) floor = { replicas: minReplicas, by: `schedule ${name}` };
  for (const { name, fromMs, untilMs, replicas } of policy.eventFloors ?? [])
    if (replicas > floor.replicas && nowMs >= fromMs && nowMs < untilMs) floor = { replicas, by: `event ${name}` };
  return withinAutoscaler(policy, floor);
}

/** Never more replicas than this at `nowMs`. */
export function ceilingAt(policy: Policy, nowMs: number): EffectiveBound {
  const floor = floorAt(policy, nowMs);
  const { maxReplicas, maxReplicasCeiling } = policy;
  let usual: EffectiveBound = { replicas: maxReplicas, by: undefined };
  if (maxReplicasCeiling !== undefined) usual = { replicas: maxReplicasCeiling, by: "maxReplicasCeiling", above: maxReplicas };
  for (const { name, maxReplicas: most = Infinity, clock } of policy.schedules ?? [])
    if (most < usual.replicas && clock.stretchAt(nowMs).isOn) usual = { replicas: most, by: `schedule ${name}` };
  usual = withinAutoscaler(policy, usual);
  return floor.replicas > usual.replicas ? floor : usual;
}

/** Where the number is an autoscaler's floor: never below what that had before, never above what it may run. */
function withinAutoscaler({ autoscaler }: Policy, bound: EffectiveBound): EffectiveBound {
  if (autoscaler === undefined) return bound;
  const { name, minReplicas, maxReplicas } = autoscaler;
  if (bound.replicas > maxReplicas) return { replicas: maxReplicas, by: `maxReplicas of ${name}` };
  return bound.replicas < minReplicas ? { replicas: minReplicas, by: `minReplicas of ${name}` } : bound;
}

/** `replicas` within the bounds of `nowMs`. */
export function withinBounds(policy: Policy, replicas: number, nowMs: number): number {
  return Math.min(ceilingAt(policy, nowMs).replicas, Math.max(floorAt(policy, nowMs).replicas, replicas));
}

/** The next moment at which a schedule goes on or off, and whose it is; undefined if none will, as far as can be seen. */
export function nextChange(policy: Policy, nowMs: number): { readonly timeMs: number; readonly name: string } | undefined {
  let next: { timeMs: number; name: string } | undefined;
  for (const { name, clock } of policy.schedules ?? []) {
    const { untilMs } = clock.stretchAt(nowMs);
    if (untilMs < (next?.timeMs ?? Infinity)) next = { timeMs: untilMs, name };
  }
  return next;
}
