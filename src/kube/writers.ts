// Who last set spec.replicas of a target, from its managedFields: read anew, and only when somebody wants to know.
import type { ScaleTargetRef } from "../api/index.ts";
import { groupPath } from "./discovery.ts";
import type { KubeConnection } from "./kube.ts";
import type { ManagedFields } from "./managed-fields.ts";
import { WORKLOAD_PLURALS } from "./workloads.ts";

/** The target as it is now. */
export interface LastWriter {
  /** spec.replicas. */
  readonly replicas: number;
  /** The field manager, for example `kubectl` or `argocd-controller`; undefined where it is not known. */
  readonly manager: string | undefined;
}

export interface Writers {
  /** Undefined for kinds whose objects the operator may not read. Throws KubeError. */
  ofReplicas(namespace: string, target: ScaleTargetRef, signal: AbortSignal): Promise<LastWriter | undefined>;
}

export function createWriters({ connection }: { readonly connection: KubeConnection }): Writers {
  return {
    async ofReplicas(namespace, { apiVersion, kind, name }, signal) {
      const plural = apiVersion === "apps/v1" ? WORKLOAD_PLURALS[kind] : undefined;
      if (plural === undefined) return undefined;
      const path = `${groupPath(apiVersion)}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
      const object = (await connection.request({ method: "GET", path, signal })) as {
        readonly metadata: { readonly managedFields?: readonly ManagedFields[] };
        readonly spec?: { readonly replicas?: number };
      };
      return { replicas: object.spec?.replicas ?? 1, manager: lastManager(object.metadata.managedFields ?? []) };
    },
  };
}

/** The owner of spec.replicas that wrote last: those who set the same value own it together. */
export function lastManager(entries: readonly ManagedFields[]): string | undefined {
  const owners = entries.filter(({ fieldsV1 }) => fieldsV1?.["f:spec"]?.["f:replicas"] !== undefined);
  return owners.toSorted((a, b) => (a.time ?? "").localeCompare(b.time ?? "")).at(-1)?.manager;
}
