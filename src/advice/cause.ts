// Why a time was short of capacity: the first that fits of nothing written, a limit, a metric that was not seen, slow pods, a forecast below demand.
import type { Reason } from "../api/index.ts";
import { numberText, replicasText } from "../decision/index.ts";
import type { Journal, JournalEvent, Slot } from "./journal.ts";
import { spanText } from "./moments.ts";
import type { Moments } from "./moments.ts";

/** A time in which demand was above what the ready replicas could serve. */
export interface Shortage {
  readonly startMs: number;
  readonly endMs: number;
  readonly shortSeconds: number;
  /** The largest demand, when it was (begin of its slot), what had been forecast for it one lead before, and the replicas that it needed. */
  readonly peak: number;
  readonly peakMs: number;
  readonly forecast: number;
  readonly needed: number;
  /** Fewest ready replicas. */
  readonly ready: number;
  /** When that many were first asked for, and first ready; NaN if never. */
  readonly askedMs: number;
  readonly readyMs: number;
  readonly cause: Cause;
}

export type CauseKind = "recommendOnly" | "switchedOff" | "limit" | "metricMissing" | "failure" | "slowPods" | "forecastLow" | "margin";

export interface Cause {
  readonly kind: CauseKind;
  /** The rule's word, where a rule or a failure is the cause. */
  readonly reason: Reason | undefined;
  readonly sentence: string;
}

const LIMITS: ReadonlySet<Reason> = new Set(["TooManyReplicas", "ScaleUpLimit", "ScaleUpDisabled", "ScaleUpStabilized"]);
const MISSING: ReadonlySet<Reason> = new Set([
  "MetricMissing",
  "Fallback",
  "NoData",
  "MetricStale",
  "QueryRejected",
  "QueryAmbiguous",
  "PrometheusUnreachable",
]);
const FAILURES: ReadonlySet<Reason> = new Set([
  "TargetNotFound",
  "TargetNotScalable",
  "Forbidden",
  "Conflict",
  "FailedGetScale",
  "FailedUpdateScale",
  "KubernetesUnreachable",
  "KubernetesRejected",
  "InternalError",
]);
/** A forecast so far below the demand, as a share, is called low; less is what the margin is for. */
const LOW_SHARE = 0.05;

const LIMIT_SENTENCES: Readonly<Partial<Record<Reason, (journal: Journal, needed: number) => string>>> = {
  TooManyReplicas: ({ maxReplicas }, needed) => `maxReplicas (${maxReplicas}) allowed no more; ${replicasText(needed)} were needed.`,
  ScaleUpLimit: () => "The policies of behavior.scaleUp let replicas be added only slowly.",
  ScaleUpDisabled: () => "behavior.scaleUp is Disabled: nothing may be added.",
  ScaleUpStabilized: () => "The window of behavior.scaleUp held the raise back.",
};

/** The cause of a shortage whose numbers are known. */
export function causeOf(shortage: Omit<Shortage, "cause">, journal: Journal, moments: Moments): Cause {
  const before = journal.slots.filter(({ timeMs }) => timeMs >= shortage.startMs - journal.leadMs - journal.slotMs && timeMs < shortage.endMs);
  const said = (words: ReadonlySet<Reason>) => {
    const slot = before.find(({ reason, limitedBy }) => (reason !== undefined && words.has(reason)) || (limitedBy !== undefined && words.has(limitedBy)));
    return slot === undefined ? undefined : words.has(slot.limitedBy ?? "AsExpected") ? slot.limitedBy : slot.reason;
  };
  if (journal.mode === "Recommend")
    return {
      kind: "recommendOnly",
      reason: "RecommendOnly",
      sentence: "The mode is Recommend: the scaler wrote nothing, whoever else scales the target decided.",
    };
  if (said(new Set(["ScalingDisabled"])) !== undefined)
    return { kind: "switchedOff", reason: "ScalingDisabled", sentence: "The target was set to 0 replicas, which switches it off." };
  const failure = said(FAILURES);
  if (failure !== undefined) return { kind: "failure", reason: failure, sentence: `The operator could not read or write the target (${failure}).` };
  // A limit that left room for what was needed is none of the causes.
  const limit = before.find(({ limitedBy, asked }) => limitedBy !== undefined && LIMITS.has(limitedBy) && !(asked >= shortage.needed))?.limitedBy;
  if (limit !== undefined && shortage.askedMs !== shortage.askedMs)
    return { kind: "limit", reason: limit, sentence: LIMIT_SENTENCES[limit]?.(journal, shortage.needed) ?? `${limit} held the replicas back.` };
  const missing = said(MISSING);
  if (missing !== undefined || before.some(({ demand, timeMs }) => Number.isNaN(demand) && timeMs < shortage.startMs))
    return {
      kind: "metricMissing",
      reason: missing,
      sentence: `The metric was not seen before and during this time${missing === undefined ? "" : ` (${missing})`}: replicas were held.`,
    };
  return { ...ofForecast(shortage, journal, moments, limit), reason: limit };
}

