// The status of PredictiveScalers, written through /status: the specification cannot be changed from here.
// Invariant: every write carries the resourceVersion of the scaler that it was decided on, so that what was decided on an older one is refused.
import { scalersPath } from "./scaler-cache.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection, KubeObject, Statuses } from "./kube.ts";

export function createStatuses({ connection }: { readonly connection: KubeConnection }): Statuses {
  /** The version that our own last write brought of an object in the cache, which hears of it a moment later. */
  const written = new WeakMap<object, string | undefined>();
  return {
    async patch(scaler, status, signal) {
      const { metadata } = scaler;
      const path = `${scalersPath(metadata.namespace ?? "")}/${encodeURIComponent(metadata.name)}`;
      const write = async (resourceVersion: string | undefined) => {
        const body = { metadata: { resourceVersion }, status };
        const request = { method: "PATCH", path: `${path}/status`, body, contentType: "application/merge-patch+json", signal } as const;
        written.set(scaler, ((await connection.request(request)) as KubeObject).metadata.resourceVersion);
      };
      try {
        try {
          await write(written.get(scaler) ?? metadata.resourceVersion);
        } catch (error) {
          if (!(error instanceof KubeError) || error.status !== 409) throw error;
          const now = ((await connection.request({ method: "GET", path, signal })) as KubeObject).metadata;
          if (now.uid !== metadata.uid || now.generation !== metadata.generation) return "changed";
          // Labels, annotations or another field of the status: the decision is about the same specification.
          await write(now.resourceVersion);
        }
        return "written";
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) return "gone";
        throw error;
      }
    },
  };
}
