// The live end of one scaler's line. Late samples happen, so the newest slots are read again: what is kept is a state, packed, which has seen
// only slots that will not be read again, and the slots after it. Whatever is new is walked from there on a line that lives for that one call.
// Invariant: no line outlives a call here, so no scaler's state can reach another's; what others see of it are plain values.
import type { Applied, GateState, Line, LineDemand } from "../decision/index.ts";
import type { Accuracy, Anomaly, Peak } from "../forecast/index.ts";
import type { Series } from "../series/index.ts";
import { EXPECTED_WITH } from "./expectations.ts";
import { lineIn, newLine } from "./model.ts";
import type { Learned } from "./model.ts";
import { lengthsOf, pack, repack, unpack } from "./packed.ts";
import type { Lengths, Packed } from "./packed.ts";
import { AHEAD_MS } from "./peak-ahead.ts";
import type { ModelSettings } from "./plan.ts";

/** Slots that are read again at each pass: scrapes and remote writes of five steps' lateness are still seen. */
export const OVERLAP_STEPS = 5;
/** So many settled slots are walked again at most: walking a few costs less than packing a state at each pass. */
const PACK_STEPS = 8;
/** Slots that may wait for an answer before the model must learn anew, in steps of a day at most. */
const MAX_PENDING_MS = 24 * 3_600_000;
/** Slots that are walked again at each pass. Of a longer outage what has changed since the packed state is kept as well. */
const WALK_STEPS = 40;

/** What the live line says at its newest slot. */
export interface Outlook {
  readonly demand: LineDemand;
  readonly gate: GateState;
  /** At each lead of the settings, in their order: the forecast and its 95 % bound. */
  readonly forecasts: readonly { readonly steps: number; readonly point: number; readonly upper: number }[];
  /** What the demand one lead later stays below with the probability EXPECTED_WITH; NaN where nothing can be said. */
  readonly atMost: number;
  /** The largest forecast of the next AHEAD_MS. */
  readonly peak: Peak | undefined;
  readonly accuracy: Accuracy;
  /** What is unusual about the newest sample. */
  readonly anomaly: Anomaly | undefined;
  readonly isFallingBehind: boolean;
}

/** What is forecast `steps` ahead. Throws RangeError for a lead that the settings do not name. */
export function forecastAt({ forecasts }: Outlook, steps: number): Outlook["forecasts"][number] {
  const found = forecasts.find((one) => one.steps === steps);
  if (found === undefined) throw new RangeError(`nothing is kept ${steps} steps ahead, only at ${forecasts.map((one) => one.steps).join(", ")}`);
  return found;
}

export interface Track {
  /** Of the newest slot that the live line has seen. */
  readonly outlook: Outlook;
  /** Newest slot that the live line has seen, unix ms. */
  readonly liveMs: number;
  /** Newest settled slot: reading goes on after it. */
  readonly settledMs: number;
  /** Newest slot with a sample, unix ms; NaN if there has been none. */
  readonly lastSampleMs: number;
  /** So much is unread that the model should learn anew. */
  readonly isTorn: boolean;
  /** Takes what was read of the slots after `settledMs` (earlier ones are left out); `applied` belongs to the newest slot. */
  take(series: Series, applied: Applied | undefined): void;
  /** The slots up to `untilMs` could not be read: the live line goes on without samples. */
  skip(untilMs: number): void;
  demand(): LineDemand;
  gate(): GateState;
  /** The largest forecast of the next `horizonMs`: walks the line for it. */
  peakWithin(horizonMs: number): Peak | undefined;
  /** Of the states that are kept. */
  readonly bytes: number;
}

/** A track whose next slot is the one after `settledMs`, from a learned model or from nothing. `before`: the control of the track that served until now. */
export function createTrack(settings: ModelSettings, settledMs: number, learned?: Learned, before?: GateState): Track {
  const line = newLine(settings);
  if (learned !== undefined) line.importState(learned.state);
  if (before !== undefined) line.inherit(before);
  return new LiveTrack(settings, line, settledMs, learned?.lastSampleMs ?? NaN);
}

class LiveTrack implements Track {
  readonly #settings: ModelSettings;
  readonly #stepMs: number;
  readonly #lengths: Lengths;
  /** The state at `#packedMs`, and the slots after it; the first `#settledCount` of them are not read again. */
  #packed: Packed;
  #packedMs: number;
  #slots: number[] = [];
  #applied: (Applied | undefined)[] = [];
  #settledCount = 0;
  /** In a long outage: how the state after the first `count` slots differs from the packed one. */
  #between: { readonly changes: Packed; readonly count: number } | undefined;
  #lastSampleMs: number;
  #outlook: Outlook;

  /** `line` stands at `packedMs` and is not kept. */
  constructor(settings: ModelSettings, line: Line, packedMs: number, lastSampleMs: number) {
    this.#settings = settings;
    this.#stepMs = settings.forecast.stepMs;
    const state = line.exportState();
    this.#lengths = lengthsOf(state);
    this.#packed = pack(state);
    this.#packedMs = packedMs;
    this.#lastSampleMs = lastSampleMs;
    this.#outlook = outlookOf(line, settings);
  }

