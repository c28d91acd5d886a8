// Stretches of a history over which the wall clock runs evenly: a change of the zone's offset starts a new one.
// Within a span local time is a straight line, so nothing need ask the clock sample by sample.
import type { LocalClock } from "../forecaster.ts";
import { DAY_MS } from "../seasons.ts";

export interface Span {
  /** Samples [first, end). */
  readonly first: number;
  readonly end: number;
  /** Local time of the first sample, and of the moment `leadSteps` after it. */
  readonly localMs: number;
  readonly targetMs: number;
}

/** The spans of a grid of `length` samples, for samples and their targets `leadSteps` later. Offsets change at most once within a day. */
export function spansOf(grid: { readonly startMs: number; readonly stepMs: number }, length: number, leadSteps: number, clock: LocalClock): Span[] {
  const { startMs, stepMs } = grid;
  const perDay = Math.max(1, Math.round(DAY_MS / stepMs));
  const offsetAt = (i: number) => {
    const timeMs = startMs + i * stepMs;
    return clock.localMs(timeMs) - timeMs;
  };
  const spans: Span[] = [];
  let first = 0;
  while (first < length) {
    const now = offsetAt(first);
    const ahead = offsetAt(first + leadSteps);
    const isSame = (i: number) => offsetAt(i) === now && offsetAt(i + leadSteps) === ahead;
    let end = first + 1;
    while (end < length && isSame(Math.min(length, end + perDay) - 1)) end = Math.min(length, end + perDay);
    if (end < length) {
      let low = end - 1;
      let high = Math.min(length, end + perDay) - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (isSame(middle)) low = middle;
        else high = middle;
      }
      end = high;
    }
    spans.push({ first, end, localMs: startMs + first * stepMs + now, targetMs: startMs + (first + leadSteps) * stepMs + ahead });
    first = end;
  }
  return spans;
}
