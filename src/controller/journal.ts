// The last day of every scaler in memory, for people who ask why: slots and changes in one buffer a scaler, a few traces as text.
// Invariant: at most 8 KB a scaler, whatever its step, and no work that grows with what is kept.
import type { DecisionRecord, Journal, JournalEvent, RuleStep, Slot } from "../advice/index.ts";
import { REASONS } from "../api/index.ts";
import type { Decision } from "../decision/index.ts";
import type { OperatorError } from "../errors.ts";
import type { TargetScale } from "../kube/index.ts";
import type { Memory } from "./memory.ts";
import type { Plan } from "./plan.ts";
import { forecastAt } from "./track.ts";

const DAY_MS = 24 * 3_600_000;
/** Slots of the future hold what is forecast for them. */
const LONGEST_LEAD_MS = 2 * 3_600_000;
/** A slot is at least so long: with more of them a day would not fit. */
const LEAST_SLOT_MS = 5 * 60_000;
/** demand f32, forecast f32, raw u16, asked u16, ready u16, short s u16, reason u8, limit u8. */
const SLOT_BYTES = 18;
/** time s u32, from u16, to u16, reason u8, limit u8. */
const EVENT_BYTES = 10;
const EVENTS = 48;
/** Characters of the traces of past changes. */
const TRACE_CHARACTERS = 1200;
const UNKNOWN_COUNT = 0xffff;
const NO_REASON = 0xff;
/** Stands for a reason where an event says that replicas are ready. */
const READY = 0xfe;

/** What one pass saw and did. */
export interface Passed {
  readonly memory: Memory;
  readonly nowMs: number;
  /** Seconds since the last pass with demand above the ready replicas' capacity. */
  readonly shortSeconds: number;
  readonly scale?: TargetScale | undefined;
  readonly decision?: Decision | undefined;
  readonly failure?: OperatorError | undefined;
}

export interface Journals {
  take(passed: Passed): void;
  forget(key: string): void;
  /** What is kept of `namespace/name` since `sinceMs`; undefined if nothing is. */
  read(key: string, sinceMs: number, nowMs: number): Journal | undefined;
  /** Bytes of one scaler's buffers and texts; 0 if nothing is kept. */
  bytes(key: string): number;
}

export function createJournals(): Journals {
  const books = new Map<string, Book>();
  return {
    take(passed) {
      const { plan } = passed.memory;
      let book = books.get(plan.key);
      if (book === undefined || !book.fits(plan)) books.set(plan.key, (book = new Book(plan)));
      book.take(passed);
    },
    forget: (key) => void books.delete(key),
    read: (key, sinceMs, nowMs) => books.get(key)?.read(sinceMs, nowMs),
    bytes: (key) => books.get(key)?.bytes ?? 0,
  };
}

