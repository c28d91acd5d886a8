// Writes statuses beside the passes: a slow API server delays what is told of decisions, never the decisions.
// Invariants: of a scaler only the newest is written; one write of it at a time; what failed is tried again; nothing is written after `forget`.
import type { Clock } from "../clock.ts";
import type { Statuses } from "../kube/index.ts";
import type { Metrics } from "../telemetry/index.ts";
import type { Complaints } from "./complaints.ts";
import { asOperatorError } from "./failure.ts";
import { stageTimer } from "./stage-timer.ts";
import type { StoredScaler } from "./stored-scaler.ts";
import { createWorkQueue } from "./work-queue.ts";

/** Writes under way at once, of those that are urgent and of the others: few, so that the API server has time for everything else. */
const WRITERS = 4;
/** And of those that are not urgent while much else is to be done: decisions first, then forecasts. */
const WRITERS_WHEN_BUSY = 1;
/** And each of those at most so often, ms: while replicas climb, every pass has something to tell. */
const PACE_WHEN_BUSY_MS = 60_000;
const URGENT = "urgent";

/** What a scaler's status is to say. */
export interface StatusNews {
  /** The scaler that this was found of. */
  readonly stored: StoredScaler;
  /** Makes the merge patch, when it is its turn: thousands that wait hold little. */
  readonly status: () => unknown;
  /** Others act on it: it does not wait for those that only tell. */
  readonly isUrgent: boolean;
  /** Called once it has been written; not if the scaler has another specification by then, which a pass has been woken for. */
  readonly written: () => void;
}

export interface StatusWriter {
  /** To be written soon. It takes the place of what has not been written of this scaler. */
  put(key: string, news: StatusNews): void;
  /** Something of this scaler has not been written yet. */
  owes(key: string): boolean;
  /** Drops what waits; resolves when no write of this scaler is under way. */
  forget(key: string): Promise<void>;
  /** Writes until the signal fires and the writes under way have ended. */
  run(signal: AbortSignal): Promise<void>;
}

export interface StatusWriterParts {
  readonly statuses: Statuses;
  /** Of the back-off after failures. */
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly complaints: Complaints;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** Many decisions or histories wait, as after the start of a large fleet. */
  readonly isBusy: () => boolean;
}

export function createStatusWriter({ statuses, clock, metrics, complaints, random, isBusy }: StatusWriterParts): StatusWriter {
  const none = () => undefined;
  const meter = { depth: (count: number) => metrics.statusesWaiting(count), added: none, retried: none, waited: none, worked: none, finished: none };
  const stage = stageTimer(metrics);
  const waiting = new Map<string, StatusNews>();
  const queue = createWorkQueue(clock, meter, random, (key) => (waiting.get(key)?.isUrgent ? URGENT : ""));
  const underWay = new Map<string, Promise<void>>();
  const writtenMs = new Map<string, number>();
  /** Those that were forgotten while a write of them was under way. */
  const forgotten = new Set<string>();
  const write = async (key: string, news: StatusNews, signal: AbortSignal) => {
    try {
      const outcome = await stage("status", () => statuses.patch(news.stored, news.status(), signal));
      queue.succeeded(key);
      complaints.end(key);
      if (outcome === "written") news.written();
    } catch (error) {
      if (signal.aborted || forgotten.has(key)) return;
      const failure = asOperatorError(error);
      // The term ends in a moment, or goes on after a renewal that came late.
      if (failure.reason !== "NotLeader") {
        metrics.reconcile("error");
        complaints.of(key, failure);
      }
      // Something newer is in the queue already.
      if (waiting.has(key)) return;
      waiting.set(key, news);
      queue.addAfterFailure(key, failure.retryAfterMs);
    }
  };
  return {
    put(key, news) {
      // It may wait among the others.
      if (news.isUrgent && waiting.get(key)?.isUrgent === false) queue.forget(key);
      waiting.set(key, news);
      const sinceMs = clock.nowMs() - (writtenMs.get(key) ?? -Infinity);
      // Below 0 the clock was ahead.
      const isPaced = isBusy() && !news.isUrgent && sinceMs >= 0;
      queue.addAfter(key, isPaced ? PACE_WHEN_BUSY_MS - sinceMs : 0);
    },
    owes: (key) => waiting.has(key),
    async forget(key) {
      waiting.delete(key);
      writtenMs.delete(key);
      queue.forget(key);
      complaints.end(key);
      const writing = underWay.get(key);
      if (writing === undefined) return;
      forgotten.add(key);
      await writing;
      forgotten.delete(key);
    },
    run: (signal) =>
      queue.run(
        async (key) => {
          const news = waiting.get(key);
          if (news === undefined) return;
          waiting.delete(key);
          writtenMs.set(key, clock.nowMs());
          const writing = write(key, news, signal);
          underWay.set(key, writing);
          await writing;
          underWay.delete(key);
        },
        (lane) => (lane !== URGENT && isBusy() ? WRITERS_WHEN_BUSY : WRITERS),
        signal,
      ),
  };
}
