// What is remembered of the last day of one scaler: slots of a few minutes, the changes between them, the last decision with its trace.
// The operator serves it as JSON; what is not known is NaN here and null there, never 0.
import type { Mode, Reason } from "../api/index.ts";
import { REASONS } from "../api/index.ts";

/** What one slot of the day was like. */
export interface Slot {
  /** Begin, unix ms. */
  readonly timeMs: number;
  /** Largest sample; NaN where there was none. */
  readonly demand: number;
  /** Largest forecast for this slot, made one lead before. */
  readonly forecast: number;
  /** Most replicas that the demand of one moment asked for by itself. */
  readonly raw: number;
  /** Replicas asked for by the last decision. */
  readonly asked: number;
  /** Fewest ready replicas. */
  readonly ready: number;
  /** Seconds with demand above the capacity of the ready replicas. */
  readonly shortSeconds: number;
  /** Of the last decision, or of the failure that kept one from coming. */
  readonly reason: Reason | undefined;
  readonly limitedBy: Reason | undefined;
}

/** `asked`: another number was asked for. `ready`: so many replicas, all that were asked for, are ready. */
export type JournalEvent =
  | {
      readonly kind: "asked";
      readonly timeMs: number;
      readonly from: number;
      readonly to: number;
      readonly reason: Reason;
      readonly limitedBy: Reason | undefined;
    }
  | { readonly kind: "ready"; readonly timeMs: number; readonly replicas: number };

export interface RuleStep {
  readonly rule: string;
  readonly from: number;
  readonly to: number;
  readonly reason: Reason;
  readonly message: string;
}

/** A decision as status and journal hold it. */
export interface DecisionRecord {
  readonly timeMs: number;
  readonly from: number;
  readonly to: number;
  readonly reason: Reason;
  readonly message: string;
  readonly trace: readonly RuleStep[];
}

/** What the demand rule worked with, in the unit of the query. */
export interface DemandRecord {
  readonly kind: "calibrated" | "reactive" | "missing";
  readonly now: number;
  /** Largest forecast within the lead. */
  readonly point: number;
  /** What is added to the forecast for the service level; may be below 0. */
  readonly spare: number;
  readonly raw: number;
}

export interface Journal {
  readonly namespace: string;
  readonly name: string;
  /** The operator's present. */
  readonly nowMs: number;
  readonly timeZone: string;
  readonly mode: Mode;
  readonly leadMs: number;
  readonly slotMs: number;
  readonly targetPerReplica: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** 0..1. */
  readonly serviceLevel: number;
  readonly decision: DecisionRecord | undefined;
  readonly demand: DemandRecord | undefined;
  readonly slots: readonly Slot[];
  readonly events: readonly JournalEvent[];
  /** Traces of the last changes. */
  readonly traces: readonly { readonly timeMs: number; readonly trace: readonly RuleStep[] }[];
}

type Loose = Readonly<Record<string, unknown>>;

/** The journal that the operator served as JSON; undefined if `value` is none. */
export function readJournal(value: unknown): Journal | undefined {
  if (!isLoose(value) || !Array.isArray(value["slots"]) || !Array.isArray(value["events"]) || typeof value["nowMs"] !== "number") return undefined;
  const number = (key: string) => numberOf(value[key]);
  return {
    namespace: textOf(value["namespace"]),
    name: textOf(value["name"]),
    nowMs: value["nowMs"],
    timeZone: textOf(value["timeZone"]) || "UTC",
    mode: (["Active", "ScaleOutOnly", "Recommend"] as const).find((mode) => mode === value["mode"]) ?? "Active",
    leadMs: number("leadMs"),
    slotMs: number("slotMs"),
    targetPerReplica: number("targetPerReplica"),
    minReplicas: number("minReplicas"),
    maxReplicas: number("maxReplicas"),
    serviceLevel: number("serviceLevel"),
    decision: readDecision(value["decision"]),
    demand: readDemand(value["demand"]),
    slots: listOf(value["slots"]).map(readSlot),
    events: listOf(value["events"]).map(readEvent),
    traces: listOf(value["traces"]).map((one) => ({ timeMs: numberOf(one["timeMs"]), trace: listOf(one["trace"]).map(readStep) })),
  };
}

function readDecision(value: unknown): DecisionRecord | undefined {
  if (!isLoose(value)) return undefined;
  return { timeMs: numberOf(value["timeMs"]), ...replicasOf(value), ...wordsOf(value), trace: listOf(value["trace"]).map(readStep) };
}

function readDemand(value: unknown): DemandRecord | undefined {
  if (!isLoose(value)) return undefined;
  const kind = (["calibrated", "reactive", "missing"] as const).find((one) => one === value["kind"]) ?? "missing";
  const [now, point, spare, raw] = ["now", "point", "spare", "raw"].map((key) => numberOf(value[key])) as [number, number, number, number];
  return { kind, now, point, spare, raw };
}

function readSlot(slot: Loose): Slot {
  const number = (key: string) => numberOf(slot[key]);
  return {
    timeMs: number("timeMs"),
    demand: number("demand"),
    forecast: number("forecast"),
    raw: number("raw"),
    asked: number("asked"),
    ready: number("ready"),
    shortSeconds: number("shortSeconds") || 0,
    reason: reasonOf(slot["reason"]),
    limitedBy: reasonOf(slot["limitedBy"]),
  };
}

function readEvent(event: Loose): JournalEvent {
  const timeMs = numberOf(event["timeMs"]);
  if (event["kind"] === "ready") return { kind: "ready", timeMs, replicas: numberOf(event["replicas"]) };
  return { kind: "asked", timeMs, ...replicasOf(event), reason: wordsOf(event).reason, limitedBy: reasonOf(event["limitedBy"]) };
}

function readStep(step: Loose): RuleStep {
  return { rule: textOf(step["rule"]), ...replicasOf(step), ...wordsOf(step) };
}

const replicasOf = (value: Loose) => ({ from: numberOf(value["from"]), to: numberOf(value["to"]) });
/** A newer operator may say a word that is not known here: it is shown as it is. */
const wordsOf = (value: Loose) => ({ reason: textOf(value["reason"]) as Reason, message: textOf(value["message"]) });
const isLoose = (value: unknown): value is Loose => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Loose[] => (Array.isArray(value) ? value.filter(isLoose) : []);
const numberOf = (value: unknown) => (typeof value === "number" ? value : NaN);
const textOf = (value: unknown) => (typeof value === "string" ? value : "");
const reasonOf = (value: unknown) => REASONS.find((reason) => reason === value);
