export type { Grid, Samples, Series } from "./samples.ts";
export { alignedDown, gridFor, joinSamples } from "./grid.ts";
export { coverage, emptySeries, lastPresentMs, regularize } from "./regularize.ts";
