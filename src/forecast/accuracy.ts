// How good the forecast at the first lead was over the last seven days, out of sample: every error is settled one lead after it was said.
// Sums are kept per hour, so that taking a sample costs a few additions and seven days cost 168 slots.
import type { Accuracy } from "./forecaster.ts";
import { SAID_PERSISTENCE, SAID_POINT, SAID_UPPER, TIME, VALUE } from "./frame.ts";
import type { State } from "./state.ts";

const HOUR_MS = 3_600_000;
const HOURS = 168;
/** Sums of one slot. */
const DEMAND = 0;
const MISSED = 1;
const MISSED_BY_PERSISTENCE = 2;
const SUMS = 3;
/** Counts of one slot: samples below the bound, and all. */
const COVERED = 0;
const SETTLED = 1;
const COUNTS = 2;
/** Fewer settled errors than these say nothing. */
const LEAST = 30;

export interface Ledger {
  readonly slots: Float32Array;
  readonly counts: Int16Array;
  /** The hour (unix hours) that the newest slot holds. */
  readonly hour: Float64Array;
}

export function createLedger(state: State): Ledger {
  return { slots: state.f32(HOURS * SUMS), counts: state.i16(HOURS * COUNTS), hour: state.f64(1) };
}

function clear(slots: Float32Array, counts: Int16Array, slot: number): void {
  for (let i = 0; i < SUMS; i++) slots[slot * SUMS + i] = 0;
  for (let i = 0; i < COUNTS; i++) counts[slot * COUNTS + i] = 0;
}

/** Books one settled sample: the frame's value, and what was forecast, what persistence would have said, and the 95 % bound, all made one lead earlier. */
export function book({ slots, counts, hour }: Ledger, frame: Float64Array): void {
  const value = frame[VALUE]!;
  const now = Math.floor(frame[TIME]! / HOUR_MS);
  if (now !== hour[0]) {
    for (let h = Math.max(hour[0]! + 1, now - HOURS + 1); h <= now; h++) clear(slots, counts, (h - Math.floor(h / HOURS) * HOURS) | 0);
    hour[0] = now;
  }
  const error = Math.abs(value - frame[SAID_POINT]!);
  const byPersistence = Math.abs(value - frame[SAID_PERSISTENCE]!);
  const slot = (now - Math.floor(now / HOURS) * HOURS) | 0;
  const at = slot * SUMS;
  if (!(error + byPersistence >= 0)) return;
  slots[at + DEMAND] = slots[at + DEMAND]! + Math.abs(value);
  slots[at + MISSED] = slots[at + MISSED]! + error;
  slots[at + MISSED_BY_PERSISTENCE] = slots[at + MISSED_BY_PERSISTENCE]! + byPersistence;
  counts[slot * COUNTS + COVERED] = counts[slot * COUNTS + COVERED]! + (value <= frame[SAID_UPPER]! ? 1 : 0);
  counts[slot * COUNTS + SETTLED] = counts[slot * COUNTS + SETTLED]! + 1;
}

/** The sums of seven days as ratios; NaN where a ratio has no meaning (nothing settled, no demand). */
export function accuracyOf({ slots, counts }: Ledger): Accuracy {
  const sums = [0, 0, 0];
  const numbers = [0, 0];
  for (let i = 0; i < slots.length; i++) sums[i % SUMS] = sums[i % SUMS]! + slots[i]!;
  for (let i = 0; i < counts.length; i++) numbers[i % COUNTS] = numbers[i % COUNTS]! + counts[i]!;
  const [demand = 0, missed = 0, byPersistence = 0] = sums;
  const [covered = 0, count = 0] = numbers;
  if (count < LEAST) return { wape: NaN, wapePersistence: NaN, skill: NaN, coverage: NaN };
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : NaN);
  return {
    wape: ratio(missed, demand),
    wapePersistence: ratio(byPersistence, demand),
    skill: 1 - ratio(missed, byPersistence),
    coverage: covered / count,
  };
}
