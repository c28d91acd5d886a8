// How good the forecast at the first lead was over the last seven days, out of sample: every error is settled one lead after it was said.
// Sums are kept per hour, so that taking a sample costs a few additions and seven days cost 168 slots.
import type { Accuracy } from "./forecaster.ts";
import type { State } from "./state.ts";

const HOUR_MS = 3_600_000;
const HOURS = 168;
/** Sums of one slot. */
const DEMAND = 0;
const MISSED = 1;
const MISSED_BY_PERSISTENCE = 2;
const COVERED = 3;
const COUNT = 4;
const SUMS = 5;
/** Fewer settled errors than these say nothing. */
const LEAST = 30;

export interface Ledger {
  readonly slots: Float64Array;
  /** The hour (unix hours) that the newest slot holds. */
  readonly hour: Float64Array;
}

export function createLedger(state: State): Ledger {
  return { slots: state.f64(HOURS * SUMS), hour: state.f64(1) };
}

/** Books one settled sample: its value, what was forecast, what persistence would have said, and the 95 % bound, all made one lead earlier. */
export function book({ slots, hour }: Ledger, timeMs: number, value: number, forecast: number, persistence: number, upper: number): void {
  const now = Math.floor(timeMs / HOUR_MS);
  if (now !== hour[0]) {
    for (let h = Math.max(hour[0]! + 1, now - HOURS + 1); h <= now; h++) slots.fill(0, (h % HOURS) * SUMS, ((h % HOURS) + 1) * SUMS);
    hour[0] = now;
  }
  const error = Math.abs(value - forecast);
  const byPersistence = Math.abs(value - persistence);
  const at = (now % HOURS) * SUMS;
  if (!(error + byPersistence >= 0)) return;
  slots[at + DEMAND] = slots[at + DEMAND]! + Math.abs(value);
  slots[at + MISSED] = slots[at + MISSED]! + error;
  slots[at + MISSED_BY_PERSISTENCE] = slots[at + MISSED_BY_PERSISTENCE]! + byPersistence;
  slots[at + COVERED] = slots[at + COVERED]! + (value <= upper ? 1 : 0);
  slots[at + COUNT] = slots[at + COUNT]! + 1;
}

/** The sums of seven days as ratios; NaN where a ratio has no meaning (nothing settled, no demand). */
export function accuracyOf({ slots }: Ledger): Accuracy {
  const sums = [0, 0, 0, 0, 0];
  for (let i = 0; i < slots.length; i++) sums[i % SUMS] = sums[i % SUMS]! + slots[i]!;
  const [demand = 0, missed = 0, byPersistence = 0, covered = 0, count = 0] = sums;
  if (count < LEAST) return { wape: NaN, wapePersistence: NaN, skill: NaN, coverage: NaN };
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : NaN);
  return {
    wape: ratio(missed, demand),
    wapePersistence: ratio(byPersistence, demand),
    skill: 1 - ratio(missed, byPersistence),
    coverage: covered / count,
  };
}
