export { startPlaygroundPrometheus } from "./server.ts";
export type { PlaygroundFault, PlaygroundPrometheus, PlaygroundPrometheusOptions } from "./server.ts";
export type { PlaygroundSeries } from "./series.ts";
