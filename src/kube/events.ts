// Events about scalers: sent in the background, equal ones joined into a series. Nothing that happens here reaches the caller,
// and neither the queue nor the memory of series can grow without bound.
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { GROUP } from "../api/index.ts";
import type { Clock } from "../clock.ts";
import { rfc3339Micro, withTimeout } from "../clock.ts";
import { eventBodies, EVENTS_API } from "./event-bodies.ts";
import { KubeError } from "./failure.ts";
import type { Events, KubeConnection, KubeEvent } from "./kube.ts";

/** Equal events closer than this are one series, ms. */
const SERIES_MS = 10 * 60_000;
/** A series is written again after so long at most often, ms: one that repeats each second must not write each second. */
const SERIES_WRITE_MS = 60_000;
/** Series remembered; beyond it the oldest starts anew. */
const SERIES_MAX = 2_000;
/** Events waiting to be sent; beyond it new ones are dropped and counted. */
const QUEUE_MAX = 500;
const ATTEMPTS_MAX = 4;
const FIRST_PAUSE_MS = 1_000;
/** How long the end of the program waits for the last events, ms. */
const FLUSH_MS = 5_000;

export interface EventSender extends Events {
  /** Resolves when everything emitted so far was sent or given up, after five seconds at the latest. Never rejects. */
  flush(): Promise<void>;
}

export interface EventOptions {
  readonly connection: KubeConnection;
  readonly clock: Pick<Clock, "nowMs" | "delay">;
  /** Who reports; default the name of the machine, which in a cluster is the pod's. */
  readonly reportingInstance?: string;
  readonly log?: { warn(fields: object, message: string): void };
}

interface Series {
  readonly name: string;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  writtenMs: number;
  /** In the queue: what is sent is what is true then. */
  isQueued: boolean;
  isCreated: boolean;
  readonly event: KubeEvent;
}

export function createEvents({ connection, clock, reportingInstance = hostname(), log }: EventOptions): EventSender {
  const bodies = eventBodies(`${GROUP}/operator`, reportingInstance);
  const series = new Map<string, Series>();
  const queue: Series[] = [];
  let api: "events.k8s.io" | "core" = "events.k8s.io";
  let sending: Promise<void> | undefined;
  let isEnding = false;
  let dropped = 0;

  const seriesOf = (event: KubeEvent, nowMs: number): Series => {
    const key = JSON.stringify([event.regarding, event.type, event.reason, event.action, event.note]);
    const known = series.get(key);
    series.delete(key);
    const isSame = known !== undefined && nowMs - known.lastMs < SERIES_MS;
    const name = `${event.regarding.name.slice(0, 200)}.${randomBytes(8).toString("hex")}`;
    const current: Series = isSame ? known : { name, firstMs: nowMs, lastMs: nowMs, count: 0, writtenMs: -Infinity, isQueued: false, isCreated: false, event };
    series.set(key, current);
    for (const oldest of series.keys()) if (series.size > SERIES_MAX) series.delete(oldest);
    return current;
  };
  const write = async (item: Series) => {
    const path = EVENTS_API[api](item.event.regarding.namespace);
    const at = { first: rfc3339Micro(item.firstMs), last: rfc3339Micro(item.lastMs), count: item.count };
    if (!item.isCreated) {
      await connection.request({ method: "POST", path, body: bodies[api].create(item.name, item.event, at) });
      item.isCreated = true;
    } else {
      await connection.request({ method: "PATCH", path: `${path}/${encodeURIComponent(item.name)}`, body: bodies[api].series(at), contentType: "application/merge-patch+json" });
    }
  };
  /** Sends once; true when it is worth trying again. */
  const attempt = async (item: Series): Promise<boolean> => {
    try {
      await write(item);
      return false;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.status === 404 && item.isCreated) {
        item.isCreated = false; // the server forgets events after a while
        return true;
      }
      if (error.status === 404 && api === "events.k8s.io" && (await isMissing(connection))) {
        api = "core";
        return true;
      }
      if (error.reason !== "KubernetesUnreachable") throw error;
      if (!isEnding) await clock.delay(error.retryAfterMs ?? FIRST_PAUSE_MS);
      return !isEnding;
    }
  };
  const send = async (item: Series) => {
    item.isQueued = false;
    item.writtenMs = clock.nowMs();
    try {
      for (let i = 0; i < ATTEMPTS_MAX; i++) if (!(await attempt(item))) return;
      log?.warn({ event: item.event.reason }, "An event was given up: the API server could not be reached.");
    } catch (error) {
      log?.warn({ event: item.event.reason }, `An event was given up: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const drain = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await send(item);
    if (dropped > 0) log?.warn({ dropped }, `${dropped} events were dropped: more than ${QUEUE_MAX} were waiting.`);
    dropped = 0;
    sending = undefined;
  };
  return {
    emit(event) {
      const nowMs = clock.nowMs();
      const item = seriesOf(event, nowMs);
      item.count++;
      item.lastMs = nowMs;
      if (item.isQueued || (item.count > 2 && nowMs - item.writtenMs < SERIES_WRITE_MS)) return;
      if (queue.length >= QUEUE_MAX) {
        dropped++;
        return;
      }
      item.isQueued = true;
      queue.push(item);
      sending ??= drain();
    },
    async flush() {
      isEnding = true;
      const limit = withTimeout(FLUSH_MS);
      const late = new Promise<void>((resolve) => limit.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([sending, late]);
      isEnding = false;
    },
  };
}

/** The server has no events.k8s.io/v1 (and not just no such namespace). */
async function isMissing(connection: KubeConnection): Promise<boolean> {
  try {
    await connection.request({ method: "GET", path: "/apis/events.k8s.io/v1" });
    return false;
  } catch (error) {
    return error instanceof KubeError && error.status === 404;
  }
}
