export type { Grid, Samples, Series } from "./samples.ts";
