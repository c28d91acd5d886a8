export type { PrometheusClient, RangeAnswer, RangeQuery } from "./prometheus.ts";
export { createPrometheusClient } from "./client.ts";
export type { PrometheusClientOptions } from "./client.ts";
export { nextRange } from "./ranges.ts";
export type { TimeRange } from "./ranges.ts";
