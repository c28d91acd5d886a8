// A scaler and a trace -> the course and the numbers of a backtest: the controller's own line, replayed. Pure.
import type { Scaler } from "../../api/index.ts";
import { newLine, planFor } from "../../controller/index.ts";
import { withinBounds } from "../../decision/index.ts";
import { createLocalClock } from "../../forecast/index.ts";
import type { Holidays } from "../../forecast/index.ts";
import { comparePolicies, errorByHour, forecastNumbers, hpaReplicas, measure, priceCurve, replayLine, worstHours } from "../../replay/index.ts";
import type { Course, ForecastNumbers, PolicyName, PolicyResult, PriceCurve, World, WorstHour } from "../../replay/index.ts";
import type { Series } from "../../series/index.ts";
import type { Hpa } from "./hpa-manifest.ts";

/** The course of a backtest and the settings that it had. */
export interface BacktestCourse {
  readonly course: Course;
  /** `namespace/name` of the scaler. */
  readonly key: string;
  /** Of the forecast: the manifest's lead in whole steps, ms. */
  readonly leadMs: number;
  readonly readyDelayMs: number;
  readonly serviceLevel: number;
  readonly targetPerReplica: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly timeZone: string;
  readonly hasWeek: boolean;
}

/** `compare`: the user's own HPA. */
export interface ComparedPolicy extends Omit<PolicyResult, "name"> {
  readonly name: PolicyName | "compare";
}

export interface BacktestResult extends BacktestCourse {
  readonly forecast: ForecastNumbers;
  readonly policies: readonly PolicyResult[];
}

/** The numbers with what a person asks next: against my own HPA, at which price, when, why. */
export interface BacktestReport extends Omit<BacktestResult, "policies"> {
  /** The five, and `compare` if there is one. */
  readonly policies: readonly ComparedPolicy[];
  readonly compare: Hpa | undefined;
  readonly curve: PriceCurve;
  readonly worst: readonly WorstHour[];
  /** 168 shares, Monday 00:00 first; NaN where there is none. */
  readonly errorByHour: Float64Array;
}

/**
 * Replays `trace` (its first `split` steps, at least one, are history) with the scaler's `holidays`; `isPaced: false` leaves out the rules after the demand but
 * for the bounds. Undefined if after the split nothing is left to judge.
 */
export function backtestCourse(
  scaler: Scaler, trace: Series, split: number, readyDelayMs: number, holidays?: Holidays, isPaced = true,
): BacktestCourse | undefined {
  const { stepMs, values } = trace;
  const { spec } = scaler;
  const learnedLeadMs = Math.ceil(readyDelayMs / stepMs - 1e-9) * stepMs; // leadTime Auto: the whole steps that the ready delay takes
  const plan = planFor({ ...scaler, spec: { ...spec, metric: { ...spec.metric, stepMs } } }, learnedLeadMs);
  const hasBounds = (plan.policy.schedules ?? []).length > 0 || (plan.policy.eventFloors ?? []).length > 0;
  const within = !hasBounds ? undefined : (replicas: number, timeMs: number) => withinBounds(plan.policy, replicas, timeMs);
  const limits = { ...(isPaced ? { policy: plan.policy } : {}), ...(within === undefined ? {} : { within }) };
  const course = replayLine({ line: newLine({ ...plan.model, holidays }), trace, split, readyDelayMs, ...limits });
  if (course.judgedFrom >= values.length) return undefined;
  return {
    course,
    key: plan.key,
    leadMs: course.leadSteps * stepMs,
    readyDelayMs,
    serviceLevel: spec.forecast.serviceLevel,
    targetPerReplica: plan.targetPerReplica,
    minReplicas: spec.minReplicas,
    maxReplicas: plan.model.demand.maxReplicas,
    timeZone: spec.forecast.timeZone,
    hasWeek: spec.forecast.seasons.includes("Week"),
  };
}

/** The numbers of a course, and those of other policies over the same demand. */
export function backtestResult(replayed: BacktestCourse): BacktestResult {
  return { ...replayed, forecast: forecastNumbers(replayed.course), policies: comparePolicies(worldOf(replayed), replayed.course.wanted) };
}

/** Called before each part of the work, with its name and the share that is done by then, 0..1. */
export type OnPart = (name: string, share: number) => void;

/** All that a report says of a course. */
export function backtestReport(replayed: BacktestCourse, compare: Hpa | undefined, onPart: OnPart): BacktestReport {
  const { course, readyDelayMs, targetPerReplica, maxReplicas, timeZone } = replayed;
  const localClock = createLocalClock(timeZone);
  onPart("comparing policies", 0.5);
  const result = backtestResult(replayed);
  onPart("working out what service levels cost", 0.75);
  return {
    ...result,
    compare,
    policies: [...result.policies, ...(compare === undefined ? [] : [comparedHpa(worldOf(replayed), compare)])],
    curve: priceCurve(course),
    worst: worstHours({ course, targetPerReplica, maxReplicas, readyDelayMs, localClock }),
    errorByHour: errorByHour(course, localClock),
  };
}

function worldOf({ course, readyDelayMs, targetPerReplica, minReplicas, maxReplicas }: BacktestCourse): World {
  const { judgedFrom, trace } = course;
  return { demand: trace.values, stepMs: trace.stepMs, targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom };
}

function comparedHpa(world: World, { minReplicas, maxReplicas, utilisation, behavior }: Hpa): ComparedPolicy {
  const own = { ...world, minReplicas, maxReplicas };
  return { name: "compare", utilisation, numbers: measure(own, hpaReplicas(own, utilisation, behavior)) };
}

export function numbersOf({ policies }: BacktestReport, wanted: ComparedPolicy["name"]): ComparedPolicy["numbers"] {
  return policies.find(({ name }) => name === wanted)?.numbers;
}
