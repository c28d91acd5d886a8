// The Leases of members: listed by their label, written by their own member, removed when they are over.
// Invariant: a Lease is removed only as it was seen, so that one that was renewed meanwhile stays.
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import { rfc3339Micro } from "../../clock.ts";
import { KubeError } from "../failure.ts";
import type { KubeConnection, KubeObject } from "../kube.ts";
import { isKubeObject, withQuery } from "../list.ts";
import type { Listed } from "./standing.ts";

const LABEL = "predictivescaler.io/lease";
const LABEL_VALUE = "member";
/** The hash of the set of members that this one acts on. */
const SET_ANNOTATION = "predictivescaler.io/members-hash";

export interface ListedLease extends Listed {
  readonly name: string;
}

export interface MemberLeases {
  /** Those of all members, as the server has them now. Throws KubeError. */
  list(signal: AbortSignal): Promise<ListedLease[]>;
  /** Creates or changes (as it was at `version`) the Lease of `identity`; its new version, or undefined when it was not as expected. Throws KubeError. */
  write(own: OwnLease, version: string | undefined, signal: AbortSignal): Promise<string | undefined>;
  /** Removes it if it is still at `version`. Throws KubeError. */
  remove(name: string, version: string, signal: AbortSignal): Promise<void>;
}

export interface OwnLease {
  readonly name: string;
  readonly identity: string;
  readonly leaseMs: number;
  readonly setHash: string;
  /** Given up: others need not wait until it runs out. */
  readonly isReleased: boolean;
}

interface LeaseObject extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseDurationSeconds?: number };
}

/** The name of a new member's Lease. */
export function memberLeaseName(): string {
  return `predictive-scaler-member-${randomUUID()}`;
}

export interface MemberLeasesOptions {
  readonly connection: KubeConnection;
  /** Wall time for what the Lease shows. */
  readonly clock: Pick<Clock, "nowMs">;
  readonly namespace: string;
  /** How long one call may take. */
  readonly timeoutMs: number;
}

export function createMemberLeases({ connection, clock, namespace, timeoutMs }: MemberLeasesOptions): MemberLeases {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  return {
    async list(signal) {
      // Without a resourceVersion the answer is the newest that there is, which agreement depends on. Members are few: one page.
      const answer = await connection.request({ method: "GET", path: withQuery(path, { labelSelector: `${LABEL}=${LABEL_VALUE}` }), timeoutMs, signal });
      const { items } = answer as { readonly items?: readonly unknown[] };
      return (items ?? []).filter(isKubeObject).map(listed).filter(({ identity }) => identity !== "");
    },
    async write(own, version, signal) {
      const isNew = version === undefined;
      const body = bodyOf(own, namespace, version, clock.nowMs());
      try {
        const answer = await connection.request({ method: isNew ? "POST" : "PATCH", path: isNew ? path : `${path}/${own.name}`, body, timeoutMs, signal });
        return (answer as KubeObject).metadata.resourceVersion ?? "";
      } catch (error) {
        if (error instanceof KubeError && (error.status === 409 || (error.status === 404 && !isNew))) return undefined;
        throw error;
      }
    },
    async remove(name, version, signal) {
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { resourceVersion: version } };
      try {
        await connection.request({ method: "DELETE", path: `${path}/${encodeURIComponent(name)}`, body, timeoutMs, signal });
      } catch (error) {
        // Gone already, or renewed since.
        if (!(error instanceof KubeError) || (error.status !== 404 && error.status !== 409)) throw error;
      }
    },
  };
}

function bodyOf({ name, identity, leaseMs, setHash, isReleased }: OwnLease, namespace: string, version: string | undefined, nowMs: number): object {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name,
      namespace,
      labels: { "app.kubernetes.io/part-of": "predictive-scaler", [LABEL]: LABEL_VALUE },
      annotations: { [SET_ANNOTATION]: setHash },
      ...(version === undefined ? {} : { resourceVersion: version }),
    },
    // 0 is not allowed: 1 s and the annotation "" say that it was given up.
    spec: { holderIdentity: identity, leaseDurationSeconds: isReleased ? 1 : Math.ceil(leaseMs / 1000), renewTime: rfc3339Micro(nowMs) },
  };
}

function listed({ metadata, spec }: LeaseObject): ListedLease {
  const setHash = metadata.annotations?.[SET_ANNOTATION] ?? "";
  return {
    name: metadata.name,
    identity: spec?.holderIdentity ?? "",
    version: metadata.resourceVersion ?? "",
    setHash,
    leaseMs: (spec?.leaseDurationSeconds ?? 0) * 1000,
    isReleased: setHash === "",
  };
}