class Book {
  #plan: Plan;
  readonly #slotMs: number;
  readonly #slots: number;
  readonly #view: DataView;
  /** Newest slot that is open, counted from 1970: the one that the newest forecast is for. */
  #head = NaN;
  /** Slot of the first pass. */
  #first = NaN;
  #events = 0;
  #traces: { readonly timeMs: number; readonly text: string }[] = [];
  #traceCharacters = 0;
  #last: { readonly decision: Decision; readonly memory: Memory } | undefined;
  /** What was last asked for, until so many are ready. */
  #awaited = NaN;
  #asked = NaN;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#slotMs = slotMsOf(plan);
    this.#slots = Math.ceil(DAY_MS / this.#slotMs) + Math.ceil(LONGEST_LEAD_MS / this.#slotMs) + 1;
    this.#view = new DataView(new ArrayBuffer(this.#slots * SLOT_BYTES + EVENTS * EVENT_BYTES));
  }

  get bytes(): number {
    return this.#view.byteLength + this.#traceCharacters;
  }

  /** Whether the slots of this book are those that `plan` needs. */
  fits(plan: Plan): boolean {
    return slotMsOf(plan) === this.#slotMs && plan.uid === this.#plan.uid;
  }

  take({ memory, nowMs, shortSeconds, scale, decision, failure }: Passed): void {
    const { plan, track } = memory;
    this.#plan = plan;
    this.#open(nowMs);
    const at = this.#at(this.#slotOf(nowMs));
    const view = this.#view;
    const { now, present, raw, kind } = track.demand();
    if (present && memory.missing === undefined) raise(view, at, now);
    if (kind !== "missing") raiseCount(view, at + 8, raw);
    const forecast = forecastAt(track.outlook, plan.model.forecast.leadSteps[0] ?? 1).point;
    if (memory.model.kind === "fitted") raise(view, this.#at(this.#slotOf(track.liveMs + plan.leadMs)) + 4, forecast);
    view.setUint16(at + 14, Math.min(UNKNOWN_COUNT, view.getUint16(at + 14) + Math.round(shortSeconds)));
    if (scale !== undefined) lower(view, at + 12, scale.readyReplicas);
    view.setUint8(at + 16, indexOf(failure === undefined ? decision?.reason : failure.reason));
    view.setUint8(at + 17, indexOf(decision?.limitedBy?.reason));
    if (decision === undefined) return;
    view.setUint16(at + 10, countOf(decision.to));
    this.#tell(decision, scale, nowMs);
    this.#last = { decision, memory };
  }

  read(sinceMs: number, nowMs: number): Journal {
    const { namespace, name, leadMs, targetPerReplica, policy, model, serviceLevel } = this.#plan;
    const first = Math.max(this.#first, this.#head - this.#slots + 1, this.#slotOf(sinceMs));
    const newest = Math.min(this.#head, this.#slotOf(nowMs));
    return {
      namespace,
      name,
      nowMs,
      timeZone: model.timeZone,
      mode: policy.mode,
      leadMs,
      slotMs: this.#slotMs,
      targetPerReplica,
      minReplicas: policy.minReplicas,
      maxReplicas: policy.maxReplicasCeiling ?? policy.maxReplicas,
      serviceLevel,
      decision: this.#last === undefined ? undefined : recordOf(this.#last.decision),
      demand: this.#last === undefined ? undefined : demandOf(this.#last.memory),
      slots: Array.from({ length: Math.max(0, newest - first + 1) }, (_, i) => this.#readSlot(first + i)),
      events: this.#readEvents().filter(({ timeMs }) => timeMs >= sinceMs),
      traces: this.#traces.filter(({ timeMs }) => timeMs >= sinceMs).map(({ timeMs, text }) => ({ timeMs, trace: JSON.parse(text) as RuleStep[] })),
    };
  }

  /** Opens the slots up to that of the forecasts made now; those between are empty. */
  #open(nowMs: number): void {
    const head = this.#slotOf(nowMs + this.#plan.leadMs + this.#slotMs);
    if (Number.isNaN(this.#first)) this.#first = this.#slotOf(nowMs);
    const from = Number.isNaN(this.#head) ? head - this.#slots + 1 : Math.max(this.#head + 1, head - this.#slots + 1);
    for (let slot = from; slot <= head; slot++) {
      const at = this.#at(slot);
      this.#view.setFloat32(at, NaN);
      this.#view.setFloat32(at + 4, NaN);
      for (const place of [8, 10, 12]) this.#view.setUint16(at + place, UNKNOWN_COUNT);
      this.#view.setUint16(at + 14, 0);
      this.#view.setUint16(at + 16, (NO_REASON << 8) | NO_REASON);
    }
    this.#head = Math.max(head, Number.isNaN(this.#head) ? head : this.#head);
  }

  /** Notes what was asked for anew, and that all of it is ready. */
  #tell(decision: Decision, scale: TargetScale | undefined, nowMs: number): void {
    const before = decision.kind === "recommend" ? this.#asked : decision.from;
    this.#asked = decision.to;
    if (decision.kind !== "hold" && before !== decision.to && !Number.isNaN(before)) {
      this.#note(nowMs, before, decision.to, indexOf(decision.reason), indexOf(decision.limitedBy?.reason));
      this.#keepTrace(nowMs, decision);
      this.#awaited = decision.to > before ? decision.to : NaN;
    } else if (scale !== undefined && scale.readyReplicas >= this.#awaited) {
      this.#note(nowMs, scale.readyReplicas, this.#awaited, READY, NO_REASON);
      this.#awaited = NaN;
    }
  }

  #note(timeMs: number, from: number, to: number, reason: number, limit: number): void {
    const at = this.#slots * SLOT_BYTES + (this.#events++ % EVENTS) * EVENT_BYTES;
    this.#view.setUint32(at, Math.floor(timeMs / 1000));
    this.#view.setUint16(at + 4, countOf(from));
    this.#view.setUint16(at + 6, countOf(to));
    this.#view.setUint8(at + 8, reason);
    this.#view.setUint8(at + 9, limit);
  }

  #keepTrace(timeMs: number, { trace }: Decision): void {
    const text = JSON.stringify(trace);
    this.#traces.push({ timeMs, text });
    this.#traceCharacters += text.length;
    while (this.#traceCharacters > TRACE_CHARACTERS) this.#traceCharacters -= this.#traces.shift()?.text.length ?? 0;
  }

  #readSlot(slot: number): Slot {
    const view = this.#view;
    const at = this.#at(slot);
    return {
      timeMs: slot * this.#slotMs,
      demand: rounded(view.getFloat32(at)),
      forecast: rounded(view.getFloat32(at + 4)),
      raw: countAt(view, at + 8),
      asked: countAt(view, at + 10),
      ready: countAt(view, at + 12),
      shortSeconds: view.getUint16(at + 14),
      reason: REASONS[view.getUint8(at + 16)],
      limitedBy: REASONS[view.getUint8(at + 17)],
    };
  }

  #readEvents(): JournalEvent[] {
    const count = Math.min(EVENTS, this.#events);
    return Array.from({ length: count }, (_, i) => {
      const at = this.#slots * SLOT_BYTES + ((this.#events - count + i) % EVENTS) * EVENT_BYTES;
      const timeMs = 1000 * this.#view.getUint32(at);
      const [from, to] = [countAt(this.#view, at + 4), countAt(this.#view, at + 6)];
      const reason = this.#view.getUint8(at + 8);
      if (reason === READY) return { kind: "ready", timeMs, replicas: from };
      return { kind: "asked", timeMs, from, to, reason: REASONS[reason] ?? "NothingToDo", limitedBy: REASONS[this.#view.getUint8(at + 9)] };
    });
  }

  #slotOf(timeMs: number): number {
    return Math.floor(timeMs / this.#slotMs);
  }

  #at(slot: number): number {
    return (((slot % this.#slots) + this.#slots) % this.#slots) * SLOT_BYTES;
  }
}

function slotMsOf({ stepMs }: Plan): number {
  return Math.ceil(LEAST_SLOT_MS / stepMs) * stepMs;
}

function recordOf({ timeMs, from, to, reason, message, trace }: Decision): DecisionRecord {
  return { timeMs, from, to, reason, message, trace };
}

function demandOf({ track }: Memory): Journal["demand"] {
  const { kind, now, point, margin, scale, raw } = track.demand();
  return { kind, now, point, spare: margin * scale, raw };
}

const indexOf = (reason: string | undefined) => (reason === undefined ? NO_REASON : REASONS.findIndex((one) => one === reason) & NO_REASON);
const countOf = (count: number) => (Number.isNaN(count) ? UNKNOWN_COUNT : Math.min(UNKNOWN_COUNT - 1, count));

/** What a float of 32 bits knows of a number. */
function rounded(value: number): number {
  return Number(value.toPrecision(7));
}

function countAt(view: DataView, at: number): number {
  const count = view.getUint16(at);
  return count === UNKNOWN_COUNT ? NaN : count;
}

function raise(view: DataView, at: number, value: number): void {
  const old = view.getFloat32(at);
  if (Number.isFinite(value) && !(old >= value)) view.setFloat32(at, value);
}

function raiseCount(view: DataView, at: number, count: number): void {
  const old = countAt(view, at);
  if (!(old >= count)) view.setUint16(at, countOf(count));
}

function lower(view: DataView, at: number, count: number): void {
  const old = countAt(view, at);
  if (!Number.isNaN(count) && !(old <= count)) view.setUint16(at, countOf(count));
}
