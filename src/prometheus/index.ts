export type { PrometheusClient, PrometheusSource, RangeAnswer, RangeQuery } from "./prometheus.ts";
export { createPrometheusClient } from "./client.ts";
export type { PrometheusClientOptions } from "./client.ts";
export { queryProblem } from "./promql.ts";
export type { QueryProblem } from "./promql.ts";
export { createPrometheusServers } from "./servers.ts";
export { enforceNamespaces, LABEL_NAME } from "./enforce.ts";
export { queryFacts } from "./query-facts.ts";
export type { QueryFacts } from "./query-facts.ts";
