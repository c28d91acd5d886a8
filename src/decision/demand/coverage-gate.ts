// Which times of the day or week normally have samples, so that the rule does not plan for hours in which the metric is never there.
// Invariant: a slot that was never seen is open; on the first day every slot is.

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const WEEK_MS = 7 * DAY_MS;
const SLOT_MS = 30 * MINUTE_MS;
const DAY_SLOTS = DAY_MS / SLOT_MS;
const WEEK_SLOTS = WEEK_MS / SLOT_MS;
const DAY_MEMORY_DAYS = 14;
const WEEK_MEMORY_DAYS = 21;
/** Week slots serve once each has been seen twice. */
const WEEK_AFTER_MS = 14 * DAY_MS;
/** A slot is open from this share of samples on. */
const OPEN_SHARE = 0.25;

export interface CoverageGate {
  /** Takes whether the slot at the local time `localMs` had its sample. */
  take(localMs: number, isPresent: boolean): void;
  /** Whether samples are normal at the local time `localMs`, `elapsedMs` after the first sample ever. */
  isOpen(localMs: number, elapsedMs: number): boolean;
  /** The live arrays. */
  readonly state: readonly Float64Array[];
}

/** `isAlwaysOpen`: nothing is learned and kept, and every time is open. */
export function createCoverageGate(stepMs: number, isAlwaysOpen = false): CoverageGate {
  return new SlotCoverageGate(stepMs, isAlwaysOpen);
}

// A class, so that all rules run the same compiled methods.
class SlotCoverageGate implements CoverageGate {
  readonly #isAlwaysOpen: boolean;
  readonly #dayShare: Float64Array;
  readonly #dayCount: Float64Array;
  readonly #weekShare: Float64Array;
  readonly #weekCount: Float64Array;
  readonly #dayGain: number;
  readonly #weekGain: number;
  readonly state: readonly Float64Array[];

  constructor(stepMs: number, isAlwaysOpen: boolean) {
    this.#isAlwaysOpen = isAlwaysOpen;
    const slots = (count: number) => new Float64Array(isAlwaysOpen ? 0 : count);
    this.#dayShare = slots(DAY_SLOTS);
    this.#dayCount = slots(DAY_SLOTS);
    this.#weekShare = slots(WEEK_SLOTS);
    this.#weekCount = slots(WEEK_SLOTS);
    this.state = isAlwaysOpen ? [] : [this.#dayShare, this.#dayCount, this.#weekShare, this.#weekCount];
    const samplesPerSlot = SLOT_MS / stepMs;
    this.#dayGain = Math.min(1, 1 / (DAY_MEMORY_DAYS * samplesPerSlot));
    this.#weekGain = Math.min(1, 7 / (WEEK_MEMORY_DAYS * samplesPerSlot));
  }

  take(localMs: number, isPresent: boolean): void {
    if (this.#isAlwaysOpen) return;
    pull(this.#dayShare, this.#dayCount, slotOf(localMs, DAY_SLOTS), isPresent, this.#dayGain);
    pull(this.#weekShare, this.#weekCount, slotOf(localMs, WEEK_SLOTS), isPresent, this.#weekGain);
  }

  isOpen(localMs: number, elapsedMs: number): boolean {
    if (this.#isAlwaysOpen || elapsedMs < DAY_MS) return true;
    if (elapsedMs < WEEK_AFTER_MS) return isOpenSlot(this.#dayShare, this.#dayCount, slotOf(localMs, DAY_SLOTS));
    return isOpenSlot(this.#weekShare, this.#weekCount, slotOf(localMs, WEEK_SLOTS));
  }
}

function slotOf(localMs: number, slots: number): number {
  const slot = (Math.floor(localMs / SLOT_MS) | 0) % slots;
  return slot < 0 ? slot + slots : slot;
}

function pull(shares: Float64Array, counts: Float64Array, slot: number, isPresent: boolean, gain: number): void {
  const count = (counts[slot] as number) + 1;
  counts[slot] = count;
  const share = shares[slot] as number;
  shares[slot] = share + Math.max(gain, 1 / count) * ((isPresent ? 1 : 0) - share);
}

function isOpenSlot(shares: Float64Array, counts: Float64Array, slot: number): boolean {
  return counts[slot] === 0 || (shares[slot] as number) >= OPEN_SHARE;
}
