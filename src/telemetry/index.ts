export { createLog, LOG_LEVELS } from "./log.ts";
export type { Log, LogLevel } from "./log.ts";
export { createMetrics } from "./metrics.ts";
export type { Metrics, Stage, WorkqueueMetrics } from "./metrics.ts";
export type { ScalerGauges } from "./scaler-series.ts";
export { metricReference } from "./reference.ts";
export { serveTelemetry } from "./http.ts";
export type { TelemetryServer } from "./http.ts";
