export type { Grid, Samples, Series } from "./samples.ts";
export { alignedDown, gridFor } from "./grid.ts";
export { coverage, lastPresentMs, regularize } from "./regularize.ts";
