// The evidence of a review: the history replayed through the controller's own line, once more at the pace of behavior, and priced. Pure.
import type { Evidence, ReplayEvidence } from "../../advice/index.ts";
import type { Scaler } from "../../api/index.ts";
import { planFor } from "../../controller/index.ts";
import type { Plan } from "../../controller/index.ts";
import { createLocalClock } from "../../forecast/index.ts";
import type { Holidays } from "../../forecast/index.ts";
import { queryFacts } from "../../prometheus/index.ts";
import { forecastNumbers, measure, priceCurve } from "../../replay/index.ts";
import type { Course } from "../../replay/index.ts";
import type { Series } from "../../series/index.ts";
import { backtestCourse } from "../backtest/result.ts";

const DAY_MS = 86_400_000;

export interface Seen {
  /** Times to Ready, ms. */
  readonly readyMs: readonly number[];
  /** Replicas of the forecast peak; NaN if not known. */
  readonly peakReplicas: number;
  /** The lead in use where the manifest says Auto; undefined: what is usual. */
  readonly leadMs: number | undefined;
}

/** Reviews need the share of `trace` before the judged part (0..1) and the time to Ready that the replay goes by. */
export function gather(scaler: Scaler, trace: Series, train: number, readyDelayMs: number | undefined, seen: Seen, holidays?: Holidays): Evidence {
  const { spec } = scaler;
  const plan = planFor({ ...scaler, spec: { ...spec, metric: { ...spec.metric, stepMs: trace.stepMs } } }, seen.leadMs);
  const clock = createLocalClock(spec.forecast.timeZone);
  const split = Math.floor(train * trace.values.length + 1e-9);
  const delayMs = readyDelayMs ?? plan.leadMs;
  const courseOf = (isPaced: boolean) => (split === 0 ? undefined : backtestCourse(scaler, trace, split, delayMs, holidays, isPaced)?.course);
  const [free, paced] = [courseOf(false), courseOf(true)];
  return {
    spec,
    trace,
    localMs: (timeMs) => clock.localMs(timeMs),
    holidays: holidays?.days ?? [],
    leadMs: plan.leadMs,
    replay: free === undefined || paced === undefined ? undefined : replayEvidence(free, paced, plan),
    query: queryFacts(spec.metric.query),
    readyMs: seen.readyMs,
    peakReplicas: seen.peakReplicas,
  };
}

function replayEvidence(course: Course, { wanted: paced }: Course, plan: Plan): ReplayEvidence {
  const { trace, judgedFrom, readyDelayMs, isFitted, wanted } = course;
  const { minReplicas, maxReplicas } = plan.model.demand;
  const world = { demand: trace.values, stepMs: trace.stepMs, targetPerReplica: plan.targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom };
  const { overloadedShare, podHours } = measure(world, wanted);
  let held = 0;
  for (let i = judgedFrom; i < wanted.length; i++) if ((paced[i] ?? 0) < (wanted[i] ?? 0)) held++;
  return {
    judgedDays: ((trace.values.length - judgedFrom) * trace.stepMs) / DAY_MS,
    isFitted,
    forecast: forecastNumbers(course),
    overloadedShare,
    pacedOverloadedShare: measure(world, paced).overloadedShare,
    pacedShare: held / Math.max(1, wanted.length - judgedFrom),
    podHours,
    prices: priceCurve(course).points,
  };
}
