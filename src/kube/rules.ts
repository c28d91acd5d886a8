// What the operator is allowed to do, and nothing more. The chart's and the tests' ClusterRole are made of this list.
import { GROUP, PLURAL } from "../api/index.ts";

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of the operator's ClusterRole: one a purpose. */
export const OPERATOR_RULES: readonly PolicyRule[] = [
  // The cache of scalers.
  { apiGroups: [GROUP], resources: [PLURAL], verbs: ["get", "list", "watch"] },
  // What it found and decided.
  { apiGroups: [GROUP], resources: [`${PLURAL}/status`], verbs: ["patch"] },
  // Replicas, ready replicas and rollout of the usual targets: watched, and read one by one where that is not sure or not allowed.
  { apiGroups: ["apps"], resources: ["deployments", "replicasets", "statefulsets"], verbs: ["get", "list", "watch"] },
  // Replicas of any target, and the writing of them.
  { apiGroups: ["*"], resources: ["*/scale"], verbs: ["get", "patch"] },
  // Floors of HorizontalPodAutoscalers (spec.output): read and applied by name. The watch shows who else scales a target; without it HPAs
  // are noticed only once they change the replicas.
  { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: ["get", "list", "watch", "patch"] },
  // The mark of a scaler that keeps such a floor: the finalizer, and the annotation that names the HPA. Nothing else of a scaler is written.
  { apiGroups: [GROUP], resources: [PLURAL], verbs: ["patch"] },
  // Ready pods of targets that do not say how many are ready. Without it the operator still works, and knows less.
  { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
  // Credentials that scalers name for their Prometheus, each read by its name.
  { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
  // Events about scalers; the core group where events.k8s.io is missing.
  { apiGroups: ["events.k8s.io", ""], resources: ["events"], verbs: ["create", "patch"] },
];

/** The rules of its Role in the namespace that it runs in: the lease that makes one of several replicas the leader. */
export const LEADER_RULES: readonly PolicyRule[] = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "patch"] }];

/** With sharding, its further rules there: the Leases of the members, whose names are made as they start. */
export const MEMBER_RULES: readonly PolicyRule[] = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["list", "create", "patch", "delete"] },
];

/** Where placeholder pods are allowed (nodeHeadroom), its further rules: Deployments of its own, made and taken away. Their number goes through /scale. */
export const HEADROOM_RULES: readonly PolicyRule[] = [{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["create", "delete"] }];
