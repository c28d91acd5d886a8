// The line beside the policies that people could take instead, over the same demand and the same pods.
import { cheapestOfMonotone } from "./tuned.ts";
import type { Tuned } from "./tuned.ts";
import { hpaReplicas, tunedHpa } from "./hpa.ts";
import { clairvoyantReplicas, lastWeekFrom, lastWeekReplicas } from "./plain-policies.ts";
import { measure } from "./world.ts";
import type { PolicyMeasures, World } from "./world.ts";

/** The HPA that most people run. */
const USUAL_UTILISATION = 0.8;

export type PolicyName = "predictive" | "hpa" | "hpa-tuned" | "last-week" | "clairvoyant";

export interface PolicyResult {
  readonly name: PolicyName;
  /** Target utilisation (0..1] where the policy has one; undefined if it has none or none was good enough. */
  readonly utilisation: number | undefined;
  /** Undefined if no utilisation has as little overload as the line, or there is no last week to look at. */
  readonly numbers: PolicyMeasures | undefined;
}

/**
 * All policies, the line's own `wanted` replicas first. `hpa-tuned` and `last-week` take the cheapest of 75 utilisations that is not
 * overloaded more often than the line, chosen in hindsight.
 */
export function comparePolicies(world: World, wanted: Float64Array): PolicyResult[] {
  const predictive = measure(world, wanted);
  const tuned = (name: PolicyName, best: Tuned | undefined): PolicyResult => ({ name, utilisation: best?.utilisation, numbers: best?.numbers });
  const most = predictive.overloadedShare;
  const hasLastWeek = lastWeekFrom(world) <= world.judgedFrom;
  return [
    { name: "predictive", utilisation: undefined, numbers: predictive },
    { name: "hpa", utilisation: USUAL_UTILISATION, numbers: measure(world, hpaReplicas(world, USUAL_UTILISATION)) },
    tuned("hpa-tuned", tunedHpa(world, most)),
    tuned("last-week", hasLastWeek ? cheapestOfMonotone(world, most, lastWeekReplicas) : undefined),
    { name: "clairvoyant", utilisation: undefined, numbers: measure(world, clairvoyantReplicas(world)) },
  ];
}
