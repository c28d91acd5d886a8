export { startPlaygroundKubernetes } from "./server.ts";
export type { PlaygroundKubernetes, PlaygroundKubernetesOptions } from "./server.ts";
export type { Fault, FaultKind } from "./faults.ts";
export type { ReplicaRecord } from "./workloads.ts";
