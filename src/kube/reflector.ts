// A cache of one resource, kept by list and watch with the semantics of client-go's reflector.
// It never gives up and never forgets because of a failure: what is cached stays until the server says otherwise.
import type { Clock } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import { createBackoff } from "./backoff.ts";
import { createCache } from "./cache.ts";
import { failureOf, KubeError } from "./failure.ts";
import type { KubeConnection, KubeObject, Reflector, ReflectorHandlers } from "./kube.ts";
import { isExpired, isKubeObject, isVersionTooLarge, listAll, withQuery } from "./list.ts";

const PAGE_SIZE = 500;
/** A watch ends by itself after 5 to 10 minutes, so that a silent dead connection is noticed and load moves between servers. */
const WATCH_SECONDS = 300;
/** A watch that closes sooner without an event was no watch, ms. */
const SHORT_WATCH_MS = 1_000;
/** Failures in a row after which the watch is not taken up again but the list is read anew: the version itself may be the trouble. */
const RESUMES_MAX = 5;

export interface ReflectorOptions<T> {
  readonly connection: KubeConnection;
  /** Pauses between attempts. Give the wall clock: the API server lives there. */
  readonly clock: Clock;
  /** Path of the resource, perhaps with selectors, for example `/apis/apps/v1/deployments`. */
  readonly path: string;
  /** Keeps what is needed of an object: the rest is garbage at once. */
  readonly prune: (object: KubeObject) => T;
  readonly handlers: ReflectorHandlers<T>;
  readonly pageSize?: number;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Told of every failure, also of a handler that threw; for the log. */
  readonly onError?: (error: OperatorError) => void;
  /** Shortest time of a watch, s; it is drawn between this and twice this. */
  readonly watchSeconds?: number;
}

export function createReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  const { connection, clock, path, pageSize = PAGE_SIZE, random = Math.random } = options;
  const onError = quietly(options.onError);
  const cache = createCache<T>({
    prune: options.prune,
    changed: (key, value) => options.handlers.changed(key, value),
    failed: (key, cause) =>
      onError(new OperatorError(`The change of ${key} could not be handled: ${String(cause)}.`, { reason: "InternalError", retry: "nextInterval", cause })),
  });
  const backoff = createBackoff(clock, random);
  let version = "";
  let isVersionLost = false;
  let isPagedByServer = false;
  let isSynced = false;

  const pause = (signal: AbortSignal, error?: unknown) => clock.delay(backoff.next(error instanceof OperatorError ? error.retryAfterMs : 0), signal);
  const listOnce = async (signal: AbortSignal) => {
    const asked = isVersionLost ? "" : version === "" ? "0" : version;
    // A list at a version comes from the server's cache only when it is asked for whole.
    const size = asked === "" || asked === "0" || isPagedByServer ? pageSize : 0;
    let next = cache.replacement();
    const sink = { begin: () => void (next = cache.replacement()), add: (object: KubeObject) => next.add(object) };
    const { version: listed, isPaged } = await listAll({ connection, path, version: asked, pageSize: size, signal }, sink);
    if (asked === "0" && isPaged) isPagedByServer = true;
    version = listed;
    isVersionLost = false;
    next.finish();
    isSynced = true;
  };
  const list = async (signal: AbortSignal) => {
    try {
      await listOnce(signal);
    } catch (error) {
      if (!isExpired(error) && !isVersionTooLarge(error)) throw error;
      isVersionLost = true;
      await listOnce(signal);
    }
  };
  /** One watch, to its end. Throws what ended it, unless that was the server closing in good time. */
  const watchOnce = async (signal: AbortSignal) => {
    const seconds = Math.floor((options.watchSeconds ?? WATCH_SECONDS) * (1 + random()));
    const parameters = { watch: "true", allowWatchBookmarks: "true", resourceVersion: version, timeoutSeconds: String(seconds) };
    const startMs = clock.nowMs();
    let events = 0;
    for await (const event of connection.watch(withQuery(path, parameters), signal)) {
      if (signal.aborted) return;
      take(event);
      events++;
    }
    if (events === 0 && clock.nowMs() - startMs < SHORT_WATCH_MS)
      throw new KubeError(`The watch of ${path} was closed at once.`, { reason: "KubernetesUnreachable", retry: "backoff" });
  };
  const take = (event: unknown) => {
    const { type, object } = (typeof event === "object" && event !== null ? event : {}) as { type?: unknown; object?: unknown };
    if (type === "ERROR") throw inStreamFailure(path, object);
    const seen = versionOf(object);
    if (type === "BOOKMARK") {
      if (seen !== undefined) version = seen;
    } else if ((type === "ADDED" || type === "MODIFIED" || type === "DELETED") && isKubeObject(object)) {
      if (type === "DELETED") cache.remove(object);
      else cache.set(object);
      if (seen !== undefined) version = seen;
    } else onError(new KubeError(`The watch of ${path} brought an event that is not understood: ${clip(event)}.`, { reason: "KubernetesRejected", retry: "nextInterval" }));
  };
  /** Watches from the last version on, until the list must be read anew. Throws when that is because of a failure. */
  const follow = async (signal: AbortSignal) => {
    for (let failures = 0; !signal.aborted; ) {
      const from = version;
      try {
        await watchOnce(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (isVersionTooLarge(error)) isVersionLost = true;
        if (version !== from) failures = 0;
        if (!mayResume(error) || ++failures > RESUMES_MAX) throw error;
        onError(asError(error));
        await pause(signal, error);
      }
    }
  };
  return {
    async run(signal) {
      while (!signal.aborted) {
        try {
          await list(signal);
          await follow(signal);
        } catch (error) {
          if (signal.aborted) return;
          if (!isExpired(error)) onError(asError(error));
          await pause(signal, error).catch(() => undefined);
        }
      }
    },
    synced: () => isSynced,
    get: (key) => cache.get(key),
    keys: () => cache.keys(),
  };
}

/** The stream broke or the server is in trouble: the version is still good. Anything else needs a new list. */
function mayResume(error: unknown): boolean {
  if (!(error instanceof KubeError) || isExpired(error) || isVersionTooLarge(error)) return false;
  return error.status === undefined || error.status === 429 || error.status >= 500;
}

function inStreamFailure(path: string, object: unknown): KubeError {
  const status = typeof object === "object" && object !== null && "code" in object && typeof object.code === "number" ? object.code : 500;
  return failureOf({ method: "GET", path: withQuery(path, { watch: "true" }), status, text: JSON.stringify(object) ?? "", retryAfter: undefined });
}

function versionOf(object: unknown): string | undefined {
  const version = (object as { metadata?: { resourceVersion?: unknown } } | null | undefined)?.metadata?.resourceVersion;
  return typeof version === "string" && version !== "" ? version : undefined;
}

function asError(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  return new OperatorError(`The reflector failed: ${String(error)}.`, { reason: "InternalError", retry: "backoff", cause: error });
}

function quietly(onError: ((error: OperatorError) => void) | undefined): (error: OperatorError) => void {
  return (error) => {
    try {
      onError?.(error);
    } catch {
      // A log that fails must not stop the cache.
    }
  };
}

function clip(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 200);
}
