// Wall-clock time of an IANA zone, and where in the day and the week a moment lies.
// localMs is exact across every change of offset; offsets are looked up through Intl once per span and remembered.
import type { LocalClock } from "./forecaster.ts";

export const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;

/** Offsets are probed once in this span: no zone changes its offset twice within it (Morocco's Ramadan changes lie four weeks apart). */
const SPAN_MS = WEEK_MS;
/** Spans remembered per zone before the memory starts anew: 75 years. */
const MOST_SPANS = 4_000;
/** The Intl texts of all offsets: "GMT", "GMT+5", "GMT-03:30", "GMT+00:19:32". */
const OFFSET = /^GMT(?:([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?)?$/;

interface Span {
  /** First moment of the offset `after`; +Infinity if the span has one offset. */
  readonly changeMs: number;
  readonly before: number;
  readonly after: number;
}

function offsetReader(timeZone: string): (timeMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  return (timeMs) => {
    const text = format.formatToParts(timeMs).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
    const [, sign, hours = "0", minutes = "0", seconds = "0"] = OFFSET.exec(text) ?? [];
    const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === "-" ? -size : size;
  };
}

function spanAt(index: number, offsetAt: (timeMs: number) => number): Span {
  let low = index * SPAN_MS;
  let high = low + SPAN_MS;
  const before = offsetAt(low);
  const after = offsetAt(high);
  if (before === after) return { changeMs: Infinity, before, after };
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2000) * 1000;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return { changeMs: high, before, after };
}

/** The wall clock of `timeZone` (IANA name). Throws RangeError for a zone that is not known. */
export function createLocalClock(timeZone: string): LocalClock {
  const offsetAt = offsetReader(timeZone);
  const spans = new Map<number, Span>();
  // The span used last: from, until, offset. In an array, for doubles in variables of a closure are allocated anew with each change.
  const last = Float64Array.of(Infinity, -Infinity, 0);
  const seek = (timeMs: number): void => {
    if (!Number.isFinite(timeMs)) return;
    const index = Math.floor(timeMs / SPAN_MS);
    let span = spans.get(index);
    if (span === undefined) {
      if (spans.size >= MOST_SPANS) spans.clear();
      span = spanAt(index, offsetAt);
      spans.set(index, span);
    }
    const isAfter = timeMs >= span.changeMs;
    last[0] = isAfter ? span.changeMs : index * SPAN_MS;
    last[1] = isAfter ? (index + 1) * SPAN_MS : Math.min(span.changeMs, (index + 1) * SPAN_MS);
    last[2] = isAfter ? span.after : span.before;
  };
  return {
    timeZone,
    localMs(timeMs) {
      if (!(timeMs >= last[0]! && timeMs < last[1]!)) seek(timeMs);
      return timeMs + last[2]!;
    },
  };
}

/** Ms since local midnight, 0 <= x < DAY_MS (a remainder by division: `%` on doubles is a slow library call). */
export function timeOfDay(localMs: number): number {
  return localMs - Math.floor(localMs / DAY_MS) * DAY_MS;
}

/** Ms since the local start of the seven-day period that began on 1970-01-01, 0 <= x < WEEK_MS. */
export function timeOfWeek(localMs: number): number {
  return localMs - Math.floor(localMs / WEEK_MS) * WEEK_MS;
}
