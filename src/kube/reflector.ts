// A cache of one resource, kept by list and watch with the semantics of client-go's reflector.
// It never gives up and never forgets because of a failure: what is cached stays until the server says otherwise.
import type { Clock } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import { createBackoff } from "./backoff.ts";
import { createCache } from "./cache.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection, KubeObject, Reflector, ReflectorHandlers } from "./kube.ts";
import { isExpired, isVersionTooLarge, withQuery } from "./list.ts";
import { createLister } from "./lister.ts";
import { NotUnderstood, takeEvent } from "./watch-events.ts";

const PAGE_SIZE = 500;
/**
 * A watch ends by itself after 5 to 10 minutes, so that load moves between servers. One that is silent, without bookmarks too, ends sooner:
 * see connection.ts.
 */
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
  /** Lists ask for the newest, page by page: what the server has in its cache it gives only whole, however large. */
  readonly listsNewest?: boolean;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Told of every failure, also of a handler that threw; for the log. */
  readonly onError?: (error: OperatorError) => void;
  /** Shortest time of a watch, s; it is drawn between this and twice this. */
  readonly watchSeconds?: number;
}

export function createReflector<T>(options: ReflectorOptions<T>): Reflector<T> {
  const { connection, clock, path, pageSize = PAGE_SIZE, listsNewest = false, random = Math.random } = options;
  const onError = quietly(options.onError);
  const cache = createCache<T>({
    prune: options.prune,
    changed: (key, value) => options.handlers.changed(key, value),
    failed: (key, cause) => onError(internal(`The change of ${key} could not be handled`, cause)),
  });
  const lister = createLister({ connection, path, pageSize, cache, listsNewest });
  const backoff = createBackoff(clock, random);
  const pause = (signal: AbortSignal, error: unknown) => clock.delay(backoff.next(error instanceof OperatorError ? error.retryAfterMs : 0), signal);
  const take = (event: unknown) => {
    try {
      const version = takeEvent(event, cache, path);
      if (version !== undefined) lister.moveTo(version);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      onError(error);
    }
  };
  /** One watch, to its end. Throws what ended it, unless that was the server closing in good time. */
  const watchOnce = async (signal: AbortSignal) => {
    const timeoutSeconds = String(Math.floor((options.watchSeconds ?? WATCH_SECONDS) * (1 + random())));
    const parameters = { watch: "true", allowWatchBookmarks: "true", resourceVersion: lister.version, timeoutSeconds };
    const startMs = clock.nowMs();
    let events = 0;
    for await (const event of connection.watch(withQuery(path, parameters), signal)) {
      if (signal.aborted) return;
      take(event);
      events++;
    }
    if (events > 0 || clock.nowMs() - startMs >= SHORT_WATCH_MS || signal.aborted) return;
    throw new KubeError(`The watch of ${path} was closed at once.`, { reason: "KubernetesUnreachable", retry: "backoff" });
  };
  /** Watches from the last version on until the list must be read anew: throws why. */
  const follow = async (signal: AbortSignal) => {
    for (let failures = 0; !signal.aborted; ) {
      const from = lister.version;
      try {
        await watchOnce(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (isVersionTooLarge(error)) lister.lose();
        if (lister.version !== from) failures = 0;
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
          await lister.list(signal);
          await follow(signal);
        } catch (error) {
          if (signal.aborted) return;
          if (!isExpired(error)) onError(asError(error));
          await pause(signal, error).catch(() => undefined);
        }
      }
    },
    synced: () => lister.isListed,
    get: cache.get,
    keys: cache.keys,
  };
}

/** The stream broke or the server is in trouble: the version is still good. Anything else needs a new list. */
function mayResume(error: unknown): boolean {
  if (!(error instanceof KubeError) || isExpired(error) || isVersionTooLarge(error)) return false;
  return error.status === undefined || error.status === 429 || error.status >= 500;
}

function asError(error: unknown): OperatorError {
  return error instanceof OperatorError ? error : internal("The reflector failed", error);
}

function internal(what: string, cause: unknown): OperatorError {
  return new OperatorError(`${what}: ${String(cause)}.`, { reason: "InternalError", retry: "nextInterval", cause });
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