/** Nothing kept the scaler from asking: it asked in time and pods were slow, or it could not know. */
function ofForecast(shortage: Omit<Shortage, "cause">, journal: Journal, moments: Moments, limit: Reason | undefined): Pick<Cause, "kind" | "sentence"> {
  const { askedMs, readyMs, peakMs, peak, forecast, startMs } = shortage;
  const { leadMs, slotMs } = journal;
  if (limit !== undefined) return { kind: "limit", sentence: LIMIT_SENTENCES[limit]?.(journal, shortage.needed) ?? `${limit} held the replicas back.` };
  const tookMs = readyMs - askedMs;
  if (askedMs <= startMs - leadMs + slotMs || tookMs > leadMs + slotMs) {
    const took = Number.isNaN(readyMs) ? "were not Ready in this time" : `took ${spanText(tookMs)} to be Ready`;
    return { kind: "slowPods", sentence: `Pods were slow: those asked for at ${moments.at(askedMs)} ${took}, and the lead time is ${spanText(leadMs)}.` };
  }
  const lead = spanText(leadMs);
  if (Number.isNaN(forecast))
    return { kind: "forecastLow", sentence: `Demand rose to ${numberText(peak)} at ${moments.at(peakMs)}, and there was no forecast for that time yet.` };
  const off = 1 - forecast / peak;
  if (off > LOW_SHARE) {
    const share = `${Math.round(100 * off)} % less`;
    return {
      kind: "forecastLow",
      sentence: `Demand was not foreseen: ${numberText(peak)} at ${moments.at(peakMs)}, where ${numberText(forecast)} (${share}) was forecast ${lead} before.`,
    };
  }
  const right = `The forecast was right (${numberText(forecast)} for ${numberText(peak)})`;
  const allowed = numberText(100 * (1 - journal.serviceLevel));
  return {
    kind: "margin",
    sentence: `${right}; the margin did not cover the rest. The service level lets ${allowed} % of the time be short.`,
  };
}

/** When at least `needed` replicas were first asked for, looking from `fromMs` on; NaN if never. */
export function firstAskedMs({ events, slots }: Journal, needed: number, fromMs: number, untilMs: number): number {
  const before = slots.findLast(({ timeMs }) => timeMs < fromMs);
  const earlier = lastBefore(slots, needed, fromMs);
  if (before !== undefined && before.asked >= needed) return eventOf(events, needed, earlier, fromMs) ?? earlier;
  const event = events.find((one) => one.kind === "asked" && one.to >= needed && one.timeMs >= fromMs && one.timeMs < untilMs);
  return event?.timeMs ?? slots.find(({ timeMs, asked }) => timeMs >= fromMs && timeMs < untilMs && asked >= needed)?.timeMs ?? NaN;
}

/** Begin of the stretch of slots up to `fromMs` in which at least `needed` were asked for. */
function lastBefore(slots: readonly Slot[], needed: number, fromMs: number): number {
  let beginMs = NaN;
  for (const { timeMs, asked } of slots.toReversed()) {
    if (timeMs >= fromMs) continue;
    if (!(asked >= needed)) break;
    beginMs = timeMs;
  }
  return beginMs;
}

function eventOf(events: readonly JournalEvent[], needed: number, fromMs: number, untilMs: number): number | undefined {
  return events.find((one) => one.kind === "asked" && one.to >= needed && one.timeMs >= fromMs && one.timeMs < untilMs)?.timeMs;
}

/** When at least `needed` replicas were ready, from `fromMs` on; NaN if never. */
export function firstReadyMs({ events, slots }: Journal, needed: number, fromMs: number): number {
  if (Number.isNaN(fromMs)) return NaN;
  const event = events.find((one) => one.kind === "ready" && one.replicas >= needed && one.timeMs >= fromMs);
  return event?.timeMs ?? slots.find(({ timeMs, ready }) => timeMs >= fromMs && ready >= needed)?.timeMs ?? NaN;
}
