// What a HorizontalPodAutoscaler would have asked for: a target utilisation, 10 % tolerance, five minutes of scale-down
// stabilisation, scale-up by at most the larger of 100 % and 4 pods in 15 s (the defaults of autoscaling/v2).
import { cheapestUtilisation } from "./tuned.ts";
import type { Tuned } from "./tuned.ts";
import type { World } from "./world.ts";

const SYNC_MS = 15_000;
const TOLERANCE = 0.1;
const STABILIZATION_MS = 300_000;
const SCALE_UP_PODS = 4;
const SCALE_UP_FACTOR = 2;
/** After so many syncs on one value an HPA has long settled. */
const MAX_SYNCS_A_STEP = 20;

/** Replicas asked for at each step by an HPA with target `utilisation` (0..1]; it starts settled on the first sample. */
export function hpaReplicas(world: World, utilisation: number): Float64Array {
  const { demand, stepMs, targetPerReplica, minReplicas, maxReplicas } = world;
  const bounded = (replicas: number) => Math.min(maxReplicas, Math.max(minReplicas, replicas));
  const perReplica = utilisation * targetPerReplica;
  const syncs = Math.min(MAX_SYNCS_A_STEP, Math.max(1, Math.round(stepMs / SYNC_MS)));
  const window = Math.ceil(STABILIZATION_MS / stepMs);
  const recommended = new Float64Array(demand.length);
  const asked = new Float64Array(demand.length);
  const first = demand.find((value) => !Number.isNaN(value)) ?? 0;
  let replicas = bounded(Math.ceil(first / perReplica - 1e-9));
  for (let i = 0; i < demand.length; i++) {
    const y = demand[i] ?? NaN;
    if (Number.isNaN(y)) recommended[i] = replicas; // an HPA without a metric leaves things as they are
    else {
      for (let sync = 0; sync < syncs; sync++) {
        const isWithin = Math.abs(y / (perReplica * replicas) - 1) <= TOLERANCE;
        const raw = isWithin ? replicas : Math.ceil(y / perReplica - 1e-9);
        recommended[i] = raw;
        let stabilized = raw;
        for (let j = Math.max(0, i - window); j < i; j++) stabilized = Math.max(stabilized, Math.min(replicas, recommended[j] ?? 0));
        const limit = Math.max(replicas * SCALE_UP_FACTOR, replicas + SCALE_UP_PODS);
        const next = bounded(Math.min(limit, stabilized));
        if (next === replicas) break; // the syncs left in this step see the same and say the same
        replicas = next;
      }
    }
    asked[i] = replicas;
  }
  return asked;
}

/** The cheapest of 75 utilisations whose overload is not above `overloadedShare`, chosen in hindsight; undefined if none is. */
export function tunedHpa(world: World, overloadedShare: number): Tuned | undefined {
  return cheapestUtilisation(world, overloadedShare, hpaReplicas);
}
