// How a scaler is, as conditions: pure functions of what the pass saw. Every False says why in the closed vocabulary.
import type { ConditionType, Reason } from "../api/index.ts";
import { durationText } from "../api/index.ts";
import { rfc3339 } from "../clock.ts";
import { ceilingAt, numberText } from "../decision/index.ts";
import type { Decision, GateState } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import { headroomVerdict } from "./headroom.ts";
import type { Memory, Refit } from "./memory.ts";
import { FINDING_SHOWN_MS } from "./observation.ts";
import { conflictVerdict, pausedVerdict } from "./people.ts";
import type { StoredScaler } from "./stored-scaler.ts";

/** A condition before its times are known. */
export interface Verdict {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: Reason;
  readonly message: string;
}

/** What a pass saw. `failure` is what kept it from deciding. */
export interface Seen {
  readonly stored: StoredScaler;
  readonly memory: Memory;
  readonly nowMs: number;
  readonly decision: Decision | undefined;
  readonly failure: OperatorError | undefined;
}

/** With less history than this there is no week season, ms. */
const WEEK_SEASON_NEEDS_MS = 14 * 24 * 3_600_000;

export function verdicts(seen: Seen): Verdict[] {
  const headroom = headroomVerdict(seen.memory);
  const parts = [metricAvailable(seen), forecasting(seen.memory), ableToScale(seen), ...(headroom === undefined ? [] : [headroom])];
  const conflict = conflictVerdict(seen.memory);
  return [ready(parts, conflict), ...parts, scalingLimited(seen), pausedVerdict(seen.stored, seen.nowMs), conflict];
}

/** The verdict on a manifest that cannot be used. */
export function invalidVerdicts(message: string): Verdict[] {
  const no = (type: ConditionType): Verdict => ({ type, status: "False", reason: "InvalidSpec", message });
  return [no("Ready"), no("Forecasting"), no("AbleToScale")];
}

function metricAvailable({ memory, nowMs }: Seen): Verdict {
  const { missing, track } = memory;
  const well: Verdict = { type: "MetricAvailable", status: "True", reason: "SamplesReceived", message: "The query yields one series." };
  if (missing === undefined) return unusual(memory, nowMs) ?? well;
  const held = Number.isNaN(track.lastSampleMs) ? "" : " Replicas are held meanwhile.";
  return { type: "MetricAvailable", status: "False", reason: missing.reason, message: missing.sentence + held };
}

/** What was last unusual about the samples, and what was done about it. */
function unusual({ finding, track }: Memory, nowMs: number): Verdict | undefined {
  if (finding === undefined) return undefined;
  const { anomaly } = finding;
  if (anomaly.kind === "stuck") {
    if (track.outlook.anomaly?.kind !== "stuck") return undefined;
    const stuck = `The query has answered ${numberText(anomaly.value)} since ${rfc3339(anomaly.sinceMs)}, longer than any value before`;
    return { type: "MetricAvailable", status: "False", reason: "ValueStuck", message: `${stuck}: it counts as missing, and nothing is lowered on it.` };
  }
  if (nowMs - finding.atMs > FINDING_SHOWN_MS) return undefined;
  const seen = `A sample of ${numberText(anomaly.value)} at ${rfc3339(anomaly.timeMs)}, where ${numberText(anomaly.expected)} was expected`;
  const isOutlier = anomaly.kind === "outlier";
  const inPart = "it is learned from only in part; replicas may rise on it";
  const done = isOutlier ? inPart : `sample ${anomaly.samples} in a row so far on one side, so the model follows the new level`;
  return { type: "MetricAvailable", status: "True", reason: isOutlier ? "OutlierIgnored" : "LevelShiftFollowed", message: `${seen}: ${done}.` };
}

