// The price of a service level: what each would have cost over the judged part of a course, and how well that is known.
// The scores of past minutes are the same for all levels, so one run gives the margin of each; three levels are run for themselves as a check.
import { createDemandRule } from "../decision/index.ts";
import type { Applied, DemandRule } from "../decision/index.ts";
import type { Course } from "./course.ts";
import { measure } from "./world.ts";
import type { PolicyMeasures } from "./world.ts";

export interface PricePoint {
  /** 0..1. */
  readonly serviceLevel: number;
  /** m: margin in units of the forecast's expected error, at the end of the course. */
  readonly margin: number;
  readonly meanReplicas: number;
  /** Replicas asked for over the judged steps, in hours. */
  readonly podHours: number;
  /** Whether enough minutes have been scored for this level: otherwise a few of them decide it. */
  readonly isKnown: boolean;
}

/** A level that was run for itself, margin calibrated as it went. */
export interface CheckedPrice {
  readonly serviceLevel: number;
  readonly podHours: number;
  /** Share of judged steps, 0..1. */
  readonly overloadedShare: number;
  /** What the curve says. */
  readonly predictedPodHours: number;
}

export interface PriceCurve {
  /** Ascending service levels. Empty if nothing was scored. */
  readonly points: readonly PricePoint[];
  readonly checked: readonly CheckedPrice[];
}

const LEVELS = [0.9, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.997, 0.998, 0.999, 0.9995];
const CHECKED_LEVELS: ReadonlySet<number> = new Set([0.98, 0.99, 0.995]);
/** A level is known from so many scored samples beyond it on. */
const LEAST_TAIL = 10;

/** What each service level would have cost over the judged part of `course`. */
export function priceCurve(course: Course): PriceCurve {
  const replays = [...CHECKED_LEVELS].map((serviceLevel) => ({ serviceLevel, ...replayLevel(course, serviceLevel) }));
  const { rule, scales } = replays[0] as (typeof replays)[number];
  if (rule.scored() === 0 || course.judgedFrom >= course.trace.values.length) return { points: [], checked: [] };
  const points = LEVELS.map((serviceLevel): PricePoint => {
    const budget = 1 - serviceLevel;
    const margin = rule.marginFor(budget);
    const { meanReplicas, podHours } = measured(course, replicasWith(course, scales, margin));
    return { serviceLevel, margin, meanReplicas, podHours, isKnown: budget * rule.scored() >= LEAST_TAIL };
  });
  const checked = replays.map(({ serviceLevel, wanted }): CheckedPrice => {
    const { podHours, overloadedShare } = measured(course, wanted);
    return { serviceLevel, podHours, overloadedShare, predictedPodHours: points.find((point) => point.serviceLevel === serviceLevel)?.podHours ?? NaN };
  });
  return { points, checked };
}

/** The demand rule alone walked again over what was forecast, at another level. */
function replayLevel({ trace, split, settings, points, readyDelayMs }: Course, serviceLevel: number): Level {
  const { startMs, stepMs, values } = trace;
  const rule = createDemandRule({ ...settings, budget: 1 - serviceLevel });
  const [wanted, scales] = [new Float64Array(values.length), new Float64Array(values.length)];
  let now = 0;
  const forecast = { forecast: () => points[now] ?? NaN };
  for (let i = 0; i < values.length; i++) {
    now = i;
    rule.observe(startMs + i * stepMs, values[i] ?? NaN, forecast);
    const demand = rule.demand();
    wanted[i] = Math.min(settings.maxReplicas, demand.wanted);
    scales[i] = demand.scale;
  }
  return { rule, wanted, scales };
}

interface Level {
  readonly rule: DemandRule;
  readonly wanted: Float64Array;
  readonly scales: Float64Array;
}

/** Replicas asked for at each step with a margin that never changes. */
function replicasWith({ trace, settings, points }: Course, scales: Float64Array, margin: number): Float64Array {
  const { values } = trace;
  const { targetPerReplica, minReplicas, maxReplicas, stabilizationSteps, scaleDownTolerance } = settings;
  const raw = new Float64Array(values.length);
  const wanted = new Float64Array(values.length);
  let floor = NaN;
  let previous = minReplicas;
  for (let i = 0; i < values.length; i++) {
    const y = values[i] as number;
    if (y >= 0) floor = y;
    const need = Math.max((points[i] as number) + margin * (scales[i] as number), floor);
    raw[i] = need >= 0 ? Math.max(minReplicas, Math.ceil(need / targetPerReplica - 1e-9)) : minReplicas;
    let stabilized = 0;
    for (let j = Math.max(0, i - stabilizationSteps); j <= i; j++) stabilized = Math.max(stabilized, raw[j] as number);
    if (!(stabilized < previous && stabilized > (1 - scaleDownTolerance) * previous)) previous = stabilized;
    wanted[i] = Math.min(maxReplicas, previous);
  }
  return wanted;
}

function measured({ trace, judgedFrom, readyDelayMs, settings }: Course, asked: Float64Array): PolicyMeasures {
  const { targetPerReplica, minReplicas, maxReplicas } = settings;
  return measure({ demand: trace.values, stepMs: trace.stepMs, targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom }, asked);
}
