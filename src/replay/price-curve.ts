// The price of a service level: what each would have cost over the judged part of a course, and how well that is known.
// The scores of past minutes are the same for all levels, so one run gives the margin of each; three levels are run for themselves as a check.
import { createDemandRule, feedbackAfter } from "../decision/index.ts";
import type { DemandRule } from "../decision/index.ts";
import type { Course } from "./course.ts";
import { slidingLeast, slidingMost } from "./sliding.ts";
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
/** Among LEVELS. */
const CHECKED_LEVELS = [0.98, 0.99, 0.995] as const;
/** A level is known from so many scored samples beyond it on. */
const LEAST_TAIL = 10;
/** The margins of a ladder of budgets are read so often; each budget is the one before it divided by the third root of 2. */
const PERIOD_MS = 2 * 3_600_000;
const RUNGS = 48;
const RUNGS_PER_OCTAVE = 3;
/** Without a sample for so long the demand rule counts the metric as missing. */
const MISSING_AFTER_MS = 30 * 60_000;
/** How full replicas are before anything has been scored: the demand rule's reactive start. */
const REACTIVE_FILL = 0.8;

/** What each service level would have cost over the judged part of `course`. */
export function priceCurve(course: Course): PriceCurve {
  const { trace, judgedFrom } = course;
  const ladders = new Float64Array(RUNGS * Math.ceil(trace.values.length / periodSteps(course)));
  const [first, ...others] = CHECKED_LEVELS;
  const replay = replayLevel(course, first, ladders);
  const scored = replay.rule.scored();
  if (!(scored > 0) || judgedFrom >= trace.values.length) return { points: [], checked: [] };
  const points = LEVELS.map((serviceLevel): PricePoint => {
    const budget = 1 - serviceLevel;
    const { meanReplicas, podHours } = measured(course, replicasAt(course, budget, replay.scales, ladders));
    return { serviceLevel, margin: replay.rule.marginFor(budget), meanReplicas, podHours, isKnown: budget * scored >= LEAST_TAIL };
  });
  const replays = [replay, ...others.map((serviceLevel) => replayLevel(course, serviceLevel))];
  const checked = replays.map(({ serviceLevel, wanted }): CheckedPrice => {
    const { podHours, overloadedShare } = measured(course, wanted);
    return { serviceLevel, podHours, overloadedShare, predictedPodHours: points.find((point) => point.serviceLevel === serviceLevel)?.podHours ?? NaN };
  });
  return { points, checked };
}

function periodSteps({ settings }: Course): number {
  return Math.max(1, Math.round(PERIOD_MS / settings.stepMs));
}

interface LevelReplay {
  readonly serviceLevel: number;
  /** As it stands at the end. */
  readonly rule: DemandRule;
  readonly wanted: Float64Array;
  /** S at each step. */
  readonly scales: Float64Array;
}

/** The demand rule alone walked again over what was forecast, at another level. At the start of each period `ladders` takes the margin of each rung. */
function replayLevel(course: Course, serviceLevel: number, ladders?: Float64Array): LevelReplay {
  const { trace, settings, points } = course;
  const { startMs, stepMs, values } = trace;
  const rule = createDemandRule({ ...settings, budget: 1 - serviceLevel });
  const [wanted, scales] = [new Float64Array(values.length), new Float64Array(values.length)];
  const period = periodSteps(course);
  let now = 0;
  const forecast = { forecast: () => points[now] ?? NaN };
  for (let i = 0; i < values.length; i++) {
    now = i;
    if (ladders !== undefined && i % period === 0) {
      for (let k = 0; k < RUNGS; k++) ladders[(i / period) * RUNGS + k] = rule.marginFor(2 ** (-k / RUNGS_PER_OCTAVE));
    }
    rule.observe(startMs + i * stepMs, values[i] ?? NaN, forecast);
    const demand = rule.demand();
    wanted[i] = Math.min(settings.maxReplicas, demand.wanted);
    scales[i] = demand.scale;
  }
  return { serviceLevel, rule, wanted, scales };
}

/** Replicas asked for at each step at `budget`, by the margins of `ladders` and the feedback of its own overloads. */
function replicasAt(course: Course, budget: number, scales: Float64Array, ladders: Float64Array): Float64Array {
  const { trace, settings, points } = course;
  const { stepMs, values } = trace;
  const { targetPerReplica, minReplicas, maxReplicas, stabilizationSteps, scaleDownTolerance, leadSteps } = settings;
  const period = periodSteps(course);
  const samplesPerDay = (24 * 3_600_000) / stepMs;
  const rung = -RUNGS_PER_OCTAVE * Math.log2(budget);
  const [raw, wanted, asked] = [new Float64Array(values.length), new Float64Array(values.length), new Float64Array(values.length)];
  const [stabilizedAt, readyAt] = [slidingMost(raw, stabilizationSteps), slidingLeast(wanted, leadSteps - 1)];
  let [floor, previous, feedback, held, stepsWithout] = [NaN, minReplicas, 0, minReplicas, 0];
  for (let i = 0; i < values.length; i++) {
    const y = values[i] as number;
    if (y >= 0) floor = y;
    const at = Math.min(RUNGS - 1.001, Math.max(0, rung - (RUNGS_PER_OCTAVE * feedback) / Math.LN2));
    const from = Math.floor(i / period) * RUNGS + Math.floor(at);
    const [low, high] = [ladders[from] as number, ladders[from + 1] as number];
    const margin = low + (at - Math.floor(at)) * (high - low);
    const need = Number.isNaN(margin) ? floor / REACTIVE_FILL : Math.max((points[i] as number) + margin * (scales[i] as number), floor);
    raw[i] = need >= 0 ? Math.max(minReplicas, Math.ceil(need / targetPerReplica - 1e-9)) : minReplicas;
    const stabilized = stabilizedAt(i);
    if (!(stabilized < previous && stabilized > (1 - scaleDownTolerance) * previous)) previous = stabilized;
    const ready = i > 0 ? readyAt(i - 1) : Infinity;
    if (y >= 0 && i > samplesPerDay) feedback = feedbackAfter(feedback, y > targetPerReplica * ready, budget, samplesPerDay);
    wanted[i] = previous;
    stepsWithout = y >= 0 ? 0 : stepsWithout + 1;
    // As the demand rule says it: an absent sample lowers nothing, and a metric that is missing changes nothing.
    if (stepsWithout === 0) held = previous;
    else if (stepsWithout * stepMs < MISSING_AFTER_MS) held = Math.max(held, previous);
    asked[i] = Math.min(maxReplicas, held);
  }
  return asked;
}

function measured({ trace, judgedFrom, readyDelayMs, settings, within }: Course, wanted: Float64Array): PolicyMeasures {
  const { targetPerReplica, minReplicas, maxReplicas } = settings;
  const { startMs, stepMs, values } = trace;
  const asked = within === undefined ? wanted : wanted.map((replicas, i) => within(replicas, startMs + i * stepMs));
  return measure({ demand: values, stepMs, targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom }, asked);
}
