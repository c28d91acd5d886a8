// What a rule is: a number of replicas in, a number out, with a machine reason and a sentence for people.
import type { DecisionInput, DecisionReason } from "../decision.ts";
import { ceilingAt } from "./effective-bounds.ts";

/** What a rule says of a number; `to` may equal the number where the rule only explains. */
export interface Verdict {
  readonly to: number;
  readonly reason: DecisionReason;
  readonly message: string;
}

export interface Rule {
  readonly name: string;
  /** `replicas`: what the rules before said. undefined: nothing to say, the number stands. */
  readonly apply: (replicas: number, input: DecisionInput) => Verdict | undefined;
}

/** Whether the metric is missing: then nothing may be lowered. A single late sample is not yet an outage, yet the hold applies to it too. */
export function isMetricMissing({ demand, missingBecause }: DecisionInput): boolean {
  return demand.kind === "missing" || missingBecause !== undefined;
}

/** Nothing that is missing or in motion lowers the target below this: what is there, unless the user's maximum is lower. */
export function heldReplicas({ target, policy, nowMs }: DecisionInput): number {
  return Math.min(target.replicas, ceilingAt(policy, nowMs).replicas);
}
