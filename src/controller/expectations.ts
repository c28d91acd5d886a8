// The most that was to be expected of each coming sample, kept from when it was said until the sample is there, one lead later.
// Invariant: a sample is compared only with what was said one lead before it; of a slot that nothing was said of nothing is known.

/** Demand stays below what is expected at most with this probability. */
export const EXPECTED_WITH = 0.999;

export class Expectations {
  readonly #stepMs: number;
  readonly #leadSteps: number;
  readonly #bounds: Float64Array;
  readonly #timesMs: Float64Array;
  #slotMs = NaN;
  #atMost = NaN;

  constructor(stepMs: number, leadSteps: number) {
    this.#stepMs = stepMs;
    this.#leadSteps = leadSteps;
    this.#bounds = new Float64Array(leadSteps).fill(NaN);
    this.#timesMs = new Float64Array(leadSteps).fill(NaN);
  }

  /** The bound of the newest slot, said one lead before it; NaN if nothing was said. */
  get atMost(): number {
    return this.#atMost;
  }

  /** `slotMs` is the newest slot now; `atMost` is what is to be expected one lead later, NaN where nothing has been learned. */
  take(slotMs: number, atMost: number): void {
    if (slotMs === this.#slotMs) return;
    const at = Math.round(slotMs / this.#stepMs) % this.#leadSteps;
    this.#slotMs = slotMs;
    this.#atMost = this.#timesMs[at] === slotMs ? this.#bounds[at]! : NaN;
    this.#timesMs[at] = slotMs + this.#leadSteps * this.#stepMs;
    this.#bounds[at] = atMost;
  }
}
