export { createLog, LOG_LEVELS } from "./log.ts";
export type { Log, LogLevel } from "./log.ts";
export { createMetrics } from "./metrics.ts";
export type { Metrics, ScalerGauges, Stage, WorkqueueMetrics } from "./metrics.ts";
export { serveTelemetry } from "./http.ts";
export type { TelemetryServer } from "./http.ts";
