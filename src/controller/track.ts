// The live end of one scaler's line. Late samples happen, so the newest slots are re-read: what is kept is the settled state,
// which has seen only slots that are not re-read, and the pending slots. The live line is the settled state and the pending slots after it,
// put together on a working line when somebody asks; a pending slot that changes is thereby repaired.
import type { Applied, GateState, Line, LineDemand } from "../decision/index.ts";
import type { Forecaster } from "../forecast/index.ts";
import type { Series } from "../series/index.ts";
import { newLine } from "./model.ts";
import type { Learned } from "./model.ts";
import { pack, unpack } from "./packed.ts";
import type { Packed } from "./packed.ts";
import type { ModelSettings } from "./plan.ts";
import { createWorkingLines } from "./working-lines.ts";
import type { LineUser } from "./working-lines.ts";

/** Slots that are read again at each pass: scrapes and remote writes of five steps' lateness are still seen. */
export const OVERLAP_STEPS = 5;
/** Slots that may wait for an answer before the model must learn anew, in steps of a day at most. */
const MAX_PENDING_MS = 24 * 3_600_000;
/** Pending slots that are walked again each time; of longer outages a state in between is kept as well. */
const WALK_STEPS = 40;

/** All scalers take turns on these. */
const working = createWorkingLines();

export interface Track {
  /** Of the live line, until this turn of the event loop ends: then ask again. */
  readonly forecaster: Forecaster;
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
}

/** A track whose next slot is the one after `settledMs`, from a learned model or from nothing. `before`: the control of the track that served until now. */
export function createTrack(settings: ModelSettings, settledMs: number, learned?: Learned, before?: GateState): Track {
  return new LiveTrack(settings, packedStart(settings, learned, before), settledMs, learned?.lastSampleMs ?? NaN);
}

function packedStart(settings: ModelSettings, learned: Learned | undefined, before: GateState | undefined): Packed {
  if (learned !== undefined && before === undefined) return pack(learned.state);
  const line = newLine(settings);
  if (learned !== undefined) line.importState(learned.state);
  if (before !== undefined) line.inherit(before);
  return pack(line.exportState());
}

class LiveTrack implements Track, LineUser {
  readonly settings: ModelSettings;
  readonly #stepMs: number;
  #pending: number[] = [];
  #applied: (Applied | undefined)[] = [];
  #settled: Packed;
  #settledMs: number;
  #lastSampleMs: number;
  /** In a long outage: the state after the first `count` pending slots. */
  #between: { readonly state: Packed; readonly count: number } | undefined;

  constructor(settings: ModelSettings, settled: Packed, settledMs: number, lastSampleMs: number) {
    this.settings = settings;
    this.#stepMs = settings.forecast.stepMs;
    this.#settled = settled;
    this.#settledMs = settledMs;
    this.#lastSampleMs = lastSampleMs;
  }

  get forecaster(): Forecaster {
    return this.#live().forecaster;
  }
  get settledMs(): number {
    return this.#settledMs;
  }
  get liveMs(): number {
    return this.#settledMs + this.#pending.length * this.#stepMs;
  }
  get lastSampleMs(): number {
    return this.#lastSampleMs;
  }
  get isTorn(): boolean {
    return this.#pending.length * this.#stepMs > MAX_PENDING_MS;
  }

  take(series: Series, applied: Applied | undefined): void {
    // The reading may have been asked for by the track before this one: a model can be learned while it is under way.
    const begin = Math.round((this.#settledMs + this.#stepMs - series.startMs) / this.#stepMs);
    if (begin < 0) return;
    const values = series.values.subarray(begin);
    const known = Math.min(this.#pending.length, values.length);
    const found = working.find(this);
    let isRepaired = false;
    for (let i = 0; i < known; i++) {
      const value = values[i] ?? NaN;
      // A sample that was there once is not taken back by a later absence.
      if (Number.isNaN(value) || Object.is(value, this.#pending[i])) continue;
      this.#pending[i] = value;
      isRepaired = true;
    }
    const before = this.#pending.length;
    for (let i = known; i < values.length; i++) {
      this.#pending.push(values[i] ?? NaN);
      this.#applied.push(i === values.length - 1 ? applied : undefined);
    }
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      if (Number.isNaN(this.#pending[i])) continue;
      this.#lastSampleMs = this.#slotMs(i);
      break;
    }
    const settling = Math.max(0, values.length - OVERLAP_STEPS);
    if (isRepaired || settling > 0) this.#walk(settling);
    else if (found !== undefined) this.#observe(found, before, this.#pending.length);
  }

  skip(untilMs: number): void {
    const live = this.#live();
    while (this.liveMs + this.#stepMs <= untilMs && !this.isTorn) {
      this.#pending.push(NaN);
      this.#applied.push(undefined);
      this.#observe(live, this.#pending.length - 1, this.#pending.length);
    }
    const count = this.#pending.length;
    if (count - (this.#between?.count ?? 0) > WALK_STEPS) this.#between = { state: pack(live.exportState()), count };
  }

  demand(): LineDemand {
    return this.#live().demand();
  }

  gate(): GateState {
    return this.#live().gate();
  }

  #slotMs(i: number): number {
    return this.#settledMs + (i + 1) * this.#stepMs;
  }

  #observe(line: Line, from: number, to: number): void {
    for (let i = from; i < to; i++) line.observe(this.#slotMs(i), this.#pending[i] ?? NaN, this.#applied[i]);
  }

  /** A line in the settled state, or in a later one. */
  #lineAt(state: Packed): Line {
    const { line, room } = working.claim(this);
    unpack(state, room);
    line.importState(room);
    return line;
  }

  #live(): Line {
    const found = working.find(this);
    if (found !== undefined) return found;
    const line = this.#lineAt(this.#between?.state ?? this.#settled);
    this.#observe(line, this.#between?.count ?? 0, this.#pending.length);
    return line;
  }

  /** Walks from the settled state over the pending slots, of which the first `count` settle. */
  #walk(count: number): void {
    this.#between = undefined;
    const line = this.#lineAt(this.#settled);
    this.#observe(line, 0, count);
    if (count > 0) this.#settled = pack(line.exportState());
    this.#observe(line, count, this.#pending.length);
    // New arrays, of the length that is needed: one that was spliced keeps room for more.
    this.#pending = this.#pending.slice(count);
    this.#applied = this.#applied.slice(count);
    this.#settledMs += count * this.#stepMs;
  }
}
