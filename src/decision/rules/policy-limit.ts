// How far the policies of one direction let the target go now. Each policy counts from the replicas at the start of its own period, which
// are those of now less what changed since, in both directions. Semantics: autoscaling/v2, with percentages in exact arithmetic
// (10 replicas and 10 % are 11, where a product of floats would say 12).
import type { DirectionPolicy, Policy, ScaleHistory, ScalingPolicyRule } from "../decision.ts";
import { durationText, replicasText } from "../wording.ts";

/** A target that is only watched does not climb from pass to pass: a pace would forever hide what it needs. */
export function isPaced({ mode }: Policy): boolean {
  return mode !== "Recommend";
}

export interface PolicyLimit {
  /** The furthest number allowed: never on the other side of `current`. Infinity or 0 without a policy. */
  readonly replicas: number;
  readonly message: string;
}

/** The limit for `current` replicas at `nowMs`. */
export function policyLimit(
  direction: "up" | "down",
  { selectPolicy, policies }: DirectionPolicy,
  current: number,
  events: ScaleHistory["events"],
  nowMs: number,
): PolicyLimit {
  const verb = direction === "up" ? "Scaling up" : "Scaling down";
  if (selectPolicy === "Disabled") return { replicas: current, message: `${verb} is disabled: the target stays at ${replicasText(current)}.` };
  const furthest = direction === "up" ? Infinity : 0;
  let chosen: { replicas: number; policy: ScalingPolicyRule } | undefined;
  for (const policy of policies) {
    const start = current - changeWithin(events, nowMs - policy.periodSeconds * 1000);
    const replicas = direction === "up" ? highest(start, policy) : lowest(start, policy);
    const isFurther = chosen === undefined || (direction === "up" ? replicas > chosen.replicas : replicas < chosen.replicas);
    if (chosen === undefined || isFurther === (selectPolicy === "Max")) chosen = { replicas, policy };
  }
  if (chosen === undefined) return { replicas: furthest, message: "" };
  const replicas = direction === "up" ? Math.max(current, chosen.replicas) : Math.min(current, chosen.replicas);
  const { type, value, periodSeconds } = chosen.policy;
  const amount = type === "Pods" ? replicasText(value) : `${value} %`;
  return { replicas, message: `${verb} is limited to ${amount} within ${durationText(periodSeconds * 1000)}: ${replicasText(replicas)} for now.` };
}

function changeWithin(events: ScaleHistory["events"], afterMs: number): number {
  let change = 0;
  for (const event of events) if (event.timeMs > afterMs) change += event.change;
  return change;
}

function highest(start: number, { type, value }: ScalingPolicyRule): number {
  return type === "Pods" ? start + value : Math.ceil((start * (100 + value)) / 100);
}

function lowest(start: number, { type, value }: ScalingPolicyRule): number {
  return type === "Pods" ? start - value : Math.floor((start * (100 - value)) / 100);
}
