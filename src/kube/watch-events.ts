// What one line of a watch does to the cache.
import type { Cache } from "./cache.ts";
import { failureOf, KubeError } from "./failure.ts";
import { isKubeObject, withQuery } from "./list.ts";

/** Takes the event into the cache. Returns the version that the cache is at then, if it says so. Throws KubeError for an ERROR, NotUnderstood for nonsense. */
export function takeEvent(event: unknown, cache: Cache<unknown>, path: string): string | undefined {
  const { type, object } = (typeof event === "object" && event !== null ? event : {}) as { type?: unknown; object?: unknown };
  if (type === "ERROR") throw inStreamFailure(path, object);
  if (type === "BOOKMARK") return versionOf(object);
  if ((type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") || !isKubeObject(object)) throw new NotUnderstood(path, event);
  if (type === "DELETED") cache.remove(object);
  else cache.set(object);
  return versionOf(object);
}

/** An event of a type that is unknown, or without an object: it is told, and left out. */
export class NotUnderstood extends KubeError {
  constructor(path: string, event: unknown) {
    const text = (JSON.stringify(event) ?? "nothing").slice(0, 200);
    super(`The watch of ${path} brought an event that is not understood: ${text}.`, { reason: "KubernetesRejected", retry: "nextInterval" });
  }
}

function inStreamFailure(path: string, object: unknown): KubeError {
  const status = typeof object === "object" && object !== null && "code" in object && typeof object.code === "number" ? object.code : 500;
  return failureOf({ method: "GET", path: withQuery(path, { watch: "true" }), status, text: JSON.stringify(object) ?? "", retryAfter: undefined });
}

function versionOf(object: unknown): string | undefined {
  const version = (object as { metadata?: { resourceVersion?: unknown } } | null | undefined)?.metadata?.resourceVersion;
  return typeof version === "string" && version !== "" ? version : undefined;
}
