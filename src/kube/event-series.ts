// Which events are equal: one series for each, over ten minutes, with its count. Bounded.
import { randomBytes } from "node:crypto";
import type { KubeEvent } from "./kube.ts";

/** Equal events closer than this are one series, ms. */
const SERIES_MS = 10 * 60_000;
/** A series is written again after so long at most often, ms: one that repeats each second must not write each second. */
const SERIES_WRITE_MS = 60_000;
/** Series remembered; beyond it the oldest starts anew. */
const SERIES_MAX = 2_000;
/** Characters of the object's name in the event's name: a name may have 253. */
const NAME_MAX = 200;

export interface Series {
  readonly event: KubeEvent;
  readonly name: string;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  /** When it was last sent, -Infinity before. */
  writtenMs: number;
  /** Waits to be sent: what goes out is what is true then. */
  isQueued: boolean;
  /** The server has it. */
  isCreated: boolean;
}

export interface SeriesMemory {
  /** Counts the event; its series if that is due to be sent, else undefined. */
  count(event: KubeEvent, nowMs: number): Series | undefined;
}

export function createSeriesMemory(): SeriesMemory {
  const all = new Map<string, Series>();
  return {
    count(event, nowMs) {
      const key = JSON.stringify([event.regarding, event.type, event.reason, event.action, event.note]);
      const known = all.get(key);
      const series = known !== undefined && nowMs - known.lastMs < SERIES_MS ? known : begin(event, nowMs);
      all.delete(key);
      all.set(key, series);
      if (all.size > SERIES_MAX) for (const oldest of all.keys()) if (all.size > SERIES_MAX) all.delete(oldest);
      series.count++;
      series.lastMs = nowMs;
      const isTooSoon = series.count > 2 && nowMs - series.writtenMs < SERIES_WRITE_MS;
      return series.isQueued || isTooSoon ? undefined : series;
    },
  };
}

function begin(event: KubeEvent, nowMs: number): Series {
  const name = `${event.regarding.name.slice(0, NAME_MAX).replace(/[^a-z0-9]+$/, "")}.${randomBytes(8).toString("hex")}`;
  return { event, name, firstMs: nowMs, lastMs: nowMs, count: 0, writtenMs: -Infinity, isQueued: false, isCreated: false };
}
