// One coordination.k8s.io Lease as a record: read, created, changed only as it was read. Who may hold it when is leader-election.ts's business.
import { parseTime, rfc3339Micro } from "../clock.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection } from "./kube.ts";

/** What a Lease says. Times are its writer's clock, and only shown: expiry is judged by the reader's own observation. */
export interface LeaseRecord {
  /** "" when it has been given up. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTimeMs: number;
  readonly renewTimeMs: number;
  /** How often the holder has changed. */
  readonly leaseTransitions: number;
}

/** A record as it lies on the server. */
export interface StoredLease {
  readonly record: LeaseRecord;
  readonly resourceVersion: string;
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export interface Leases {
  /** Undefined when there is none. Throws KubeError. */
  read(lease: LeaseName, signal: AbortSignal): Promise<StoredLease | undefined>;
  /** Creates it, or changes its spec as it was read at `resourceVersion`. Undefined when somebody else was faster. Throws KubeError. */
  write(lease: LeaseName, record: LeaseRecord, resourceVersion: string | undefined, signal: AbortSignal): Promise<StoredLease | undefined>;
}

interface LeaseObject {
  readonly metadata: { readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** `timeoutMs`: how long one call may take. */
export function createLeases(connection: KubeConnection, timeoutMs: number): Leases {
  const pathOf = ({ namespace }: LeaseName) => `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  const named = (lease: LeaseName) => `${pathOf(lease)}/${encodeURIComponent(lease.name)}`;
  return {
    async read(lease, signal) {
      try {
        return stored(await connection.request({ method: "GET", path: named(lease), timeoutMs, signal }));
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) return undefined;
        throw error;
      }
    },
    async write(lease, record, resourceVersion, signal) {
      const body = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: lease.name, namespace: lease.namespace, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
        spec: specOf(record),
      };
      const isNew = resourceVersion === undefined;
      try {
        // A merge patch leaves the labels and annotations of whoever made the Lease.
        return stored(await connection.request({ method: isNew ? "POST" : "PATCH", path: isNew ? pathOf(lease) : named(lease), body, timeoutMs, signal }));
      } catch (error) {
        // 409: changed since it was read, or created by another; 404 of a PATCH: deleted since.
        if (error instanceof KubeError && (error.status === 409 || (error.status === 404 && !isNew))) return undefined;
        throw error;
      }
    },
  };
}

function specOf(record: LeaseRecord): object {
  const { holderIdentity, leaseDurationSeconds, acquireTimeMs, renewTimeMs, leaseTransitions } = record;
  return { holderIdentity, leaseDurationSeconds, leaseTransitions, acquireTime: rfc3339Micro(acquireTimeMs), renewTime: rfc3339Micro(renewTimeMs) };
}

function stored(answer: unknown): StoredLease {
  const { metadata, spec } = answer as LeaseObject;
  return {
    resourceVersion: metadata.resourceVersion ?? "",
    record: {
      holderIdentity: spec?.holderIdentity ?? "",
      leaseDurationSeconds: spec?.leaseDurationSeconds ?? 0,
      acquireTimeMs: parseTime(spec?.acquireTime ?? ""),
      renewTimeMs: parseTime(spec?.renewTime ?? ""),
      leaseTransitions: spec?.leaseTransitions ?? 0,
    },
  };
}
