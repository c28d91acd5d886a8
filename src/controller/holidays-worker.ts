// The thread that knows the public holidays of the world: a question in, the days out. It ends by itself.
// A day counts when more than half of it is a holiday: those that begin at sunset count for the day that follows, half days do not count.
import { parentPort, workerData } from "node:worker_threads";
import Library from "date-holidays";
import { parseTime } from "../clock.ts";
import type { Holiday, HolidayQuestion } from "./holidays.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The library's dates: `2026-03-20 00:00:00`, and ` -0600` where it begins so long before midnight, at sunset. */
const DATE = /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2}):\d{2}(?: ([+-])(\d{2})(\d{2}))?$/;

function daysOf(date: string, lengthMs: number, name: string): Holiday[] {
  const [, day = "", hours, minutes, sign = "+", shiftHours = 0, shiftMinutes = 0] = DATE.exec(date) ?? [];
  const first = parseTime(`${day}T00:00:00Z`) / DAY_MS;
  const shiftMs = (sign === "-" ? -1 : 1) * (Number(shiftHours) * HOUR_MS + Number(shiftMinutes) * 60_000);
  const fromMs = Number(hours) * HOUR_MS + Number(minutes) * 60_000 + shiftMs;
  const untilMs = fromMs + lengthMs;
  const found: Holiday[] = [];
  for (let i = 0; i * DAY_MS < untilMs; i++) {
    const coveredMs = Math.min(untilMs, (i + 1) * DAY_MS) - Math.max(fromMs, i * DAY_MS);
    if (coveredMs > DAY_MS / 2) found.push({ day: first + i, name });
  }
  return found;
}

function answer({ country, region, years }: HolidayQuestion): Holiday[] {
  const [state, part] = region?.split("-") ?? [];
  const library = new Library();
  const options = { types: ["public"] as ["public"] };
  if (state === undefined) library.init(country, options);
  else if (part === undefined) library.init(country, state, options);
  else library.init(country, state, part, options);
  const found = years.flatMap((year) => library.getHolidays(year)).flatMap(({ date, start, end, name }) => daysOf(date, end.getTime() - start.getTime(), name));
  const days = new Map(found.map((holiday) => [holiday.day, holiday]));
  return [...days.values()].toSorted((a, b) => a.day - b.day);
}

const port = parentPort;
if (port === null) throw new Error("holidays-worker runs as a worker thread only");
port.postMessage(answer(workerData as HolidayQuestion));
