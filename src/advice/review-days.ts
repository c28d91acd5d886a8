// Reviews of days that are unlike others of their weekday: holidays, sales, incidents that the calendar does not know of yet.
import { rfc3339 } from "../clock.ts";
import { percent } from "./advice.ts";
import type { Advice } from "./advice.ts";
import type { Evidence } from "./evidence.ts";

const DAY_MS = 86_400_000;
/** A day so far from the median of its weekday, as a factor, is unusual; more than a few of them are usual. */
const UNUSUAL = 1.6;
const MOST_UNUSUAL_SHARE = 0.1;
/** So many are named, and excluded by the patch. */
const MOST_NAMED = 5;

interface Day {
  /** Local day since 1970-01-01. */
  readonly day: number;
  readonly sum: number;
  readonly count: number;
  /** Its first and its last sample, unix ms. */
  readonly fromMs: number;
  readonly lastMs: number;
}

/** The days of a trace by their number, as far as they have samples. */
function daysOf({ trace, localMs }: Evidence): Map<number, Day> {
  const days = new Map<number, Day>();
  for (let i = 0; i < trace.values.length; i++) {
    const timeMs = trace.startMs + i * trace.stepMs;
    const day = Math.floor(localMs(timeMs) / DAY_MS);
    const value = trace.values[i] ?? NaN;
    const { sum, count, fromMs } = days.get(day) ?? { sum: 0, count: 0, fromMs: timeMs };
    days.set(day, Number.isNaN(value) ? { day, sum, count, fromMs, lastMs: timeMs } : { day, sum: sum + value, count: count + 1, fromMs, lastMs: timeMs });
  }
  return days;
}

/** Days far from the median of their weekday: holidays, incidents, sales. What the calendar knows already is left out. */
export function reviewDays(evidence: Evidence): Advice[] {
  const { spec, trace, holidays } = evidence;
  const { calendar, timeZone } = spec.forecast;
  const isKnown = ({ day, fromMs, lastMs }: Day) =>
    holidays.includes(day) || [...calendar.events, ...calendar.exclude].some(({ startMs, endMs }) => startMs <= lastMs && endMs > fromMs);
  const whole = [...daysOf(evidence).values()].filter((day) => day.count * trace.stepMs > 0.9 * DAY_MS && !isKnown(day));
  const mean = ({ sum, count }: Day) => sum / count;
  const unusual = whole.flatMap((day) => {
    const others = whole.filter((other) => other.day !== day.day && (other.day - day.day) % 7 === 0).map(mean);
    const median = others.toSorted((a, b) => a - b)[Math.floor(others.length / 2)] ?? NaN;
    const factor = mean(day) / median;
    return others.length >= 2 && (factor > UNUSUAL || factor < 1 / UNUSUAL) ? [{ ...day, factor }] : [];
  });
  if (unusual.length === 0 || unusual.length > Math.max(1, MOST_UNUSUAL_SHARE * whole.length)) return [];
  const writer = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });
  const named = unusual
    .slice(0, MOST_NAMED)
    .map(({ day, factor }) => `${writer.format(day * DAY_MS)} (${factor < 1 ? percent(factor) : `${factor.toFixed(1)} times`} of usual)`);
  const many = unusual.length === 1 ? "A day is" : `${unusual.length} days are`;
  const finding = `${many} unlike others of the same weekday in ${timeZone}: ${named.join(", ")}.`;
  const kept = calendar.exclude.map(({ startMs, endMs, reason }) => ({
    start: rfc3339(startMs),
    end: rfc3339(endMs),
    ...(reason === undefined ? {} : { reason }),
  }));
  const added = unusual
    .slice(0, MOST_NAMED)
    .map(({ fromMs, lastMs }) => ({ start: rfc3339(fromMs), end: rfc3339(lastMs + trace.stepMs), reason: "unlike its weekday" }));
  return [
    {
      topic: "calendar",
      severity: "notice",
      finding,
      why: "A holiday, a sale or an incident that is learned as an ordinary day spoils the forecast of the same weekday for weeks.",
      change: "Public holidays: name the country in forecast.calendar.holidays. What comes again: forecast.calendar.events. What was an incident: exclude it.",
      patch: { spec: { forecast: { calendar: { exclude: [...kept, ...added] } } } },
    },
  ];
}
