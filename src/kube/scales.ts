// The target's scale: read with its readiness and rollout, written through /scale and only if the target is still as it was read.
import type { ScaleTargetRef } from "../api/index.ts";
import type { Clock } from "../clock.ts";
import { createDiscovery, groupPath } from "./discovery.ts";
import type { Discovery } from "./discovery.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection, Scales, TargetScale } from "./kube.ts";
import { countReadyPods } from "./ready-pods.ts";
import type { TargetCache } from "./target-cache.ts";
import { availableReplicas, isRollingOut, readyReplicas, wantedReplicas, WORKLOAD_PLURALS } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

const SCALABLE_HINT = "Point scaleTargetRef at a Deployment, a StatefulSet, or another kind that has /scale.";
const KIND_HINT = "Correct apiVersion and kind of scaleTargetRef, or install the kind.";
const REF_HINT = "Create it, or correct scaleTargetRef.";

/** autoscaling/v1 Scale, the fields that are read. */
interface Scale {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string };
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number; readonly selector?: string };
}

export interface ScaleOptions {
  readonly connection: KubeConnection;
  readonly clock: Pick<Clock, "nowMs">;
  /** Told once a namespace that its pods may not be listed, so that readiness of other kinds is unknown there. */
  readonly onPodsRefused?: (error: KubeError) => void;
  /** Where the usual kinds are known without asking. Without it each read asks. */
  readonly targets?: TargetCache;
}

/** Reads and writes scales. Throws KubeError: TargetNotFound, TargetNotScalable, Conflict, Forbidden, KubernetesRejected, KubernetesUnreachable. */
export function createScales({ connection, clock, onPodsRefused, targets }: ScaleOptions): Scales {
  const discovery = createDiscovery({ connection, clock });
  const told = new Set<string>();
  const podsRefused = (namespace: string) => (error: KubeError) => {
    if (!told.has(namespace)) onPodsRefused?.(error);
    told.add(namespace);
  };
  return {
    async read(namespace, target, signal) {
      const known = watchedBy(targets, target)?.find(namespace, target);
      if (known !== undefined) return known;
      const path = await objectPath(discovery, namespace, target);
      try {
        if (isWorkload(target)) {
          const scale = await readWorkload(connection, path, target.kind, signal);
          targets?.seen(namespace, target, scale.resourceVersion);
          return scale;
        }
        const ready: CountReady = (selector) => countReadyPods(connection, namespace, selector, podsRefused(namespace), signal);
        return await readScale(connection, path, ready, signal);
      } catch (error) {
        throw ofTarget(error, namespace, target);
      }
    },
    async write(namespace, target, replicas, resourceVersion, signal) {
      const path = `${await objectPath(discovery, namespace, target)}/scale`;
      const body = { metadata: { resourceVersion }, spec: { replicas } };
      const watched = watchedBy(targets, target);
      try {
        // Until its answer is there nobody knows what became of it.
        watched?.doubted(namespace, target);
        const written = (await connection.request({ method: "PATCH", path, body, contentType: "application/merge-patch+json", signal })) as Scale | null;
        const version = written?.metadata?.resourceVersion;
        if (version !== undefined) watched?.seen(namespace, target, version);
      } catch (error) {
        throw ofTarget(error, namespace, target);
      }
    },
  };
}

function isWorkload({ apiVersion, kind }: ScaleTargetRef): boolean {
  return apiVersion === "apps/v1" && kind in WORKLOAD_PLURALS;
}

function watchedBy(targets: TargetCache | undefined, target: ScaleTargetRef): TargetCache | undefined {
  return isWorkload(target) ? targets : undefined;
}

async function objectPath(discovery: Discovery, namespace: string, target: ScaleTargetRef): Promise<string> {
  const { apiVersion, kind, name } = target;
  const plural = isWorkload(target) ? WORKLOAD_PLURALS[kind] : await scalablePlural(discovery, namespace, target);
  return `${groupPath(apiVersion)}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
}

async function scalablePlural(discovery: Discovery, namespace: string, target: ScaleTargetRef): Promise<string> {
  const { apiVersion, kind, name } = target;
  const found = await discovery.find(apiVersion, kind);
  if (found === undefined) {
    const message = `The API server knows no kind ${kind} in ${apiVersion}, which is the target ${namespace}/${name}.`;
    throw new KubeError(message, { reason: "TargetNotFound", retry: "nextInterval", hint: KIND_HINT });
  }
  if (found.hasScale && found.isNamespaced) return found.plural;
  const why = found.isNamespaced ? "has no /scale subresource" : "is not of a namespace";
  throw new KubeError(`${namespace}/${kind} ${name} cannot be scaled: ${kind} in ${apiVersion} ${why}.`, {
    reason: "TargetNotScalable",
    retry: "nextInterval",
    hint: SCALABLE_HINT,
  });
}

async function readWorkload(connection: KubeConnection, path: string, kind: string, signal: AbortSignal): Promise<TargetScale> {
  const object = (await connection.request({ method: "GET", path, signal })) as Workload;
  return {
    replicas: wantedReplicas(object),
    readyReplicas: readyReplicas(object),
    availableReplicas: availableReplicas(object),
    isRollingOut: isRollingOut(kind, object),
    ...identity(object, path),
  };
}

type CountReady = (selector: string) => Promise<number>;

async function readScale(connection: KubeConnection, path: string, countReady: CountReady, signal: AbortSignal): Promise<TargetScale> {
  const scale = (await connection.request({ method: "GET", path: `${path}/scale`, signal })) as Scale;
  const selector = scale.status?.selector ?? "";
  return {
    // A Scale leaves out a 0.
    replicas: scale.spec?.replicas ?? 0,
    // An empty selector would count every pod of the namespace.
    readyReplicas: selector === "" ? NaN : await countReady(selector),
    isRollingOut: false,
    ...identity(scale, path),
  };
}

function identity({ metadata }: Scale | Workload, path: string): { resourceVersion: string; uid: string } {
  const { uid, resourceVersion } = metadata;
  if (uid !== undefined && resourceVersion !== undefined) return { uid, resourceVersion };
  throw new KubeError(`The API server's answer to GET ${path} has no uid or no resourceVersion.`, { reason: "KubernetesRejected", retry: "nextInterval" });
}

function ofTarget(error: unknown, namespace: string, { kind, name }: ScaleTargetRef): unknown {
  if (!(error instanceof KubeError)) return error;
  const { status, statusReason, causes, cause = error } = error;
  const base = { ...(status === undefined ? {} : { status }), statusReason, causes, cause };
  if (status === 404) {
    const options = { ...base, reason: "TargetNotFound", retry: "nextInterval", hint: REF_HINT } as const;
    return new KubeError(`The target ${kind} "${name}" does not exist in namespace "${namespace}".`, options);
  }
  if (status === 409)
    return new KubeError(`${kind} "${name}" in namespace "${namespace}" was changed between being read and being written; it is looked at again.`, {
      ...base,
      reason: "Conflict",
      retry: "backoff",
    });
  return error;
}
