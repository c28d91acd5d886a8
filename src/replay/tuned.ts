// The best fixed utilisation of a policy, chosen in hindsight: what a patient person would have set, had they known the trace.
import { measure } from "./world.ts";
import type { PolicyMeasures, World } from "./world.ts";

/**
 * Utilisations that are tried, in percent: 75, every one from 36 % on, where most prices lie close. Bursts can need less than anybody sets: left out,
 * the workloads on which an HPA does worst would not count.
 */
const PERCENTS = [5, 6, 7, 8, 10, 12, 15, 18, 22, 26, 31, ...Array.from({ length: 64 }, (_, i) => 36 + i)];
const UTILISATIONS = PERCENTS.map((percent) => percent / 100);

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

/**
 * The same answer in a few tries, for a policy that at no step asks for more at a higher utilisation: overload then never falls with the
 * utilisation and pod-hours never rise, so that the highest one that is good enough is the cheapest, and of equally dear ones the lowest counts.
 */
export function cheapestOfMonotone(world: World, overloadedShare: number, replicasAt: (world: World, utilisation: number) => Float64Array): Tuned | undefined {
  const tried = new Map<number, PolicyMeasures>();
  const numbersAt = (place: number): PolicyMeasures => {
    const numbers = tried.get(place) ?? measure(world, replicasAt(world, UTILISATIONS[place] ?? NaN));
    tried.set(place, numbers);
    return numbers;
  };
  const highest = firstWhere((place) => numbersAt(place).overloadedShare > overloadedShare, UTILISATIONS.length) - 1;
  if (highest < 0) return undefined;
  const { podHours } = numbersAt(highest);
  const lowest = firstWhere((place) => numbersAt(place).podHours <= podHours, highest);
  return { utilisation: UTILISATIONS[lowest] ?? NaN, numbers: numbersAt(lowest) };
}

/** The first place below `end` where `holds`, which then holds at all later ones; `end` if nowhere. */
function firstWhere(holds: (place: number) => boolean, end: number): number {
  let [from, until] = [0, end];
  while (from < until) {
    const middle = (from + until) >> 1;
    if (holds(middle)) until = middle;
    else from = middle + 1;
  }
  return from;
}
