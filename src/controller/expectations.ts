// The most that was to be expected of each coming sample, kept from when it was said until the sample is there, one lead later.
// Invariant: a sample is compared only with what was said one lead before it; of a slot that nothing was said of nothing is known.

/** Demand stays below the bound with this probability. */
const PROBABILITY = 0.999;

/** What is asked of the forecaster. */
interface Bounds {
  bound(leadSteps: number, probability: number): { readonly demand: number };
}

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

  /** `slotMs` is the newest slot now; `forecaster` says what is to be expected one lead later, unless it has learned nothing. */
  take(slotMs: number, forecaster: Bounds | undefined): void {
    if (slotMs === this.#slotMs) return;
    const at = Math.round(slotMs / this.#stepMs) % this.#leadSteps;
    this.#slotMs = slotMs;
    this.#atMost = this.#timesMs[at] === slotMs ? this.#bounds[at]! : NaN;
    this.#timesMs[at] = slotMs + this.#leadSteps * this.#stepMs;
    this.#bounds[at] = forecaster?.bound(this.#leadSteps, PROBABILITY).demand ?? NaN;
  }
}