function forecasting({ missing, model, plan, track }: Memory): Verdict {
  const no = (reason: Reason, message: string): Verdict => ({ type: "Forecasting", status: "False", reason, message });
  if (missing !== undefined) return no(missing.reason, missing.sentence);
  switch (model.kind) {
    case "loading":
      return no("HistoryLoading", `Loading ${durationText(plan.historyMs)} of history. Until it is here, replicas follow the present demand.`);
    case "failed":
      return no(model.error.reason, `History could not be loaded: ${model.error.sentence} Replicas follow the present demand.`);
    case "tooShort":
      return no("HistoryTooShort", tooShort(model.fit.haveMs, model.fit.needMs));
    case "fitted": {
      const gate = track.gate();
      if (gate.control === "demand") return no("AccuracyBelowGate", belowGate(gate));
      const seasons = [model.fit.day ? "day" : "", model.fit.week ? "week" : ""].filter(Boolean).join(" and ");
      const wantsWeek = plan.model.forecast.week && !model.fit.week;
      const noWeek = wantsWeek ? ` There is no week season yet: it needs ${durationText(WEEK_SEASON_NEEDS_MS)} of history.` : "";
      const learned = `Learned from ${durationText(plan.historyMs)} of history, ${percent(model.fit.present)} of its samples present`;
      const message = `${learned}; seasons: ${seasons || "none"}.${noWeek}${leftAside(model.refit)}`;
      return { type: "Forecasting", status: "True", reason: "ModelFitted", message };
    }
  }
}

function belowGate({ skill6h, skill24h, sinceMs }: GateState): string {
  const worse = `The forecast has been worse than taking demand as it is now: its skill is ${percent(skill6h)} over 6 hours and ${percent(skill24h)} over 24`;
  const since = `Since ${rfc3339(sinceMs)} replicas follow the present demand with a margin of its own`;
  return `${worse}. ${since}; the forecast gets control back once its skill over 24 hours is above 5 %, at the earliest a day after it lost it.`;
}

/** A refit that would have been worse does not serve. */
function leftAside({ atMs, rejected }: Refit): string {
  if (rejected === undefined) return "";
  const errors = `${percent(rejected.wape)} against ${percent(rejected.servingWape)}`;
  return ` A model learned at ${rfc3339(atMs)} was left aside: over the last week its error was larger, ${errors}.`;
}

function tooShort(haveMs: number, needMs: number): string {
  const hours = (ms: number) => durationText(Math.floor(ms / 3_600_000) * 3_600_000);
  return `There is ${hours(haveMs)} of history; ${durationText(needMs)} are needed. Replicas follow the present demand until then.`;
}

function ableToScale({ decision, failure, memory }: Seen): Verdict {
  if (failure !== undefined) return { type: "AbleToScale", status: "False", reason: failure.reason, message: failure.sentence };
  if (decision?.reason === "ScalingDisabled") return { type: "AbleToScale", status: "False", reason: "ScalingDisabled", message: decision.message };
  const { output } = memory.plan;
  if (output.type === "External")
    return { type: "AbleToScale", status: "True", reason: "ReadyForNewScale", message: "The target's scale was read; KEDA is told the number when it asks." };
  const what = output.type === "HorizontalPodAutoscaler" ? `The floor of HorizontalPodAutoscaler ${output.name}` : "The target's scale";
  return { type: "AbleToScale", status: "True", reason: "ReadyForNewScale", message: `${what} was read and may be changed.` };
}

function scalingLimited({ decision, memory, nowMs }: Seen): Verdict {
  const limit = decision?.limitedBy;
  const { ahead, plan } = memory;
  const { replicas: most, by = "maxReplicas" } = ceilingAt(plan.policy, ahead?.timeMs ?? nowMs);
  if (limit === undefined && ahead !== undefined && ahead.replicas > most) {
    const peak = `Demand is forecast to reach ${numberText(ahead.demand)} at ${rfc3339(ahead.timeMs)}, which needs ${ahead.replicas} replicas with its margin`;
    return { type: "ScalingLimited", status: "True", reason: "ForecastAboveMax", message: `${peak}; ${by} is ${most}. Raise it before then.` };
  }
  if (limit === undefined) return { type: "ScalingLimited", status: "False", reason: "DesiredWithinRange", message: "No bound or policy limits the replicas." };
  return { type: "ScalingLimited", status: "True", reason: limit.reason, message: limit.message };
}

function ready(parts: readonly Verdict[], conflict: Verdict): Verdict {
  // Who may not write does nothing, whatever else is wrong.
  const wrong = conflict.status === "True" ? conflict : parts.find((part) => part.status === "False");
  if (wrong === undefined) return { type: "Ready", status: "True", reason: "AsExpected", message: "Forecasting and scaling." };
  return { type: "Ready", status: "False", reason: wrong.reason, message: wrong.message };
}

/** 0.992 as `99.2%`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
