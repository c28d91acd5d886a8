// The status of PredictiveScalers, written through /status: the specification cannot be changed from here.
import { GROUP, PLURAL, VERSION } from "../api/index.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection, KubeObject, Statuses } from "./kube.ts";

/** Where PredictiveScalers of all namespaces are listed and watched. */
export const SCALERS_PATH = `/apis/${GROUP}/${VERSION}/${PLURAL}`;

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** A PredictiveScaler without the parts of its metadata that nobody here reads and that may be larger than all the rest. */
export function pruneScaler(object: KubeObject): KubeObject {
  const { managedFields: _dropped, annotations, ...metadata } = object.metadata as KubeObject["metadata"] & { readonly managedFields?: unknown };
  const { [LAST_APPLIED]: _applied, ...kept } = annotations ?? {};
  return { ...object, metadata: { ...metadata, ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }) } };
}

export function createStatuses({ connection }: { readonly connection: KubeConnection }): Statuses {
  return {
    async patch(key, status, signal) {
      const [namespace = "", name = ""] = key.split("/");
      const path = `/apis/${GROUP}/${VERSION}/namespaces/${encodeURIComponent(namespace)}/${PLURAL}/${encodeURIComponent(name)}/status`;
      try {
        await connection.request({ method: "PATCH", path, body: { status }, contentType: "application/merge-patch+json", signal });
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) return;
        throw error;
      }
    },
  };
}
