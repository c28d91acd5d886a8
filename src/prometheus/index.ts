export type { PrometheusClient, RangeAnswer, RangeQuery } from "./prometheus.ts";
