// The objects that the cluster tests apply.
import { PER_REPLICA, queryOf } from "./demand.ts";

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface ShownConclusion {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly message: string;
}

/** A PredictiveScaler as the API server shows it: the fields that tests look at. */
export interface ShownScaler {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly conditions?: readonly Condition[];
    readonly decision?: ShownConclusion & { readonly time: string; readonly trace: readonly { readonly reason: string }[] };
    readonly recommendation?: ShownConclusion;
  };
}

export interface ShownDeployment {
  readonly spec: { readonly replicas: number };
  readonly status: { readonly readyReplicas?: number };
}

export const namespaceOf = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

/** A Deployment whose pods become Ready `readyAfterMs` after they were scheduled. */
export function deployment(namespace: string, name: string, replicas: number, readyAfterMs = 500): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: { "test.predictivescaler.io/ready-after": `${Math.round(readyAfterMs)}ms` } },
        spec: { containers: [{ name: "app", image: "example.invalid/app" }] },
      },
    },
  };
}

export interface ScalerOptions {
  /** Name of a series of demand.ts, unless `query` says what to ask. */
  readonly service?: string;
  readonly query?: string;
  readonly target?: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A scaler of the Deployment of the same name unless `target` says otherwise. */
export function scaler(namespace: string, name: string, { service = name, query, target, spec }: ScalerOptions = {}): object {
  return {
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: target ?? { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: 1,
      maxReplicas: 40,
      metric: { query: query ?? queryOf(service), targetPerReplica: String(PER_REPLICA) },
      ...spec,
    },
  };
}

/** The condition, or a placeholder that matches nothing. */
export function conditionOf(shown: ShownScaler, type: string): Condition {
  return shown.status?.conditions?.find((condition) => condition.type === type) ?? { type, status: "absent", reason: "", message: "" };
}
