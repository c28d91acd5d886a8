// The status of PredictiveScalers, written through /status: the specification cannot be changed from here.
import { GROUP, PLURAL, VERSION } from "../api/index.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection, Statuses } from "./kube.ts";

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
