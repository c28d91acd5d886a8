// How good the forecast at the first lead was over the last seven days, out of sample: every error is settled one lead after it was said.
// Sums are kept per three hours, so that taking a sample costs a few additions and seven days cost 56 slots.
import type { Accuracy } from "./forecaster.ts";
import { SAID_PERSISTENCE, SAID_POINT, SAID_UPPER, TIME, VALUE } from "./frame.ts";
import type { State } from "./state.ts";

const SLOT_MS = 3 * 3_600_000;
const SLOTS = 56;
/** Probability of the bound that is judged. */
const PROBABILITY = 0.95;
/** Sums of one slot. */
const DEMAND = 0;
const MISSED = 1;
const MISSED_BY_PERSISTENCE = 2;
/** Forecast less demand, with its sign, and pinball loss of the bound. */
const SURPLUS = 3;
const PINBALL = 4;
const SUMS = 5;
/** Counts of one slot: samples below the bound, and all. */
const COVERED = 0;
const SETTLED = 1;
const COUNTS = 2;
/** Fewer settled errors than these say nothing. */
const LEAST = 30;

export interface Ledger {
  readonly slots: Float32Array;
  readonly counts: Int16Array;
  /** What the newest slot holds, in three hours since 1970. */
  readonly newest: Float64Array;
}

export function createLedger(state: State): Ledger {
  return { slots: state.f32(SLOTS * SUMS), counts: state.i16(SLOTS * COUNTS), newest: state.f64(1) };
}

function clear(slots: Float32Array, counts: Int16Array, slot: number): void {
  for (let i = 0; i < SUMS; i++) slots[slot * SUMS + i] = 0;
  for (let i = 0; i < COUNTS; i++) counts[slot * COUNTS + i] = 0;
}

/** Slot of a number of three hours, also before 1970. */
function slotOf(number: number): number {
  return (number - Math.floor(number / SLOTS) * SLOTS) | 0;
}

/** Books one settled sample: the frame's value, and what was forecast, what persistence would have said, and the 95 % bound, all made one lead earlier. */
export function book({ slots, counts, newest }: Ledger, frame: Float64Array): void {
  const value = frame[VALUE]!;
  const now = Math.floor(frame[TIME]! / SLOT_MS);
  if (now !== newest[0]) {
    for (let n = Math.max(newest[0]! + 1, now - SLOTS + 1); n <= now; n++) clear(slots, counts, slotOf(n));
    newest[0] = now;
  }
  const surplus = frame[SAID_POINT]! - value;
  const error = Math.abs(surplus);
  const byPersistence = Math.abs(value - frame[SAID_PERSISTENCE]!);
  if (!(error + byPersistence >= 0)) return;
  const below = frame[SAID_UPPER]! - value;
  const slot = slotOf(now);
  const at = slot * SUMS;
  const counted = slot * COUNTS;
  slots[at + DEMAND] = slots[at + DEMAND]! + value;
  slots[at + MISSED] = slots[at + MISSED]! + error;
  slots[at + MISSED_BY_PERSISTENCE] = slots[at + MISSED_BY_PERSISTENCE]! + byPersistence;
  slots[at + SURPLUS] = slots[at + SURPLUS]! + surplus;
  slots[at + PINBALL] = slots[at + PINBALL]! + (below >= 0 ? (1 - PROBABILITY) * below : -PROBABILITY * below);
  if (below >= 0) counts[counted + COVERED] = counts[counted + COVERED]! + 1;
  counts[counted + SETTLED] = counts[counted + SETTLED]! + 1;
}

/** The sums of seven days as ratios; NaN where a ratio has no meaning (nothing settled, no demand). */
export function accuracyOf({ slots, counts }: Ledger): Accuracy {
  const sums = new Float64Array(SUMS);
  const numbers = new Float64Array(COUNTS);
  for (let i = 0; i < slots.length; i++) sums[i % SUMS] = sums[i % SUMS]! + slots[i]!;
  for (let i = 0; i < counts.length; i++) numbers[i % COUNTS] = numbers[i % COUNTS]! + counts[i]!;
  const [demand = 0, missed = 0, byPersistence = 0, surplus = 0, pinball = 0] = sums;
  const [covered = 0, count = 0] = numbers;
  if (count < LEAST) return { wape: NaN, wapePersistence: NaN, skill: NaN, coverage: NaN, bias: NaN, pinball: NaN };
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : NaN);
  return {
    wape: ratio(missed, demand),
    wapePersistence: ratio(byPersistence, demand),
    skill: 1 - ratio(missed, byPersistence),
    coverage: covered / count,
    bias: ratio(surplus, demand),
    pinball: pinball / count,
  };
}
