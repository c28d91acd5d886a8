// The cache of PredictiveScalers: of the whole cluster, or of the namespaces that the operator is confined to, where it needs no more than Roles.
import { GROUP, PLURAL, VERSION } from "../api/index.ts";
import { createReflector } from "./reflector.ts";
import type { ReflectorOptions } from "./reflector.ts";
import type { KubeObject, Reflector } from "./kube.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** What a status only shows. The operator reads what an earlier process left in the other parts. */
const SHOWN: ReadonlySet<string> = new Set(["demand", "model", "accuracy", "recommendation", "schedule", "trace"]);

/** A PredictiveScaler without the parts of its metadata and status that nobody here reads and that may be larger than all the rest. */
export function pruneScaler(object: KubeObject): KubeObject {
  const { metadata: all, status, ...rest } = object as KubeObject & { readonly metadata: { readonly managedFields?: unknown }; readonly status?: unknown };
  const { managedFields: _dropped, annotations, ...metadata } = all;
  const { [LAST_APPLIED]: _applied, ...kept } = annotations ?? {};
  const pruned = { ...rest, metadata: { ...metadata, ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }) } };
  return status === undefined ? pruned : Object.assign(pruned, { status: prunedStatus(status) });
}

function prunedStatus(status: unknown): unknown {
  if (typeof status !== "object" || status === null || Array.isArray(status)) return status;
  const kept = Object.entries(status).filter(([field]) => !SHOWN.has(field));
  return Object.fromEntries(kept.map(([field, value]: [string, unknown]) => [field, field === "decision" ? prunedStatus(value) : value]));
}

type Options<T> = Pick<ReflectorOptions<T>, "connection" | "clock" | "handlers" | "onError"> & {
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
};

/** Where PredictiveScalers are listed and watched. */
export function scalersPath(namespace?: string): string {
  return `/apis/${GROUP}/${VERSION}${namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${PLURAL}`;
}

/** One cache over one reflector a namespace. It is synced when all of them are. */
export function createScalerCache<T extends KubeObject>({ namespaces, ...options }: Options<T>): Reflector<T> {
  const paths = namespaces === undefined ? [scalersPath()] : namespaces.map(scalersPath);
  const parts = paths.map((path) => createReflector<T>({ ...options, path, listsNewest: true, prune: (object) => pruneScaler(object) as T }));
  return {
    run: async (signal) => void (await Promise.all(parts.map((part) => part.run(signal)))),
    synced: () => parts.every((part) => part.synced()),
    get(key) {
      for (const part of parts) {
        const found = part.get(key);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    keys: () => parts.flatMap((part) => part.keys()),
  };
}
