// What an apps/v1 object says of its own replicas: wanted, ready, and whether pods of an older template are still being replaced.

/** The fields of Deployment, StatefulSet and ReplicaSet that are read. */
export interface Workload {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string; readonly generation?: number };
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly minReadySeconds?: number;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly updatedReplicas?: number;
    readonly currentRevision?: string;
    readonly updateRevision?: string;
  };
}

/** Plurals of the kinds that are read as objects. */
export const WORKLOAD_PLURALS: Readonly<Record<string, string>> = { Deployment: "deployments", StatefulSet: "statefulsets", ReplicaSet: "replicasets" };

/** spec.replicas: the API's default is 1. */
export function wantedReplicas({ spec }: Workload): number {
  return spec?.replicas ?? 1;
}

/** Ready replicas; NaN while no controller has looked at the object yet (afterwards an absent count means 0). */
export function readyReplicas({ status }: Workload): number {
  return status?.readyReplicas ?? (status?.observedGeneration === undefined ? NaN : 0);
}

/** Replicas that have been ready for minReadySeconds; undefined where that is not asked for, and being ready is all. */
export function availableReplicas({ spec, status }: Workload): number | undefined {
  return (spec?.minReadySeconds ?? 0) > 0 ? (status?.availableReplicas ?? 0) : undefined;
}

/** Old pods are being replaced, that is paused, or the controller has not seen the newest specification. Pods that a scale-up adds are no rollout. */
export function isRollingOut(kind: string, object: Workload): boolean {
  const { metadata, status } = object;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return true;
  if (kind === "Deployment") return object.spec?.paused === true || (status?.replicas ?? 0) > (status?.updatedReplicas ?? 0);
  if (kind === "StatefulSet") return isStatefulSetRollingOut(object);
  return false;
}

/** A partition or OnDelete keeps old pods on purpose, for as long as the user likes: that is no rollout. */
function isStatefulSetRollingOut(object: Workload): boolean {
  const { spec, status } = object;
  if (spec?.updateStrategy?.type === "OnDelete") return false;
  if (status?.currentRevision === undefined || status.updateRevision === undefined || status.currentRevision === status.updateRevision) return false;
  const due = wantedReplicas(object) - (spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
  return (status.updatedReplicas ?? 0) < due;
}
