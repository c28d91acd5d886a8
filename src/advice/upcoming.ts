// What the calendar holds for the next days, as sentences: holidays, events, times that are not learned from.
import { weekdayText } from "../api/index.ts";
import { numberText, replicasText } from "../decision/index.ts";
import type { Told } from "./situation.ts";

const DAY_MS = 86_400_000;
/** So far ahead is told. */
const AHEAD_MS = 10 * DAY_MS;

/** What is on or begins within ten days, the earliest first. */
export function upcoming(told: Told): string[] {
  const found = [...holidaysOf(told), ...eventsOf(told), ...excludedOf(told)];
  return found.toSorted((a, b) => a.atMs - b.atMs).map(({ sentence }) => sentence);
}

interface Found {
  readonly atMs: number;
  readonly sentence: string;
}

/** Local midnight as if the zone were UTC; of today and the next ten days. */
function holidaysOf({ spec, holidays = [], nowMs }: Told): Found[] {
  const { calendar, timeZone } = spec.forecast;
  if (calendar.holidays === undefined) return [];
  const writer = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });
  const today = dayIn(timeZone, nowMs);
  const as = weekdayText(calendar.holidays.weekday);
  return holidays
    .filter(({ day }) => day >= today && (day - today) * DAY_MS <= AHEAD_MS)
    .map(({ day, name }) => {
      const when = day === today ? "Today" : writer.format(day * DAY_MS);
      return { atMs: day === today ? -Infinity : nowMs + (day - today) * DAY_MS, sentence: `${when} is a holiday (${name}): it is forecast as a ${as}.` };
    });
}

/** Local day since 1970-01-01. */
function dayIn(timeZone: string, ms: number): number {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(ms);
  const part = (wanted: string) => Number(parts.find(({ type }) => type === wanted)?.value);
  return daysSince1970(part("year"), part("month"), part("day"));
}

/** The proleptic Gregorian calendar counted in whole days, with years that begin in March. */
function daysSince1970(year: number, month: number, day: number): number {
  const [y, m] = month > 2 ? [year, month - 3] : [year - 1, month + 9];
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * m + 2) / 5) + day - 1 - 719_468;
}

function eventsOf({ spec, leadMs, nowMs, moments }: Told): Found[] {
  return spec.forecast.calendar.events.flatMap(({ name, startMs, endMs, multiplier, floorReplicas }) => {
    if (endMs <= nowMs || startMs - nowMs > AHEAD_MS) return [];
    const does = [
      ...(multiplier === undefined ? [] : [`demand is expected ${numberText(multiplier)} times`]),
      ...(floorReplicas === undefined ? [] : [`there are at least ${replicasText(floorReplicas)}`]),
    ].join(" and ");
    const asked = startMs <= nowMs || Number.isNaN(leadMs) ? "" : ` Replicas for it are asked for from ${moments.at(startMs - leadMs)} on.`;
    return [{ atMs: startMs, sentence: `Event ${name}, ${moments.at(startMs)} to ${moments.at(endMs)}: ${does}.${asked}` }];
  });
}

function excludedOf({ spec, nowMs, moments }: Told): Found[] {
  return spec.forecast.calendar.exclude.flatMap(({ startMs, endMs }) =>
    endMs <= nowMs || startMs - nowMs > AHEAD_MS
      ? []
      : [{ atMs: startMs, sentence: `What is measured from ${moments.at(startMs)} to ${moments.at(endMs)} is not learned from.` }],
  );
}
