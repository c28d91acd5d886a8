// Targets of the usual kinds as watches know them, so that a pass asks nothing of the API server. A kind is watched from its first target on.
// Invariant: only what is surely fresh is told: after a list, while its watch is heard of, and never what a write of ours or another's has overtaken.
import type { ScaleTargetRef } from "../api/index.ts";
import type { Clock } from "../clock.ts";
import type { OperatorError } from "../errors.ts";
import type { KubeConnection, KubeObject, Reflector, TargetScale } from "./kube.ts";
import { createReflector } from "./reflector.ts";
import { isRollingOut, readyReplicas, wantedReplicas, WORKLOAD_PLURALS } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

/** The server tells a quiet watch its version about once a minute. One that has been silent for longer than two is not relied on, ms. */
const SILENT_MS = 150_000;

export interface TargetCache {
  /** The target if it is known for sure; otherwise it is to be asked for. The first call of a kind starts its watch. */
  find(namespace: string, target: ScaleTargetRef): TargetScale | undefined;
  /** The target has another version than `resourceVersion`: a write of ours succeeded, or was refused for it. */
  overtaken(namespace: string, target: ScaleTargetRef, resourceVersion: string): void;
}

export interface TargetCacheOptions {
  readonly connection: KubeConnection;
  readonly clock: Clock;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** The end of all watches. */
  readonly signal: AbortSignal;
  readonly onError: (error: OperatorError) => void;
}

interface Watched {
  readonly reflector: Reflector<TargetScale>;
  heardMs: number;
}

export function createTargetCache(options: TargetCacheOptions): TargetCache {
  const { clock, namespaces } = options;
  const watches = new Map<string, Watched>();
  /** By kind and key: the version that is not the newest any more. */
  const overtaken = new Map<string, string>();
  const watchOf = (kind: string, namespace: string): Watched => {
    const scope = namespaces === undefined ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
    const path = `/apis/apps/v1/${scope}${WORKLOAD_PLURALS[kind]}`;
    const watched = watches.get(path) ?? startWatch(options, path, kind);
    watches.set(path, watched);
    return watched;
  };
  return {
    find(namespace, { kind, name }) {
      const { reflector, heardMs } = watchOf(kind, namespace);
      if (!reflector.synced() || clock.nowMs() - heardMs > SILENT_MS) return undefined;
      const found = reflector.get(`${namespace}/${name}`);
      const key = `${kind}/${namespace}/${name}`;
      if (found !== undefined && overtaken.get(key) === found.resourceVersion) return undefined;
      overtaken.delete(key);
      return found;
    },
    overtaken: (namespace, { kind, name }, resourceVersion) => void overtaken.set(`${kind}/${namespace}/${name}`, resourceVersion),
  };
}

function startWatch({ connection, clock, signal, onError }: TargetCacheOptions, path: string, kind: string): Watched {
  const hear = () => void (watched.heardMs = clock.nowMs());
  const heard: KubeConnection = {
    ...connection,
    async request(request) {
      const body = await connection.request(request);
      hear();
      return body;
    },
    async *watch(watchPath, watchSignal) {
      for await (const event of connection.watch(watchPath, watchSignal)) {
        hear();
        yield event;
      }
    },
  };
  const prune = (object: KubeObject) => targetOf(kind, object);
  const reflector = createReflector<TargetScale>({ connection: heard, clock, path, prune, handlers: { changed: () => undefined }, onError });
  const watched: Watched = { reflector, heardMs: -Infinity };
  void reflector.run(signal);
  return watched;
}

function targetOf(kind: string, object: KubeObject): TargetScale {
  const workload: Workload = object;
  const { uid = "", resourceVersion = "" } = object.metadata;
  return { replicas: wantedReplicas(workload), readyReplicas: readyReplicas(workload), isRollingOut: isRollingOut(kind, workload), resourceVersion, uid };
}
