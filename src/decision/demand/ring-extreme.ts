// The largest or least of the last steps of a ring, in about one comparison a step.
// Invariant: what is remembered is only where it lies; after another state was loaded into the ring, forget() is called.

/** Over a ring of `mask + 1` steps, of the step asked for and the `window` steps before it; absent values (NaN) do not count. */
export class RingExtreme {
  readonly #ring: Float64Array;
  readonly #mask: number;
  readonly #window: number;
  readonly #isLeast: boolean;
  /** Step of the extreme, and the step asked for last; a gap makes the whole window be looked at. */
  #place = -1;
  #last = -2;

  constructor(ring: Float64Array, mask: number, window: number, isLeast: boolean) {
    this.#ring = ring;
    this.#mask = mask;
    this.#window = window;
    this.#isLeast = isLeast;
  }

  /** Its place in the ring, which holds NaN there if the window is empty. (The value itself would be allocated on its way out.) */
  at(step: number): number {
    const ring = this.#ring;
    const mask = this.#mask;
    const isLeast = this.#isLeast;
    const first = Math.max(0, step - this.#window);
    let place = this.#place;
    const isKnown = place >= first && this.#last === step - 1;
    if (!isKnown) place = first;
    for (let i = isKnown ? step : first + 1; i <= step; i++) {
      const value = ring[i & mask] as number;
      const best = ring[place & mask] as number;
      if ((isLeast ? value <= best : value >= best) || best !== best) place = i;
    }
    this.#place = place;
    this.#last = step;
    return place & mask;
  }

  forget(): void {
    this.#place = -1;
    this.#last = -2;
  }
}
