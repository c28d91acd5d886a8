// What happened in the judged time, on a grid of minutes: demand, what was forecast for each minute, and replicas asked for and ready.
// Pure: everything comes from the traffic, the record of the pods and the forecasts seen.
import type { ReplicaRecord } from "../../playground/index.ts";

export const MINUTE_MS = 60_000;

export interface Course {
  /** Unix ms of the first minute. */
  readonly startMs: number;
  /** A value a minute; the others have the same length. */
  readonly demand: Float64Array;
  /** Made one lead earlier for this minute; NaN where none was seen. */
  readonly forecast: Float64Array;
  readonly upper: Float64Array;
  readonly asked: Float64Array;
  readonly ready: Float64Array;
}

/** A forecast and its 95 % bound by the minute (unix ms) that it is for. */
export type Forecasts = ReadonlyMap<number, { readonly point: number; readonly upper: number }>;

/** The course over [startMs, startMs + minutes). */
export function courseOf(parts: {
  readonly startMs: number;
  readonly minutes: number;
  readonly demandAt: (timeMs: number) => number;
  readonly forecasts: Forecasts;
  readonly record: readonly ReplicaRecord[];
}): Course {
  const { startMs, minutes, demandAt, forecasts, record } = parts;
  const column = (valueAt: (timeMs: number) => number) => Float64Array.from({ length: minutes }, (_, i) => valueAt(startMs + i * MINUTE_MS));
  return {
    startMs,
    demand: column(demandAt),
    forecast: column((timeMs) => forecasts.get(timeMs)?.point ?? NaN),
    upper: column((timeMs) => forecasts.get(timeMs)?.upper ?? NaN),
    asked: column((timeMs) => stateAt(record, timeMs)?.asked ?? 0),
    ready: column((timeMs) => stateAt(record, timeMs)?.ready ?? 0),
  };
}

/** What held at `timeMs`; undefined before the first entry. */
export function stateAt(record: readonly ReplicaRecord[], timeMs: number): ReplicaRecord | undefined {
  let low = 0;
  let high = record.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((record[middle]?.timeMs ?? Infinity) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return record[low - 1];
}
