export type { PrometheusClient, RangeAnswer, RangeQuery } from "./prometheus.ts";
export { createPrometheusClient } from "./client.ts";
export type { PrometheusClientOptions } from "./client.ts";
