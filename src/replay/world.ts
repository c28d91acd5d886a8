// A model of pods and the numbers by which policies are compared. Replicas asked for are ready after a delay; removal is at once.
// Invariant: a missing demand counts as covered, never as zero and never as overload.

export interface World {
  /** Demand a step; NaN = missing. */
  readonly demand: Float64Array;
  readonly stepMs: number;
  /** C: demand that one replica serves, > 0. */
  readonly targetPerReplica: number;
  /** Time from asking to Ready, ms, >= 0. */
  readonly readyDelayMs: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** The first step that is judged; those before only set the scene. */
  readonly judgedFrom: number;
}

/** What a policy costs and how well it covers, over the judged steps. */
export interface PolicyNumbers {
  /** Share of judged steps in which demand was above the ready capacity, 0..1. */
  readonly overloadedShare: number;
  /** Replicas asked for, summed over time, in hours. */
  readonly podHours: number;
  /** Changes of the number asked for, a day. */
  readonly replicaChanges: number;
}

/** The same with what a demo does not show. */
export interface PolicyMeasures extends PolicyNumbers {
  /** Share of the demand of judged steps that was above the ready capacity, 0..1; 0 without any demand. */
  readonly unservedShare: number;
  /** Replicas asked for, on average. */
  readonly meanReplicas: number;
}

const HOUR_MS = 3_600_000;

/** Ready replicas at each step: what has been asked for throughout the delay. Before the first step, `asked[0]` was. */
export function readyReplicas(asked: Float64Array, stepMs: number, readyDelayMs: number): Float64Array {
  const window = Math.ceil(readyDelayMs / stepMs - 1e-9);
  const ready = new Float64Array(asked.length);
  const rising = new Int32Array(asked.length); // steps of a monotone queue: asked rises along it
  let head = 0;
  let tail = 0;
  for (let i = 0; i < asked.length; i++) {
    while (tail > head && (asked[rising[tail - 1] ?? 0] ?? 0) >= (asked[i] ?? 0)) tail--;
    rising[tail++] = i;
    if ((rising[head] ?? 0) < i - window) head++;
    ready[i] = asked[rising[head] ?? i] ?? 0;
  }
  return ready;
}

/** The numbers of a policy that asked for `asked` replicas at each step. */
export function measure(world: World, asked: Float64Array): PolicyMeasures {
  const { demand, stepMs, targetPerReplica, judgedFrom } = world;
  const ready = readyReplicas(asked, stepMs, world.readyDelayMs);
  let [overloaded, unserved, total, podSteps, changes] = [0, 0, 0, 0, 0];
  for (let i = judgedFrom; i < demand.length; i++) {
    const y = demand[i] ?? NaN;
    const above = y - (ready[i] ?? 0) * targetPerReplica;
    if (above > 0) {
      overloaded++;
      unserved += above;
    }
    if (!Number.isNaN(y)) total += y;
    podSteps += asked[i] ?? 0;
    if (i > judgedFrom && asked[i] !== asked[i - 1]) changes++;
  }
  const steps = demand.length - judgedFrom;
  const days = (steps * stepMs) / (24 * HOUR_MS);
  return {
    overloadedShare: overloaded / steps,
    unservedShare: total > 0 ? unserved / total : 0,
    podHours: (podSteps * stepMs) / HOUR_MS,
    replicaChanges: changes / days,
    meanReplicas: podSteps / steps,
  };
}
