// How good the forecast at the first lead was over the last seven days, out of sample: every error is settled one lead after it was said.
// Sums are kept per three hours, so that taking a sample costs a few additions and seven days cost 56 slots.
import type { Accuracy } from "./forecaster.ts";
import type { Forecasts } from "./forecasts.ts";
import type { Frame } from "./frame.ts";
import type { State } from "./state.ts";

const SLOT_MS = 3 * 3_600_000;
const SLOTS = 56;
/** Probability of the bound that is judged. */
const PROBABILITY = 0.95;
/** Sums of a slot: demand, missed, missed by persistence, surplus, pinball loss; and counts: covered, settled. */
const SUMS = 5;
const COUNTS = 2;
/** Fewer settled errors than these say nothing. */
const LEAST = 30;

function blank() {
  return {
    /** The three hours that are being summed, since 1970, and when they end; NaN before any. */
    number: 0, endMs: 0,
    demand: 0, missed: 0, missedByPersistence: 0,
    /** Forecast less demand, with its sign, and pinball loss of the bound. */
    surplus: 0, pinball: 0,
    /** Samples below the bound, and all. */
    covered: 0, settled: 0,
  };
}

export interface Ledger {
  /** Sums of the last 55 full slots; what lies in the slot of the present one is older. */
  readonly slots: Float32Array;
  readonly counts: Int16Array;
  /** Sums of the slot that is not full yet. */
  readonly sums: ReturnType<typeof blank>;
}

export function createLedger(state: State): Ledger {
  return { slots: state.f32(SLOTS * SUMS), counts: state.i16(SLOTS * COUNTS), sums: state.record(blank()) };
}

/** To follow the state's clear. */
export function resetLedger({ sums }: Ledger): void {
  sums.number = NaN;
  sums.endMs = NaN;
}

/** Slot of a number of three hours, also before 1970. */
function slotOf(number: number): number {
  return (number - Math.floor(number / SLOTS) * SLOTS) | 0;
}

/** Puts the present sums into their slot and begins anew; slots that time jumped over hold nothing. */
function turn({ slots, counts, sums }: Ledger, { time }: Frame): void {
  const number = Math.floor(time / SLOT_MS);
  if (sums.number === sums.number) {
    const at = slotOf(sums.number);
    slots[at * SUMS] = sums.demand;
    slots[at * SUMS + 1] = sums.missed;
    slots[at * SUMS + 2] = sums.missedByPersistence;
    slots[at * SUMS + 3] = sums.surplus;
    slots[at * SUMS + 4] = sums.pinball;
    counts[at * COUNTS] = sums.covered;
    counts[at * COUNTS + 1] = sums.settled;
  }
  for (let n = Math.max(sums.number + 1, number - SLOTS + 1); n < number; n++) {
    slots.fill(0, slotOf(n) * SUMS, (slotOf(n) + 1) * SUMS);
    counts.fill(0, slotOf(n) * COUNTS, (slotOf(n) + 1) * COUNTS);
  }
  sums.demand = 0;
  sums.missed = 0;
  sums.missedByPersistence = 0;
  sums.surplus = 0;
  sums.pinball = 0;
  sums.covered = 0;
  sums.settled = 0;
  sums.number = number;
  sums.endMs = (number + 1) * SLOT_MS;
}

/** Books one settled sample: the frame's value, and what was forecast, what persistence would have said, and the 95 % bound, all made one lead earlier. */
export function book(ledger: Ledger, earlier: Forecasts, frame: Frame): void {
  const { sums } = ledger;
  const { value } = frame;
  if (!(frame.time < sums.endMs)) turn(ledger, frame);
  const surplus = earlier.point - value;
  const error = Math.abs(surplus);
  const byPersistence = Math.abs(value - earlier.persistence);
  if (!(error + byPersistence >= 0)) return;
  const below = earlier.bound95 - value;
  sums.demand += value;
  sums.missed += error;
  sums.missedByPersistence += byPersistence;
  sums.surplus += surplus;
  sums.pinball += below >= 0 ? (1 - PROBABILITY) * below : -PROBABILITY * below;
  if (below >= 0) sums.covered += 1;
  sums.settled += 1;
}

/** The sums of seven days as ratios; NaN where a ratio has no meaning (nothing settled, no demand). */
export function accuracyOf({ slots, counts, sums }: Ledger): Accuracy {
  const total = { ...sums };
  const present = slotOf(sums.number);
  for (let at = 0; at < SLOTS; at++) {
    if (at === present) continue;
    total.demand += slots[at * SUMS]!;
    total.missed += slots[at * SUMS + 1]!;
    total.missedByPersistence += slots[at * SUMS + 2]!;
    total.surplus += slots[at * SUMS + 3]!;
    total.pinball += slots[at * SUMS + 4]!;
    total.covered += counts[at * COUNTS]!;
    total.settled += counts[at * COUNTS + 1]!;
  }
  const { demand, missed, missedByPersistence, surplus, pinball, covered, settled: count } = total;
  if (count < LEAST) return { wape: NaN, wapePersistence: NaN, skill: NaN, coverage: NaN, bias: NaN, pinball: NaN };
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : NaN);
  return {
    wape: ratio(missed, demand),
    wapePersistence: ratio(missedByPersistence, demand),
    skill: 1 - ratio(missed, missedByPersistence),
    coverage: covered / count,
    bias: ratio(surplus, demand),
    pinball: pinball / count,
  };
}
