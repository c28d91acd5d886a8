// How many pods of a selector are Ready, for targets that do not say so themselves.
import { KubeError } from "./failure.ts";
import type { KubeConnection, KubeObject } from "./kube.ts";
import { listAll, withQuery } from "./list.ts";

/** Pods are large (10 KB and more): small pages keep each parse short. */
const PAGE_SIZE = 200;

interface Pod extends KubeObject {
  readonly metadata: KubeObject["metadata"] & { readonly deletionTimestamp?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** The number of Ready pods, or NaN when they may not be listed: then `refused` is told why. `selector` in its text form. */
export async function countReadyPods(
  connection: KubeConnection, namespace: string, selector: string, refused: (error: KubeError) => void, signal: AbortSignal,
): Promise<number> {
  const path = withQuery(`/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`, { labelSelector: selector, fieldSelector: "status.phase=Running" });
  let ready = 0;
  const sink = {
    begin: () => void (ready = 0),
    add(pod: Pod) {
      if (pod.metadata.deletionTimestamp === undefined && isReady(pod)) ready++;
    },
  };
  try {
    await listAll({ connection, path, version: "", pageSize: PAGE_SIZE, signal }, sink);
    return ready;
  } catch (error) {
    if (error instanceof KubeError && error.status === 403) {
      refused(error);
      return NaN;
    }
    throw error;
  }
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
