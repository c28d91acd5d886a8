// How long the pods of a target took to be Ready, as their own conditions say. None where they may not be listed.
import type { ScaleTargetRef } from "../../api/index.ts";
import { parseTime } from "../../clock.ts";
import { KubeError } from "../../kube/index.ts";
import type { KubeConnection } from "../../kube/index.ts";

interface Pod {
  readonly metadata: { readonly creationTimestamp?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime?: string }[] };
}

interface Workload {
  readonly spec?: { readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } };
}

const PLURALS: Readonly<Record<string, string>> = { Deployment: "deployments", StatefulSet: "statefulsets", ReplicaSet: "replicasets" };
/** A pod that became Ready so long after its creation had lost its readiness in between. */
const LONGEST_MS = 3_600_000;
const MOST_PODS = 500;

export async function timesToReady(connection: KubeConnection, namespace: string, target: ScaleTargetRef, signal: AbortSignal): Promise<number[]> {
  const plural = target.apiVersion === "apps/v1" ? PLURALS[target.kind] : undefined;
  if (plural === undefined) return [];
  const get = (path: string) => connection.request({ method: "GET", path, signal });
  const space = `/namespaces/${encodeURIComponent(namespace)}`;
  try {
    const { spec } = (await get(`/apis/apps/v1${space}/${plural}/${encodeURIComponent(target.name)}`)) as Workload;
    const selector = Object.entries(spec?.selector?.matchLabels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    if (selector === "") return [];
    const { items = [] } = (await get(`/api/v1${space}/pods?limit=${MOST_PODS}&labelSelector=${encodeURIComponent(selector)}`)) as {
      readonly items?: readonly Pod[];
    };
    return items.map(timeToReady).filter((ms) => ms >= 0 && ms <= LONGEST_MS);
  } catch (error) {
    if (error instanceof KubeError) return [];
    throw error;
  }
}

function timeToReady({ metadata, status }: Pod): number {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") return NaN;
  return parseTime(ready.lastTransitionTime ?? "") - parseTime(metadata.creationTimestamp ?? "");
}
