// A scaler as the API server has it, with the parts of its status that the controller takes up again after a restart.
import type { ScalerStatus } from "../api/index.ts";
import type { KubeObject } from "../kube/index.ts";

/** A scaler as it is in the cache. */
export interface StoredScaler extends KubeObject {
  readonly status?: Pick<
    ScalerStatus,
    "observedGeneration" | "conditions" | "decision" | "currentReplicas" | "desiredReplicas" | "serviceLevel"
    | "timeToReady" | "nodeHeadroom" | "conflict"
  >;
}
