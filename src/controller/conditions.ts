// How a scaler is, as conditions: pure functions of what the pass saw. Every False says why in the closed vocabulary.
import type { ConditionType, Reason } from "../api/index.ts";
import { durationText } from "../api/index.ts";
import type { Decision } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import type { Memory } from "./memory.ts";

/** A condition before its times are known. */
export interface Verdict {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: Reason;
  readonly message: string;
}

/** What a pass saw. `failure` is what kept it from deciding. */
export interface Seen {
  readonly memory: Memory;
  readonly decision: Decision | undefined;
  readonly failure: OperatorError | undefined;
}

/** With less history than this there is no week season, ms. */
const WEEK_SEASON_NEEDS_MS = 14 * 24 * 3_600_000;

export function verdicts(seen: Seen): Verdict[] {
  const parts = [metricAvailable(seen.memory), forecasting(seen.memory), ableToScale(seen)];
  return [ready(parts), ...parts, scalingLimited(seen.decision)];
}

/** The verdict on a manifest that cannot be used. */
export function invalidVerdicts(message: string): Verdict[] {
  const no = (type: ConditionType): Verdict => ({ type, status: "False", reason: "InvalidSpec", message });
  return [no("Ready"), no("Forecasting"), no("AbleToScale")];
}

function metricAvailable({ missing, track }: Memory): Verdict {
  if (missing === undefined) return { type: "MetricAvailable", status: "True", reason: "SamplesReceived", message: "The query yields one series." };
  const held = Number.isNaN(track.lastSampleMs) ? "" : " Replicas are held meanwhile.";
  return { type: "MetricAvailable", status: "False", reason: missing.reason, message: missing.sentence + held };
}

function forecasting({ missing, model, plan }: Memory): Verdict {
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
      const seasons = [model.fit.day ? "day" : "", model.fit.week ? "week" : ""].filter(Boolean).join(" and ");
      const wantsWeek = plan.model.forecast.week && !model.fit.week;
      const noWeek = wantsWeek ? ` There is no week season yet: it needs ${durationText(WEEK_SEASON_NEEDS_MS)} of history.` : "";
      const learned = `Learned from ${durationText(plan.historyMs)} of history, ${percent(model.fit.present)} of its samples present`;
      return { type: "Forecasting", status: "True", reason: "ModelFitted", message: `${learned}; seasons: ${seasons || "none"}.${noWeek}` };
    }
  }
}

function tooShort(haveMs: number, needMs: number): string {
  const hours = (ms: number) => durationText(Math.floor(ms / 3_600_000) * 3_600_000);
  return `There is ${hours(haveMs)} of history; ${durationText(needMs)} are needed. Replicas follow the present demand until then.`;
}

function ableToScale({ decision, failure }: Seen): Verdict {
  if (failure !== undefined) return { type: "AbleToScale", status: "False", reason: failure.reason, message: failure.sentence };
  if (decision?.reason === "ScalingDisabled") return { type: "AbleToScale", status: "False", reason: "ScalingDisabled", message: decision.message };
  return { type: "AbleToScale", status: "True", reason: "ReadyForNewScale", message: "The target's scale was read and may be changed." };
}

function scalingLimited(decision: Decision | undefined): Verdict {
  const limit = decision?.limitedBy;
  if (limit === undefined) return { type: "ScalingLimited", status: "False", reason: "DesiredWithinRange", message: "No bound or policy limits the replicas." };
  return { type: "ScalingLimited", status: "True", reason: limit.reason, message: limit.message };
}

function ready(parts: readonly Verdict[]): Verdict {
  const wrong = parts.find((part) => part.status === "False");
  if (wrong === undefined) return { type: "Ready", status: "True", reason: "AsExpected", message: "Forecasting and scaling." };
  return { type: "Ready", status: "False", reason: wrong.reason, message: wrong.message };
}

/** 0.992 as `99.2%`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
