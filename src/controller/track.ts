// The live end of one scaler's line. Late samples happen, so the newest slots are re-read; the line is kept twice:
// `settled` has seen only slots that are not re-read, `live` is settled plus the pending slots. A pending slot that
// changes is repaired by running the pending slots again from the settled state.
import type { Applied, GateState, Line, LineDemand } from "../decision/index.ts";
import type { Forecaster } from "../forecast/index.ts";
import type { Series } from "../series/index.ts";
import { newLine } from "./model.ts";
import type { Learned } from "./model.ts";
import type { ModelSettings } from "./plan.ts";

/** Slots that are read again at each pass: scrapes and remote writes of five steps' lateness are still seen. */
export const OVERLAP_STEPS = 5;
/** Slots that may wait for an answer before the model must learn anew, in steps of a day at most. */
const MAX_PENDING_MS = 24 * 3_600_000;

export interface Track {
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
  const { stepMs } = settings.forecast;
  const live = newLine(settings);
  const settled = newLine(settings);
  if (learned !== undefined) {
    settled.importState(learned.state);
    live.importState(learned.state);
  }
  if (before !== undefined) for (const line of [settled, live]) line.inherit(before);
  return new LiveTrack(live, settled, stepMs, settledMs, learned?.lastSampleMs ?? NaN);
}

class LiveTrack implements Track {
  readonly #live: Line;
  readonly #settled: Line;
  readonly #stepMs: number;
  readonly #pending: number[] = [];
  readonly #applied: (Applied | undefined)[] = [];
  #settledMs: number;
  #lastSampleMs: number;

  constructor(live: Line, settled: Line, stepMs: number, settledMs: number, lastSampleMs: number) {
    this.#live = live;
    this.#settled = settled;
    this.#stepMs = stepMs;
    this.#settledMs = settledMs;
    this.#lastSampleMs = lastSampleMs;
  }

  get forecaster(): Forecaster {
    return this.#live.forecaster;
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
    let isRepaired = false;
    for (let i = 0; i < known; i++) {
      const value = values[i] ?? NaN;
      // A sample that was there once is not taken back by a later absence.
      if (Number.isNaN(value) || Object.is(value, this.#pending[i])) continue;
      this.#pending[i] = value;
      isRepaired = true;
    }
    for (let i = known; i < values.length; i++) {
      this.#pending.push(values[i] ?? NaN);
      this.#applied.push(i === values.length - 1 ? applied : undefined);
    }
    if (isRepaired) {
      this.#live.importState(this.#settled.exportState());
      this.#observe(this.#live, 0, this.#pending.length);
    } else this.#observe(this.#live, known, this.#pending.length);
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      if (Number.isNaN(this.#pending[i])) continue;
      this.#lastSampleMs = this.#slotMs(i);
      break;
    }
    this.#settle(values.length - OVERLAP_STEPS);
  }

  skip(untilMs: number): void {
    const from = this.#pending.length;
    while (this.liveMs + this.#stepMs <= untilMs && !this.isTorn) {
      this.#pending.push(NaN);
      this.#applied.push(undefined);
    }
    this.#observe(this.#live, from, this.#pending.length);
  }

  demand(): LineDemand {
    return this.#live.demand();
  }

  gate(): GateState {
    return this.#live.gate();
  }

  #slotMs(i: number): number {
    return this.#settledMs + (i + 1) * this.#stepMs;
  }

  #observe(line: Line, from: number, to: number): void {
    for (let i = from; i < to; i++) line.observe(this.#slotMs(i), this.#pending[i] ?? NaN, this.#applied[i]);
  }

  /** Moves the first `count` pending slots into the settled state. */
  #settle(count: number): void {
    if (count <= 0) return;
    this.#observe(this.#settled, 0, count);
    this.#pending.splice(0, count);
    this.#applied.splice(0, count);
    this.#settledMs += count * this.#stepMs;
  }
}
