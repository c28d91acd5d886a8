// The best fixed utilisation of a policy, chosen in hindsight: what a patient person would have set, had they known the trace.
import { measure } from "./world.ts";
import type { PolicyMeasures, World } from "./world.ts";

/** Utilisations that are tried: 75, from 25 % to 99 %. */
const UTILISATIONS = Array.from({ length: 75 }, (_, i) => (25 + i) / 100);

export interface Tuned {
  /** (0..1]. */
  readonly utilisation: number;
  readonly numbers: PolicyMeasures;
}

/** The cheapest of 75 utilisations whose overload is not above `overloadedShare`; undefined if none is. `replicasAt`: replicas asked for a step. */
export function cheapestUtilisation(world: World, overloadedShare: number, replicasAt: (world: World, utilisation: number) => Float64Array): Tuned | undefined {
  let best: Tuned | undefined;
  for (const utilisation of UTILISATIONS) {
    const numbers = measure(world, replicasAt(world, utilisation));
    if (numbers.overloadedShare > overloadedShare) continue;
    if (best === undefined || numbers.podHours < best.numbers.podHours) best = { utilisation, numbers };
  }
  return best;
}
