// Events about scalers: sent in the background, equal ones joined into a series. Nothing that happens here reaches the caller,
// and neither the queue nor the memory of series can grow without bound.
import { hostname } from "node:os";
import { GROUP } from "../api/index.ts";
import type { Clock } from "../clock.ts";
import { withTimeout } from "../clock.ts";
import { eventBodies } from "./event-bodies.ts";
import { createSeriesMemory } from "./event-series.ts";
import type { Series } from "./event-series.ts";
import { createEventWriter } from "./event-writer.ts";
import { KubeError, problemOf } from "./failure.ts";
import type { Events, KubeConnection } from "./kube.ts";

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

export function createEvents({ connection, clock, reportingInstance = hostname(), log }: EventOptions): EventSender {
  const memory = createSeriesMemory();
  const write = createEventWriter(connection, eventBodies(`${GROUP}/operator`, reportingInstance));
  const queue: Series[] = [];
  let sending: Promise<void> | undefined;
  let isEnding = false;
  let dropped = 0;
  const send = async (item: Series) => {
    item.isQueued = false;
    item.writtenMs = clock.nowMs();
    for (let attempt = 1; ; attempt++) {
      const failure = await write(item).catch((error: unknown) => error);
      if (failure === undefined) return;
      const mayRetry = failure instanceof KubeError && failure.reason === "KubernetesUnreachable" && attempt < ATTEMPTS_MAX && !isEnding;
      if (!mayRetry) {
        log?.warn({ event: item.event.reason }, `An event was given up: ${failure instanceof KubeError ? failure.sentence : problemOf(failure)}`);
        return;
      }
      await clock.delay(failure.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1));
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
      const item = memory.count(event, clock.nowMs());
      if (item === undefined) return;
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
