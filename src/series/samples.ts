// What leaves the metrics server: pairs of time and value, in any order, possibly repeated; NaN is missing.

export interface Samples {
  /** Unix ms. */
  readonly timesMs: Float64Array;
  /** Same length; NaN or infinite = missing. */
  readonly values: Float64Array;
}

/** A regular grid: `length` slots, slot i at `startMs + i * stepMs`. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly length: number;
}

/** Values on a regular grid; NaN is a gap, never 0. */
export interface Series {
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: Float64Array;
}
