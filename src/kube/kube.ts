// What the rest of the program sees of a Kubernetes API server. Raw JSON in, pruned objects out; failures are OperatorErrors.
import type { ScaleTargetRef } from "../api/index.ts";

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
  };
}

export interface KubeRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query below the server's address, for example `/apis/apps/v1/namespaces/a/deployments/b/scale`. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Wall-clock limit, ms; default 10 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** One connection pool to one API server. */
export interface KubeConnection {
  readonly server: string;
  /** The namespace of the pod or of the kubeconfig's context; `default` where there is none. */
  readonly namespace: string;
  /** The JSON body of a 2xx answer. Throws KubeError (Forbidden names verb and resource; 404, 409, 429 with retryAfterMs, 5xx, unreachable). */
  request(request: KubeRequest): Promise<unknown>;
  /** The lines of a watch, one parsed JSON value each, until the server closes, has been silent for two minutes, or the signal fires. */
  watch(path: string, signal: AbortSignal): AsyncIterable<unknown>;
  close(): Promise<void>;
}

/** The target's scale, and what its own status says of readiness and rollout. */
export interface TargetScale {
  /** spec.replicas of /scale. */
  readonly replicas: number;
  /** status.readyReplicas of apps/v1 kinds, else the Ready pods of the selector; NaN when it cannot be known. */
  readonly readyReplicas: number;
  /** Those that have been ready for the target's minReadySeconds; undefined where it has none. */
  readonly availableReplicas?: number | undefined;
  /** Also while a rollout is paused, or the newest specification has not been observed. */
  readonly isRollingOut: boolean;
  /** Of the object that was read: the write is refused if it has changed since. */
  readonly resourceVersion: string;
  readonly uid: string;
}

export interface Scales {
  read(namespace: string, target: ScaleTargetRef, signal: AbortSignal): Promise<TargetScale>;
  /** Sets spec.replicas through /scale, only if the target is still at `resourceVersion`. */
  write(namespace: string, target: ScaleTargetRef, replicas: number, resourceVersion: string, signal: AbortSignal): Promise<void>;
}

export interface ReflectorHandlers<T> {
  /** The key (`namespace/name`) was added, changed or deleted (then `object` is undefined). */
  changed(key: string, object: T | undefined): void;
}

/** A cache of one resource kept by list and watch, with client-go's semantics. */
export interface Reflector<T> {
  /** Runs until the signal fires. Never rejects for a server's fault. */
  run(signal: AbortSignal): Promise<void>;
  /** The first list is in. */
  synced(): boolean;
  get(key: string): T | undefined;
  keys(): readonly string[];
}

export interface KubeEvent {
  readonly regarding: { readonly apiVersion: string; readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

export interface Events {
  /** Sends in the background; equal events within ten minutes become one series. Never throws. */
  emit(event: KubeEvent): void;
}

export interface Statuses {
  /**
   * Merge-patches `/status` of the PredictiveScaler that `scaler` was, as the cache holds it. `changed`: it has another specification by now, or is
   * another object, and nothing was written. A scaler that is gone is no error. Throws KubeError; Conflict where it was changed twice in the moment.
   */
  patch(scaler: Pick<KubeObject, "metadata">, status: unknown, signal: AbortSignal): Promise<"written" | "changed" | "gone">;
}

/** The scaler that placeholder pods belong to. */
export interface HeadroomOwner {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface PlaceholdersWanted {
  /** Pods, >= 0. */
  readonly replicas: number;
  readonly priorityClassName: string;
}

/** What there was when it was looked at. */
export interface PlaceholdersSeen {
  /** Pods that are asked for now; 0 while an older set is being deleted. */
  readonly replicas: number;
  /** Pods that have their room. */
  readonly ready: number;
  /** Why the API server lets no pod be made, in its words; undefined if it does. */
  readonly refused: string | undefined;
}

export interface Headrooms {
  /** Has the owner's Deployment ask for this many pods like the target's; makes it if there is none and some are wanted. */
  keep(owner: HeadroomOwner, target: ScaleTargetRef, wanted: PlaceholdersWanted, signal: AbortSignal): Promise<PlaceholdersSeen>;
  /** Deletes it; false if the owner has none. */
  remove(owner: HeadroomOwner, signal: AbortSignal): Promise<boolean>;
}
