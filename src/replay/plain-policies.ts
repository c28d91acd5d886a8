// Two policies to measure against: one that repeats last week half an hour early, and one that knows the future.
import { slidingMost } from "./sliding.ts";
import type { World } from "./world.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
/** How much earlier than last week its replicas are asked for. */
const EARLY_MS = 30 * 60_000;
/** Removal waits so long, as the demand rule's does unless a user sets it. */
const STABILIZATION_MS = 600_000;

const bounded = ({ minReplicas, maxReplicas }: World, replicas: number) => Math.min(maxReplicas, Math.max(minReplicas, replicas));

/** The first step that last week can be looked up for. */
export function lastWeekFrom({ stepMs }: Pick<World, "stepMs">): number {
  return Math.ceil(WEEK_MS / stepMs - 1e-9);
}

/**
 * Replicas asked for at each step by "the same time last week, 30 minutes early" at a utilisation of (0..1], never more at a higher one.
 * The largest demand of that half hour counts, so that replicas come early and do not go early, with 10 minutes of scale-down stabilisation.
 * Where last week has no sample, what was asked for stays; in the first week the demand itself is followed.
 */
export function lastWeekReplicas(world: World, utilisation: number): Float64Array {
  const { demand, stepMs, targetPerReplica } = world;
  const back = lastWeekFrom(world);
  const early = Math.min(back, Math.ceil(EARLY_MS / stepMs - 1e-9));
  const window = early + Math.ceil(STABILIZATION_MS / stepMs - 1e-9);
  const raw = new Float64Array(demand.length + early);
  let last = bounded(world, 0);
  // raw[i] is of the demand that comes, as it did last week, at step i; asked for it is `early` steps before.
  for (let i = 0; i < raw.length; i++) {
    const y = demand[i < back ? Math.max(0, i - early) : i - back] ?? NaN;
    if (!Number.isNaN(y)) last = bounded(world, Math.ceil(y / (utilisation * targetPerReplica) - 1e-9));
    raw[i] = last;
  }
  const most = slidingMost(raw, window);
  return raw.map((_, i) => most(i)).subarray(early);
}

/** The fewest replicas that, asked for at each step, are never overloaded (unless maxReplicas is too low): they know all demand to come. */
export function clairvoyantReplicas(world: World): Float64Array {
  const { demand, stepMs, targetPerReplica, readyDelayMs } = world;
  const window = Math.ceil(readyDelayMs / stepMs - 1e-9);
  const needed = demand.map((y) => bounded(world, Number.isNaN(y) ? 0 : Math.ceil(y / targetPerReplica - 1e-9)));
  return needed.map((_, i) => {
    let most = 0;
    for (let j = i; j <= i + window && j < needed.length; j++) most = Math.max(most, needed[j] ?? 0);
    return most;
  });
}
