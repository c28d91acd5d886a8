// What a HorizontalPodAutoscaler would have asked for: a target utilisation, tolerance, stabilisation and scaling policies with the semantics
// of the HPA controller (kubernetes/kubernetes, pkg/controller/podautoscaler/horizontal.go); without a behavior, the defaults of autoscaling/v2.
import type { DirectionPolicy } from "../decision/index.ts";
import { cheapestUtilisation } from "./tuned.ts";
import type { Tuned } from "./tuned.ts";
import type { World } from "./world.ts";

/** autoscaling/v2 HorizontalPodAutoscalerBehavior, every default filled in. */
export interface HpaBehavior {
  readonly scaleUp: DirectionPolicy;
  readonly scaleDown: DirectionPolicy;
}

const SYNC_MS = 15_000;
/** An HPA has settled, or its longest period (30 minutes) has passed, after so many syncs on one value. */
const MAX_SYNCS_A_STEP = 121;

const DEFAULT_BEHAVIOR: HpaBehavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    tolerance: 0.1,
    policies: [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ],
  },
  scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: "Max", tolerance: 0.1, policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
};

/**
 * Replicas asked for at each step by an HPA with target `utilisation` (> 0, of targetPerReplica); it starts settled on the first sample.
 * Where the metric is missing it leaves things as they are.
 */
export function hpaReplicas(world: World, utilisation: number, behavior: HpaBehavior = DEFAULT_BEHAVIOR): Float64Array {
  const { demand, stepMs, targetPerReplica, minReplicas, maxReplicas } = world;
  const { scaleUp, scaleDown } = behavior;
  const bounded = (replicas: number) => Math.min(maxReplicas, Math.max(minReplicas, replicas));
  const perReplica = utilisation * targetPerReplica;
  const syncs = Math.min(MAX_SYNCS_A_STEP, Math.max(1, Math.round(stepMs / SYNC_MS)));
  const windowSteps = (rules: DirectionPolicy) => Math.ceil((rules.stabilizationWindowSeconds * 1000) / stepMs);
  const [upWindow, downWindow] = [windowSteps(scaleUp), windowSteps(scaleDown)];
  const limit = createRateLimit(behavior);
  // A ring of what was recommended in the steps that the windows look back on.
  const mask = 2 ** Math.ceil(Math.log2(Math.max(upWindow, downWindow) + 1)) - 1;
  const recommended = new Float64Array(mask + 1);
  const asked = new Float64Array(demand.length);
  const first = demand.find((value) => !Number.isNaN(value)) ?? 0;
  let replicas = bounded(Math.ceil(first / perReplica - 1e-9));
  for (let i = 0; i < demand.length; i++) {
    const y = demand[i] ?? NaN;
    if (Number.isNaN(y)) recommended[i & mask] = replicas;
    for (let sync = 0; sync < syncs && !Number.isNaN(y); sync++) {
      const ratio = y / (perReplica * replicas);
      const isWithin = ratio >= 1 - scaleDown.tolerance && ratio <= 1 + scaleUp.tolerance;
      const raw = isWithin ? replicas : Math.ceil(y / perReplica - 1e-9);
      recommended[i & mask] = raw;
      if (raw === replicas) break; // the syncs left in this step see the same and say the same
      let wanted = raw;
      if (raw > replicas) {
        for (let j = i - 1; j >= Math.max(0, i - upWindow) && wanted > replicas; j--) wanted = Math.min(wanted, recommended[j & mask] as number);
        wanted = bounded(Math.max(wanted, replicas));
      } else {
        for (let j = i - 1; j >= Math.max(0, i - downWindow) && wanted < replicas; j--) wanted = Math.max(wanted, recommended[j & mask] as number);
        wanted = bounded(Math.min(wanted, replicas));
      }
      if (wanted === replicas) break;
      const nowMs = i * stepMs + sync * SYNC_MS;
      const next = limit.limited(nowMs, replicas, wanted);
      limit.took(nowMs, next - replicas);
      replicas = next;
    }
    asked[i] = replicas;
  }
  return asked;
}

/** The cheapest of 75 utilisations whose overload is not above `overloadedShare`, chosen in hindsight; undefined if none is. */
export function tunedHpa(world: World, overloadedShare: number): Tuned | undefined {
  return cheapestUtilisation(world, overloadedShare, hpaReplicas);
}

/** How far the scaling policies of both directions let the replicas go, from the changes of the periods that they look back on. */
function createRateLimit({ scaleUp, scaleDown }: HpaBehavior) {
  const longestMs = 1000 * Math.max(0, ...[...scaleUp.policies, ...scaleDown.policies].map(({ periodSeconds }) => periodSeconds));
  /** A change is older than a period as long as a sync by the next sync: nothing to remember. */
  const mayForget = longestMs <= SYNC_MS;
  const changes: { readonly timeMs: number; readonly by: number }[] = [];
  const changeWithin = (nowMs: number, periodSeconds: number) =>
    changes.reduce((sum, { timeMs, by }) => (timeMs > nowMs - 1000 * periodSeconds ? sum + by : sum), 0);
  /** The replicas that the rules let through in their direction, at the start of each policy's period and from there. */
  const furthest = (rules: DirectionPolicy, way: 1 | -1, nowMs: number, replicas: number) => {
    if (rules.selectPolicy === "Disabled") return replicas;
    const takesMost = (rules.selectPolicy === "Max") === way > 0;
    let reach = takesMost ? -Infinity : Infinity;
    for (const { type, value, periodSeconds } of rules.policies) {
      const start = replicas - (mayForget ? 0 : changeWithin(nowMs, periodSeconds));
      const share = start * (1 + (way * value) / 100);
      const end = type === "Pods" ? start + way * value : way > 0 ? Math.ceil(share - 1e-9) : Math.trunc(share + 1e-9);
      reach = takesMost ? Math.max(reach, end) : Math.min(reach, end);
    }
    return reach;
  };
  return {
    limited(nowMs: number, replicas: number, wanted: number): number {
      if (wanted > replicas) return Math.min(wanted, Math.max(replicas, furthest(scaleUp, 1, nowMs, replicas)));
      return Math.max(wanted, Math.min(replicas, furthest(scaleDown, -1, nowMs, replicas)));
    },
    took(nowMs: number, by: number) {
      if (mayForget || by === 0) return;
      while (changes.length > 0 && (changes[0]?.timeMs ?? 0) <= nowMs - longestMs) changes.shift();
      changes.push({ timeMs: nowMs, by });
    },
  };
}
