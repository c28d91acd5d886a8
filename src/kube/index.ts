// The cluster: one connection, a cache, and what the operator reads and writes there.
export type * from "./kube.ts";
export type { ConnectOptions } from "./connection.ts";
export type { PolicyRule } from "./rules.ts";
export { connect } from "./connection.ts";
export { KubeError } from "./failure.ts";
export { createEvents } from "./events.ts";
export { createReflector } from "./reflector.ts";
export { OPERATOR_RULES } from "./rules.ts";
export { createScales } from "./scales.ts";
export { createStatuses, pruneScaler, SCALERS_PATH } from "./statuses.ts";
