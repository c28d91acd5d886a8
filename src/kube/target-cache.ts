// Targets of the usual kinds as watches know them, so that a pass asks nothing of the API server. A kind is watched from its first target on.
// Invariant: what is told of a target is never older than what was read or written of it here before. Where that is not sure it is not told, and whoever
// wants it asks the server: while nothing is heard of the watch, while it lags behind a write of ours, and where the operator may not list or watch.
import type { ScaleTargetRef } from "../api/index.ts";
import type { Clock } from "../clock.ts";
import type { OperatorError } from "../errors.ts";
import type { KubeConnection, KubeObject, Reflector, TargetScale } from "./kube.ts";
import { createReflector } from "./reflector.ts";
import { availableReplicas, isRollingOut, readyReplicas, wantedReplicas, WORKLOAD_PLURALS } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

/** The server tells a quiet watch its version about once a minute. One that has been silent for longer than two is not relied on, ms. */
const SILENT_MS = 150_000;
/** Where a list or a watch was refused it is tried again after so long, ms. */
const REFUSED_MS = 5 * 60_000;
/** Objects a page: one page is decoded in a few milliseconds. */
const PAGE_SIZE = 100;

export interface TargetCache {
  /** The target if it is known for sure; otherwise it is to be asked for. The first call for a kind starts its watch. */
  find(namespace: string, target: ScaleTargetRef): TargetScale | undefined;
  /** The target was read at, or by a write of ours came to, this version. */
  seen(namespace: string, target: ScaleTargetRef, resourceVersion: string): void;
  /** A write of ours has failed, perhaps only in its answer: it is to be asked for. */
  doubted(namespace: string, target: ScaleTargetRef): void;
}

export interface TargetCacheOptions {
  readonly connection: KubeConnection;
  readonly clock: Clock;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** The end of all watches. */
  readonly signal: AbortSignal;
  /** Told of each failure of a watch once, until the watch works again. */
  readonly onError: (error: OperatorError) => void;
}

/** Stands for a version that is not known. */
const UNKNOWN = "";

export function createTargetCache(options: TargetCacheOptions): TargetCache {
  const { clock, namespaces } = options;
  const watches = new Map<string, KindWatch>();
  /** By kind and key: the least version that may be told. What a watch has caught up with is forgotten. */
  const least = new Map<string, string>();
  const watchOf = (kind: string, namespace: string): KindWatch => {
    const scope = namespaces === undefined ? "" : `namespaces/${encodeURIComponent(namespace)}/`;
    const path = `/apis/apps/v1/${scope}${WORKLOAD_PLURALS[kind]}`;
    const watched = watches.get(path) ?? new KindWatch(options, path, kind);
    watches.set(path, watched);
    return watched;
  };
  const keyOf = (namespace: string, { kind, name }: ScaleTargetRef) => `${kind}/${namespace}/${name}`;
  return {
    find(namespace, target) {
      const found = watchOf(target.kind, namespace).find(`${namespace}/${target.name}`, clock.nowMs());
      if (found === undefined) return undefined;
      const key = keyOf(namespace, target);
      const known = least.get(key);
      if (known === undefined) return found;
      if (!isAtLeast(found.resourceVersion, known)) return undefined;
      least.delete(key);
      return found;
    },
    seen(namespace, target, resourceVersion) {
      const key = keyOf(namespace, target);
      const known = least.get(key) ?? UNKNOWN;
      if (!isAtLeast(known, resourceVersion)) least.set(key, resourceVersion);
    },
    doubted: (namespace, target) => void least.set(keyOf(namespace, target), UNKNOWN),
  };
}

/** Whether version `a` is `b` or newer. Versions are numbers that grow; of others only sameness is known. Nothing is as new as an unknown one. */
function isAtLeast(a: string, b: string): boolean {
  if (a === UNKNOWN || b === UNKNOWN) return false;
  if (a === b) return true;
  if (!/^[1-9]\d*$/.test(a) || !/^[1-9]\d*$/.test(b)) return false;
  return a.length === b.length ? a > b : a.length > b.length;
}

/** The watch of one kind in one scope. */
class KindWatch {
  readonly #options: TargetCacheOptions;
  readonly #path: string;
  readonly #kind: string;
  #reflector: Reflector<TargetScale> | undefined;
  #heardMs = -Infinity;
  #refusedMs = -Infinity;
  /** What was last told to be wrong. */
  #complaint = "";

  constructor(options: TargetCacheOptions, path: string, kind: string) {
    this.#options = options;
    this.#path = path;
    this.#kind = kind;
  }

  find(key: string, nowMs: number): TargetScale | undefined {
    if (this.#reflector === undefined && nowMs - this.#refusedMs >= REFUSED_MS) this.#start();
    const isFresh = this.#reflector?.synced() === true && nowMs - this.#heardMs <= SILENT_MS;
    return isFresh ? this.#reflector?.get(key) : undefined;
  }

  #start(): void {
    const { clock, signal } = this.#options;
    const refused = new AbortController();
    const onError = (error: OperatorError) => {
      if (error.reason === "Forbidden") {
        this.#reflector = undefined;
        this.#refusedMs = clock.nowMs();
        refused.abort(error);
      }
      if (error.message === this.#complaint) return;
      this.#complaint = error.message;
      this.#options.onError(error);
    };
    this.#reflector = createReflector<TargetScale>({
      connection: this.#heard(),
      clock,
      path: this.#path,
      prune: (object) => targetOf(this.#kind, object),
      handlers: { changed: () => undefined },
      pageSize: PAGE_SIZE,
      listsNewest: true,
      onError,
    });
    void this.#reflector.run(AbortSignal.any([signal, refused.signal]));
  }

  /** The connection, noting when something came of the watch. A list is no sign that the watch works, but what it brought is as good. */
  #heard(): KubeConnection {
    const { connection, clock } = this.#options;
    return {
      ...connection,
      request: async (request) => {
        const body = await connection.request(request);
        this.#heardMs = clock.nowMs();
        return body;
      },
      watch: (path, signal) => this.#heardEvents(connection.watch(path, signal)),
    };
  }

  async *#heardEvents(events: AsyncIterable<unknown>): AsyncIterable<unknown> {
    for await (const event of events) {
      this.#heardMs = this.#options.clock.nowMs();
      this.#complaint = "";
      yield event;
    }
  }
}

function targetOf(kind: string, object: KubeObject): TargetScale {
  const workload: Workload = object;
  const { uid = "", resourceVersion = "" } = object.metadata;
  const ready = { readyReplicas: readyReplicas(workload), availableReplicas: availableReplicas(workload) };
  return { replicas: wantedReplicas(workload), ...ready, isRollingOut: isRollingOut(kind, workload), resourceVersion, uid };
}
