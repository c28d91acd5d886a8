// The status of a scaler as it is written: pure. Numbers are texts that a person can read; what is not known is left out.
import { promotion } from "../advice/index.ts";
import type { Condition, ScalerStatus } from "../api/index.ts";
import { durationText, STATUS_LIMITS } from "../api/index.ts";
import { rfc3339 } from "../clock.ts";
import { timeToReadyMs } from "../decision/index.ts";
import type { Decision, TraceEntry } from "../decision/index.ts";
import type { TargetScale } from "../kube/index.ts";
import { percent } from "./conditions.ts";
import type { Verdict } from "./conditions.ts";
import { headroomStatus } from "./headroom.ts";
import { conflictStatus } from "./conflicts.ts";
import type { Memory } from "./memory.ts";
import { scheduleStatus } from "./people.ts";
import { forecastAt } from "./track.ts";

const DAY_MS = 24 * 3_600_000;
/** How far ahead the peak in the status looks, ms. */
const PEAK_HORIZON_MS = DAY_MS;

/** A merge patch of `T`: null removes what is there. Lists are replaced whole. */
export type MergePatch<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [K in keyof T]?: MergePatch<T[K]> | null } : T;

/** Keeps lastTransitionTime where the status of a condition did not change. */
export function withTimes(verdicts: readonly Verdict[], before: readonly Condition[], generation: number, nowMs: number): Condition[] {
  return verdicts.map((verdict) => {
    const old = before.find((condition) => condition.type === verdict.type);
    return {
      ...verdict,
      message: verdict.message.slice(0, STATUS_LIMITS.messageLength),
      observedGeneration: generation,
      lastTransitionTime: old?.status === verdict.status ? old.lastTransitionTime : rfc3339(nowMs),
    };
  });
}

/** What is known without the target; parts that are null are removed by the merge patch. */
export function seenStatus(memory: Memory, nowMs: number): MergePatch<ScalerStatus> {
  return {
    schedule: scheduleStatus(memory.plan, nowMs),
    conflict: conflictStatus(memory.rivalry),
    demand: demandStatus(memory),
    ...modelStatus(memory),
    ...accuracyStatus(memory),
    ...serviceStatus(memory),
    ...readinessStatus(memory),
    ...headroomStatus(memory),
  };
}

/** The parts of the status that a decision fills in. */
export function decidedStatus(memory: Memory, scale: TargetScale, decision: Decision): MergePatch<ScalerStatus> {
  const conclusion = { time: rfc3339(decision.timeMs), ...bounded(decision) };
  const trace = decision.trace.slice(0, STATUS_LIMITS.traceEntries).map((entry) => ({ rule: entry.rule, ...bounded(entry) }));
  return {
    currentReplicas: scale.replicas,
    desiredReplicas: count(decision.to),
    ...(memory.lastScaleMs === undefined ? {} : { lastScaleTime: rfc3339(memory.lastScaleMs) }),
    decision: { ...conclusion, trace },
    recommendation: decision.kind === "recommend" ? { ...conclusion, advice: adviceOn(memory) } : null,
  };
}

/** What a rule or the decision said, within what the API server takes. */
function bounded({ from, to, reason, message }: TraceEntry | Decision) {
  return { from: count(from), to: count(to), reason, message: message.slice(0, STATUS_LIMITS.messageLength) };
}

/** Before the bounds of a scaler a demand may ask for more replicas than Kubernetes counts. */
function count(replicas: number): number {
  return Math.min(STATUS_LIMITS.replicas, replicas);
}

/** Whether the scaler has earned to act. What its replicas would have covered is not known of a scaler that only watches. */
function adviceOn({ track, model, plan }: Memory): string {
  const { wape, skill } = track.outlook.accuracy;
  const isFitted = model.kind === "fitted";
  const days = isFitted ? (model.fit.samples * model.fit.present * plan.stepMs) / DAY_MS : 0;
  return promotion({ isFitted, days, skill, wape, overloadedShare: NaN, serviceLevel: plan.serviceLevel }).sentence;
}

function demandStatus({ track, plan, missing }: Memory): MergePatch<ScalerStatus>["demand"] {
  const demand = track.demand();
  const atLead = forecastAt(track.outlook, plan.model.forecast.leadSteps[0] ?? 1);
  const peak = track.peakWithin(PEAK_HORIZON_MS);
  return {
    now: missing === undefined ? quantity(demand.now) : null,
    atLead: quantity(atLead.point),
    upperAtLead: quantity(atLead.upper),
    peak:
      peak === undefined || Number.isNaN(peak.demand)
        ? null
        : {
            time: rfc3339(peak.timeMs),
            demand: quantity(peak.demand) ?? "0",
            replicas: count(Math.max(plan.policy.minReplicas, Math.ceil(peak.demand / plan.targetPerReplica - 1e-9))),
          },
  };
}

function modelStatus({ model, plan }: Memory): Pick<MergePatch<ScalerStatus>, "model"> {
  if (model.kind !== "fitted") return { model: null };
  return {
    model: {
      fittedAt: rfc3339(model.atMs),
      historyFrom: rfc3339(model.historyFromMs),
      samples: model.fit.samples,
      present: percent(model.fit.present),
      leadTime: durationText(plan.leadMs),
    },
  };
}

function accuracyStatus({ track, model }: Memory): Pick<MergePatch<ScalerStatus>, "accuracy"> {
  const { wape, coverage, skill } = track.outlook.accuracy;
  if (model.kind !== "fitted" || !Number.isFinite(wape)) return { accuracy: null };
  const part = (share: number) => (Number.isFinite(share) ? percent(share) : null);
  return { accuracy: { window: "7d", wape: percent(wape), coverage: part(coverage), skill: part(skill) } };
}

function serviceStatus({ service, plan }: Memory): Pick<MergePatch<ScalerStatus>, "serviceLevel"> {
  const { share, sinceMs } = service.met();
  if (Number.isNaN(share)) return {};
  // Two digits: what is lost to rounding is lost at each restart.
  const text = (value: number) => `${Number((value * 100).toFixed(2))}%`;
  return { serviceLevel: { window: "7d", target: text(plan.serviceLevel), met: text(share), since: rfc3339(sinceMs) } };
}

function readinessStatus({ readiness }: Memory): Pick<MergePatch<ScalerStatus>, "timeToReady"> {
  const { observations } = readiness;
  // Of another target than before nothing is known, and a restart must not take up what was.
  if (observations.length === 0) return { timeToReady: null };
  const highMs = timeToReadyMs(observations);
  const inSeconds = (ms: number) => durationText(Math.ceil(ms / 1000) * 1000);
  return { timeToReady: { high: Number.isNaN(highMs) ? null : inSeconds(highMs), observed: observations.map(inSeconds) } };
}

/** A demand as text with about four significant digits; null where it is not known. */
export function quantity(value: number): string | null {
  if (!Number.isFinite(value)) return null;
  if (Math.abs(value) >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(4)));
}
