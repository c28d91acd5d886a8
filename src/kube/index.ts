// The cluster: one connection, a cache, and what the operator reads and writes there.
export type * from "./kube.ts";
export type { ConnectOptions } from "./connection.ts";
export type { PolicyRule } from "./rules.ts";
export { connect } from "./connection.ts";
export { guardWrites } from "./guard.ts";
export { createLeaderElection, LEASE_TIMING } from "./leader-election.ts";
export type { LeaderElection } from "./leader-election.ts";
export { createLeases } from "./lease.ts";
export type { LeaseName, Leases } from "./lease.ts";
export { KubeError } from "./failure.ts";
export { createEvents } from "./events.ts";
export { createReflector } from "./reflector.ts";
export { listAll } from "./list.ts";
export { createScalerCache, scalersPath } from "./scaler-cache.ts";
export { LEADER_RULES, OPERATOR_RULES } from "./rules.ts";
export { createScales } from "./scales.ts";
export { createSecretReader } from "./secrets.ts";
export { createStatuses } from "./statuses.ts";
