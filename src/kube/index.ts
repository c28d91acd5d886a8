// The cluster: one connection, a cache, and what the operator reads and writes there.
export type * from "./kube.ts";
export type { ConnectOptions } from "./connection.ts";
export { connect } from "./connection.ts";
export { KubeError } from "./failure.ts";
