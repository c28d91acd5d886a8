// A small Kubernetes API server and Prometheus on loopback, and traffic for them: the demo and the tests need nothing installed.
export { startPlaygroundKubernetes } from "./kubernetes/index.ts";
export type { Fault, PlaygroundKubernetes, ReplicaRecord } from "./kubernetes/index.ts";
export { startPlaygroundPrometheus } from "./prometheus/index.ts";
export type { PlaygroundPrometheus } from "./prometheus/index.ts";
export { createTraffic } from "./traffic.ts";
export type { Traffic, TrafficPeak } from "./traffic.ts";
