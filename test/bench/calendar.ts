// What holidays in the calendar bring: errors with and without them, on a generated year and on real traces, by kind of day.
// The forecaster is fitted to the first four weeks; every sample after them is judged by what was said one lead before it.
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import type { Holidays } from "../../src/forecast/index.ts";
import { publicHolidays } from "../../src/controller/index.ts";
import type { Series } from "../../src/series/index.ts";
import { STEP_MS, yearOf } from "../forecast/calendar-world.ts";
import { table } from "./table.ts";
import { readTrace } from "./traces.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const FITTED_MS = 28 * DAY_MS;
const SUNDAY = 0;

interface Subject {
  readonly name: string;
  /** Zone of the time stamps: the traces' are local time as it was. */
  readonly zone: string;
  readonly country: string;
  readonly region: string | undefined;
  readonly leadsMs: readonly number[];
  readonly read: (holidays: readonly number[]) => Series;
}

/** Errors (sum of errors over sum of demand) of one run, by kind of day. */
export interface Errors {
  readonly holidays: number;
  readonly dayAfter: number;
  readonly weekAfter: number;
  readonly others: number;
  readonly all: number;
}

export interface CalendarFigures {
  readonly name: string;
  readonly place: string;
  readonly leadMs: number;
  /** Holidays that were judged, and were no Sundays. */
  readonly days: number;
  readonly without: Errors;
  readonly told: Errors;
}

const YEAR_MS = Date.UTC(2026, 0, 1);
const subjectsIn = (dir: string): readonly Subject[] => [
  {
    name: "generated year", zone: "Europe/Berlin", country: "DE", region: "BE", leadsMs: [30 * MINUTE_MS, 120 * MINUTE_MS],
    read: (holidays) => yearOf({ zone: "Europe/Berlin", startMs: YEAR_MS, days: 365, holidays }),
  },
  {
    name: "nab_nyc_taxi_30m", zone: "UTC", country: "US", region: undefined, leadsMs: [30 * MINUTE_MS, 120 * MINUTE_MS],
    read: () => readTrace(dir, "nab_nyc_taxi_30m", 30 * MINUTE_MS),
  },
  { name: "appserver_1h", zone: "UTC", country: "US", region: undefined, leadsMs: [60 * MINUTE_MS, 120 * MINUTE_MS], read: () => readTrace(dir, "appserver_1h", 60 * MINUTE_MS) },
];

function errorsOf({ startMs, stepMs, values }: Series, { zone }: Subject, leadMs: number, days: ReadonlySet<number>, holidays: Holidays | undefined): Errors {
  const localClock = createLocalClock(zone, holidays);
  const lead = Math.round(leadMs / stepMs);
  const forecaster = createForecaster({ stepMs, leadSteps: [lead], day: true, week: true, localClock });
  const fitted = Math.round(FITTED_MS / stepMs);
  forecaster.fit({ startMs, stepMs, values: values.slice(0, fitted) });
  const said = new Float64Array(values.length + lead).fill(NaN);
  const sums = { holidays: [0, 0], dayAfter: [0, 0], weekAfter: [0, 0], others: [0, 0] };
  values.forEach((value, i) => {
    const timeMs = startMs + i * stepMs;
    forecaster.observe(timeMs, value);
    said[i + lead] = forecaster.forecast(lead);
    if (i < fitted || Number.isNaN(value - said[i]!)) return;
    const day = Math.floor(localClock.localMs(timeMs) / DAY_MS);
    const kind = days.has(day) ? "holidays" : days.has(day - 1) ? "dayAfter" : days.has(day - 7) ? "weekAfter" : "others";
    sums[kind] = [sums[kind][0]! + Math.abs(value - said[i]!), sums[kind][1]! + value];
  });
  const ratio = ([missed = 0, demand = 0]: readonly number[]) => missed / demand;
  const all = Object.values(sums).reduce(([a = 0, b = 0], [c = 0, d = 0]) => [a + c, b + d], [0, 0]);
  return { holidays: ratio(sums.holidays), dayAfter: ratio(sums.dayAfter), weekAfter: ratio(sums.weekAfter), others: ratio(sums.others), all: ratio(all) };
}

/** All figures; takes half a minute. */
export async function calendarFigures(dir: string, progress: (what: string) => void): Promise<CalendarFigures[]> {
  const found: CalendarFigures[] = [];
  for (const subject of subjectsIn(dir)) {
    const { name, country, region, leadsMs } = subject;
    const span = name.startsWith("generated") ? { startMs: YEAR_MS, stepMs: STEP_MS, values: new Float64Array(1) } : subject.read([]);
    const endMs = span.startMs + span.values.length * span.stepMs;
    const days = (await publicHolidays({ country, region }, span.startMs, endMs)).map(({ day }) => day);
    const series = subject.read(days);
    // Sundays among them are what they are.
    const judged = new Set(days.filter((day) => (day + 4) % 7 !== SUNDAY));
    const from = (series.startMs + FITTED_MS) / DAY_MS;
    const until = (series.startMs + series.values.length * series.stepMs) / DAY_MS;
    for (const leadMs of leadsMs) {
      progress(`${name}, ${leadMs / MINUTE_MS} minutes ahead`);
      found.push({
        name, leadMs, place: region === undefined ? country : `${country}, ${region}`, days: [...judged].filter((day) => day >= from && day < until).length,
        without: errorsOf(series, subject, leadMs, judged, undefined),
        told: errorsOf(series, subject, leadMs, judged, { days, weekday: SUNDAY }),
      });
    }
  }
  return found;
}

export function calendarTable(figures: readonly CalendarFigures[]): string[] {
  const pair = (kind: keyof Errors) => ({ without, told }: CalendarFigures) => `${(100 * without[kind]).toFixed(1)} -> ${(100 * told[kind]).toFixed(1)}`;
  const kinds = ["holidays", "dayAfter", "weekAfter", "others", "all"] as const;
  const columns = [{ title: "trace" }, { title: "place" }, { title: "lead" }, { title: "holidays" }, ...["on them", "day after", "week after", "other days", "all"].map((title) => ({ title }))];
  return table(columns, figures.map((one) => [one.name, one.place, `${one.leadMs / MINUTE_MS}m`, String(one.days), ...kinds.map((kind) => pair(kind)(one))]));
}