  get outlook(): Outlook {
    return this.#outlook;
  }
  get settledMs(): number {
    return this.#packedMs + this.#settledCount * this.#stepMs;
  }
  get liveMs(): number {
    return this.#packedMs + this.#slots.length * this.#stepMs;
  }
  get lastSampleMs(): number {
    return this.#lastSampleMs;
  }
  get isTorn(): boolean {
    return this.liveMs - this.settledMs > MAX_PENDING_MS;
  }
  get bytes(): number {
    return this.#packed.byteLength + (this.#between?.changes.byteLength ?? 0);
  }

  take(series: Series, applied: Applied | undefined): void {
    // The reading may have been asked for by the track before this one: a model can be learned while it is under way.
    const begin = Math.round((this.settledMs + this.#stepMs - series.startMs) / this.#stepMs);
    if (begin < 0) return;
    const values = series.values.subarray(begin);
    const first = this.#settledCount;
    const known = Math.min(this.#slots.length - first, values.length);
    let isNew = values.length > known;
    for (let i = 0; i < known; i++) {
      const value = values[i] ?? NaN;
      // A sample that was there once is not taken back by a later absence.
      if (Number.isNaN(value) || Object.is(value, this.#slots[first + i])) continue;
      this.#slots[first + i] = value;
      isNew = true;
    }
    for (let i = known; i < values.length; i++) {
      this.#slots.push(values[i] ?? NaN);
      this.#applied.push(i === values.length - 1 ? applied : undefined);
    }
    for (let i = this.#slots.length - 1; i >= 0; i--) {
      if (Number.isNaN(this.#slots[i])) continue;
      this.#lastSampleMs = this.#slotMs(i);
      break;
    }
    const settling = Math.max(0, values.length - OVERLAP_STEPS);
    if (isNew || settling > 0) this.#walk(settling);
  }

  skip(untilMs: number): void {
    const before = this.#slots.length;
    while (this.liveMs + this.#stepMs <= untilMs && !this.isTorn) {
      this.#slots.push(NaN);
      this.#applied.push(undefined);
    }
    const count = this.#slots.length;
    if (count === before) return;
    const line = this.#lineAt(before);
    this.#observe(line, before, count);
    this.#outlook = outlookOf(line, this.#settings);
    if (count - (this.#between?.count ?? 0) > WALK_STEPS) this.#between = { changes: pack(line.exportState(), this.#packed), count };
  }

  demand(): LineDemand {
    return this.#outlook.demand;
  }

  gate(): GateState {
    return this.#outlook.gate;
  }

  peakWithin(horizonMs: number): Peak | undefined {
    return this.#lineAt(this.#slots.length).forecaster.peakWithin(horizonMs);
  }

  #slotMs(i: number): number {
    return this.#packedMs + (i + 1) * this.#stepMs;
  }

  #observe(line: Line, from: number, to: number): void {
    for (let i = from; i < to; i++) line.observe(this.#slotMs(i), this.#slots[i] ?? NaN, this.#applied[i]);
  }

  /** A line in the packed state. With `changes`, it is in the state that they lead to. */
  #lineFrom(changes?: Packed): Line {
    return lineIn(this.#settings, unpack(this.#packed, this.#lengths, changes));
  }

  /** A line that has seen the first `count` slots. */
  #lineAt(count: number): Line {
    const between = this.#between !== undefined && this.#between.count <= count ? this.#between : undefined;
    const line = this.#lineFrom(between?.changes);
    this.#observe(line, between?.count ?? 0, count);
    return line;
  }

  /** Walks over all slots, of which `settling` more settle. */
  #walk(settling: number): void {
    this.#settledCount += settling;
    this.#between = undefined;
    const line = this.#lineFrom();
    if (this.#settledCount > PACK_STEPS) this.#pack(line);
    this.#observe(line, 0, this.#slots.length);
    this.#outlook = outlookOf(line, this.#settings);
  }

  /** Has `line` see the settled slots, and keeps its state in their place. */
  #pack(line: Line): void {
    const count = this.#settledCount;
    this.#observe(line, 0, count);
    this.#packed = repack(line.exportState(), this.#packed);
    this.#packedMs = this.settledMs;
    this.#settledCount = 0;
    // New arrays, of the length that is needed: one that was spliced keeps room for more.
    this.#slots = this.#slots.slice(count);
    this.#applied = this.#applied.slice(count);
  }
}

function outlookOf(line: Line, { forecast, demand }: ModelSettings): Outlook {
  const { forecaster } = line;
  return {
    demand: { ...line.demand(), ahead: line.ahead() },
    gate: line.gate(),
    forecasts: forecast.leadSteps.map((steps) => ({ steps, point: forecaster.forecast(steps), upper: forecaster.upper(steps) })),
    atMost: forecaster.bound(demand.leadSteps, EXPECTED_WITH).demand,
    peak: forecaster.peakWithin(AHEAD_MS),
    accuracy: forecaster.accuracy(),
    anomaly: forecaster.anomaly(),
    isFallingBehind: forecaster.isFallingBehind(),
  };
}
