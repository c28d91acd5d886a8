// Wall-clock time of an IANA zone, and where in the day and the week a moment lies.
// localMs is exact across every change of offset; offsets are looked up through Intl once per span and remembered.
// Which place of the week's profile a moment has is decided here alone, holidays included: whatever learns or reads the week asks weekMs.
import type { Holidays, LocalClock } from "./forecaster.ts";

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

/** The weekday of 1970-01-01, a Thursday. */
const FIRST_WEEKDAY = 4;
const DAYS_OF_WEEK = 7;

/** By how many days each day from `first` on is moved within the week, 0..6; days outside are not moved. */
interface Moves {
  readonly first: number;
  readonly days: Int8Array;
}

/** Throws RangeError for a weekday or days that are not whole numbers in range. */
function movesOf({ days, weekday }: Holidays): Moves {
  if (!Number.isInteger(weekday) || weekday < 0 || weekday >= DAYS_OF_WEEK) throw new RangeError(`weekday is ${weekday}, expected 0 (Sunday) to 6 (Saturday)`);
  const wrong = days.find((day) => !Number.isSafeInteger(day));
  if (wrong !== undefined) throw new RangeError(`a holiday is day ${wrong}, expected whole days since 1970-01-01`);
  if (days.length === 0) return { first: 0, days: new Int8Array(0) };
  const first = days.reduce((least, day) => Math.min(least, day));
  const moved = new Int8Array(days.reduce((most, day) => Math.max(most, day)) - first + 1);
  for (const day of days) {
    const own = (((day + FIRST_WEEKDAY) % DAYS_OF_WEEK) + DAYS_OF_WEEK) % DAYS_OF_WEEK;
    moved[day - first] = (weekday - own + DAYS_OF_WEEK) % DAYS_OF_WEEK;
  }
  return { first, days: moved };
}

/** The wall clock of `timeZone` (IANA name), on which `holidays` count as another weekday. Throws RangeError for a zone or holidays that are not right. */
export function createLocalClock(timeZone: string, holidays: Holidays = { days: [], weekday: 0 }): LocalClock {
  const offsetAt = offsetReader(timeZone);
  const moves = movesOf(holidays);
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
    weekMs(localMs) {
      const at = Math.floor(localMs / DAY_MS) - moves.first;
      const moved = at >= 0 && at < moves.days.length ? moves.days[at]! : 0;
      return timeOfWeek(localMs + moved * DAY_MS);
    },
    hasHolidays: moves.days.length > 0,
  };
}

/** Whether the local days of two local times are read from the same day of the week's profile, `laterDays` days further on in the first. */
function isAlike(clock: LocalClock, localMs: number, otherMs: number, laterDays: number): boolean {
  return clock.weekMs(localMs) === timeOfWeek(clock.weekMs(otherMs) + laterDays * DAY_MS);
}

/** 1 where the day before is to the day of `localMs` what it is in any week; 0 where a holiday is in between. */
export function dayLagAt(clock: LocalClock, localMs: number): number {
  return !clock.hasHolidays || isAlike(clock, localMs, localMs - DAY_MS, 1) ? 1 : 0;
}

/** How many days before the day of `localMs` the day to compare with lies: 7 if that one counted as the same weekday, else the newest that did; 0: none. */
export function weekLagAt(clock: LocalClock, localMs: number): number {
  if (!clock.hasHolidays || isAlike(clock, localMs, localMs - WEEK_MS, 0)) return DAYS_OF_WEEK;
  for (let days = 1; days < DAYS_OF_WEEK; days++) if (isAlike(clock, localMs, localMs - days * DAY_MS, 0)) return days;
  return 0;
}

/** Ms since local midnight, 0 <= x < DAY_MS (a remainder by division: `%` on doubles is a slow library call). */
export function timeOfDay(localMs: number): number {
  return localMs - Math.floor(localMs / DAY_MS) * DAY_MS;
}

/** Ms since the local start of the seven-day period that began on 1970-01-01, 0 <= x < WEEK_MS. */
export function timeOfWeek(localMs: number): number {
  return localMs - Math.floor(localMs / WEEK_MS) * WEEK_MS;
}
