// A scaler and a trace -> the course and the numbers of a backtest: the controller's own line, replayed. Pure.
import type { Scaler } from "../../api/index.ts";
import { newLine, planFor } from "../../controller/index.ts";
import { comparePolicies, forecastNumbers, replayLine } from "../../replay/index.ts";
import type { Course, ForecastNumbers, PolicyResult } from "../../replay/index.ts";
import type { Series } from "../../series/index.ts";

export interface BacktestResult {
  readonly course: Course;
  /** Of the forecast: the manifest's lead in whole steps, ms. */
  readonly leadMs: number;
  readonly readyDelayMs: number;
  readonly serviceLevel: number;
  readonly targetPerReplica: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly forecast: ForecastNumbers;
  readonly policies: readonly PolicyResult[];
}

/** Replays `trace` (its first `split` steps are history). Undefined if after the split nothing is left to judge. */
export function backtestResult(scaler: Scaler, trace: Series, split: number, readyDelayMs: number): BacktestResult | undefined {
  const { stepMs, values } = trace;
  const { spec } = scaler;
  const plan = planFor({ ...scaler, spec: { ...spec, metric: { ...spec.metric, stepMs } } });
  const course = replayLine({ line: newLine(plan.model), trace, split, readyDelayMs });
  if (course.judgedFrom >= values.length) return undefined;
  const { minReplicas, maxReplicas } = spec;
  const { targetPerReplica } = plan;
  const world = { demand: values, stepMs, targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom: course.judgedFrom };
  return {
    course,
    leadMs: course.leadSteps * stepMs,
    readyDelayMs,
    serviceLevel: spec.forecast.serviceLevel,
    targetPerReplica,
    minReplicas,
    maxReplicas,
    forecast: forecastNumbers(course),
    policies: comparePolicies(world, course.wanted),
  };
}
