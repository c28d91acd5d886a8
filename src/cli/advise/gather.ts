// The evidence of a review: the history replayed through the controller's own line, once more at the pace of behavior, and priced. Pure.
import type { Evidence, ReplayEvidence } from "../../advice/index.ts";
import type { Scaler } from "../../api/index.ts";
import { planFor } from "../../controller/index.ts";
import type { Plan } from "../../controller/index.ts";
import { decide, remember, startHistory } from "../../decision/index.ts";
import type { DecisionInput } from "../../decision/index.ts";
import { createLocalClock } from "../../forecast/index.ts";
import { queryFacts } from "../../prometheus/index.ts";
import { forecastNumbers, measure, priceCurve } from "../../replay/index.ts";
import type { Course } from "../../replay/index.ts";
import type { Series } from "../../series/index.ts";
import { backtestCourse } from "../backtest/result.ts";

const DAY_MS = 86_400_000;
/** Passes within one step while a policy limits: the operator comes back after each period. */
const MOST_PASSES = 20;

export interface Seen {
  /** Times to Ready, ms. */
  readonly readyMs: readonly number[];
  /** Replicas of the forecast peak; NaN if not known. */
  readonly peakReplicas: number;
  /** The lead in use where the manifest says Auto; undefined: what is usual. */
  readonly leadMs: number | undefined;
}

/** Reviews need the share of `trace` before the judged part (0..1) and the time to Ready that the replay goes by. */
export function gather(scaler: Scaler, trace: Series, train: number, readyDelayMs: number | undefined, seen: Seen): Evidence {
  const { spec } = scaler;
  const plan = planFor({ ...scaler, spec: { ...spec, metric: { ...spec.metric, stepMs: trace.stepMs } } }, seen.leadMs);
  const clock = createLocalClock(spec.forecast.timeZone);
  const split = Math.floor(train * trace.values.length + 1e-9);
  const replayed = split === 0 ? undefined : backtestCourse(scaler, trace, split, readyDelayMs ?? plan.leadMs);
  return {
    spec,
    trace,
    localMs: (timeMs) => clock.localMs(timeMs),
    leadMs: plan.leadMs,
    replay: replayed === undefined ? undefined : replayEvidence(replayed.course, plan),
    query: queryFacts(spec.metric.query),
    readyMs: seen.readyMs,
    peakReplicas: seen.peakReplicas,
  };
}

function replayEvidence(course: Course, plan: Plan): ReplayEvidence {
  const { trace, judgedFrom, readyDelayMs, isFitted, wanted } = course;
  const { minReplicas, maxReplicas } = plan.policy;
  const world = { demand: trace.values, stepMs: trace.stepMs, targetPerReplica: plan.targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom };
  const { overloadedShare, podHours } = measure(world, wanted);
  const paced = pacedReplicas(course, plan);
  return {
    judgedDays: ((trace.values.length - judgedFrom) * trace.stepMs) / DAY_MS,
    isFitted,
    forecast: forecastNumbers(course),
    overloadedShare,
    pacedOverloadedShare: measure(world, paced.replicas).overloadedShare,
    pacedShare: paced.share,
    podHours,
    prices: priceCurve(course).points,
  };
}

/** What the rules after the demand make of `wanted`, and the share of judged steps in which a scale-up policy held replicas back. */
function pacedReplicas({ trace, wanted, split, judgedFrom }: Course, plan: Plan): { readonly replicas: Float64Array; readonly share: number } {
  const { startMs, stepMs } = trace;
  const policy = { ...plan.policy, mode: "Active" } as const;
  const periods = policy.scaleUp.policies.map(({ periodSeconds }) => periodSeconds * 1000);
  const passes = Math.min(MOST_PASSES, Math.max(1, Math.floor(stepMs / Math.min(stepMs, ...periods))));
  const replicas = wanted.slice();
  let current = wanted[split] ?? policy.minReplicas;
  let history = startHistory(startMs + split * stepMs - DAY_MS, current);
  let held = 0;
  for (let i = split; i < wanted.length; i++) {
    const asked = wanted[i] ?? current;
    let isHeld = false;
    for (let pass = 0; pass < passes; pass++) {
      const nowMs = startMs + i * stepMs + (pass * stepMs) / passes;
      const input = inputOf(asked, current, nowMs, plan, policy);
      const decision = decide({ ...input, history });
      history = remember(history, decision, { nowMs, policy, isMissing: false });
      isHeld = decision.to < asked;
      current = decision.to;
      if (!isHeld) break;
    }
    replicas[i] = current;
    if (isHeld && i >= judgedFrom) held++;
  }
  return { replicas, share: held / Math.max(1, wanted.length - judgedFrom) };
}

/** A moment in which demand asks for `asked` replicas and everything else is well. */
function inputOf(
  asked: number,
  current: number,
  nowMs: number,
  { targetPerReplica, leadMs }: Plan,
  policy: DecisionInput["policy"],
): Omit<DecisionInput, "history"> {
  const need = asked * targetPerReplica;
  const counts = { raw: asked, stabilized: asked, wanted: asked, unlimited: asked } as const;
  const demand = {
    kind: "calibrated",
    control: "forecast",
    ...counts,
    now: need,
    present: true,
    point: need,
    margin: 0,
    scale: 1,
    targetPerReplica,
    leadMs,
  } as const;
  const target = { replicas: current, ready: current, isRollingOut: false };
  return { nowMs, demand, expectedAtMost: NaN, lastSampleMs: nowMs, missingBecause: undefined, target, policy };
}
