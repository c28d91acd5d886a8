// A scaler and a trace -> the course and the numbers of a backtest: the controller's own line, replayed. Pure.
import type { Scaler } from "../../api/index.ts";
import { newLine, planFor } from "../../controller/index.ts";
import { comparePolicies, forecastNumbers, replayLine } from "../../replay/index.ts";
import type { Course, ForecastNumbers, PolicyResult } from "../../replay/index.ts";
import type { Series } from "../../series/index.ts";

/** The course of a backtest and the settings that it had. */
export interface BacktestCourse {
  readonly course: Course;
  /** Of the forecast: the manifest's lead in whole steps, ms. */
  readonly leadMs: number;
  readonly readyDelayMs: number;
  readonly serviceLevel: number;
  readonly targetPerReplica: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

export interface BacktestResult extends BacktestCourse {
  readonly forecast: ForecastNumbers;
  readonly policies: readonly PolicyResult[];
}

/** Replays `trace` (its first `split` steps, at least one, are history). Undefined if after the split nothing is left to judge. */
export function backtestCourse(scaler: Scaler, trace: Series, split: number, readyDelayMs: number): BacktestCourse | undefined {
  const { stepMs, values } = trace;
  const { spec } = scaler;
  const plan = planFor({ ...scaler, spec: { ...spec, metric: { ...spec.metric, stepMs } } });
  const course = replayLine({ line: newLine(plan.model), trace, split, readyDelayMs });
  if (course.judgedFrom >= values.length) return undefined;
  return {
    course,
    leadMs: course.leadSteps * stepMs,
    readyDelayMs,
    serviceLevel: spec.forecast.serviceLevel,
    targetPerReplica: plan.targetPerReplica,
    minReplicas: spec.minReplicas,
    maxReplicas: spec.maxReplicas,
  };
}

/** The numbers of a course, and those of other policies over the same demand. */
export function backtestResult(replayed: BacktestCourse): BacktestResult {
  const { course, readyDelayMs, targetPerReplica, minReplicas, maxReplicas } = replayed;
  const { judgedFrom, trace } = course;
  const world = { demand: trace.values, stepMs: trace.stepMs, targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom };
  return { ...replayed, forecast: forecastNumbers(course), policies: comparePolicies(world, course.wanted) };
}
