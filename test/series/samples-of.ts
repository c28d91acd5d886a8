// Samples as tests write them: pairs of time and value.
import type { Samples } from "../../src/series/index.ts";

/** Pairs of unix ms and value as Samples. */
export function samplesOf(...pairs: readonly (readonly [number, number])[]): Samples {
  return { timesMs: Float64Array.from(pairs, ([timeMs]) => timeMs), values: Float64Array.from(pairs, ([, value]) => value) };
}
