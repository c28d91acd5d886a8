// Which days are public holidays: asked of the holiday library in a thread of its own, which ends when it has answered, and remembered by place and years.
// Invariant: an operator without calendars never loads the library; with them, neither its data nor its arithmetic reach the event loop.
import { Worker } from "node:worker_threads";
import type { HolidayRule } from "../api/index.ts";
import { rfc3339 } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import type { Holidays } from "../forecast/index.ts";
import type { ModelSettings } from "./plan.ts";

export interface Holiday {
  /** Local day since 1970-01-01. */
  readonly day: number;
  /** In the language of the country. */
  readonly name: string;
}

/** What the thread is asked: the public holidays of a place in some years. */
export interface HolidayQuestion {
  readonly country: string;
  readonly region: string | undefined;
  readonly years: readonly number[];
}

/** The bundled holidays-worker.ts beside the program; the build sets it. */
declare const __HOLIDAYS_WORKER__: string | undefined;
const WORKER = typeof __HOLIDAYS_WORKER__ === "undefined" ? "./holidays-worker.ts" : __HOLIDAYS_WORKER__;

const known = new Map<string, Promise<readonly Holiday[]>>();
/** One thread at a time: it takes some 35 MB while it works. */
let last: Promise<unknown> = Promise.resolve();

function ask(question: HolidayQuestion): Promise<readonly Holiday[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(WORKER, import.meta.url), { workerData: question, name: "holidays" });
    const fail = (what: string) =>
      reject(new OperatorError(`The public holidays of ${question.country} could not be found out: ${what}`, { reason: "InternalError", retry: "backoff" }));
    worker.once("message", resolve);
    worker.once("error", (error) => fail(error.message));
    worker.once("exit", (code) => fail(`the thread ended with code ${code}`));
  });
}

const yearOf = (ms: number) => Number(rfc3339(ms).slice(0, 4));

/** The public holidays of a place in all years that `fromMs` to `untilMs` touch, and in the one after. */
export function publicHolidays({ country, region }: Omit<HolidayRule, "weekday">, fromMs: number, untilMs: number): Promise<readonly Holiday[]> {
  const from = yearOf(fromMs);
  const years = Array.from({ length: yearOf(untilMs) + 2 - from }, (_, i) => from + i);
  const key = `${country}/${region ?? ""} ${years.join()}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const asked = last.then(() => ask({ country, region, years }));
  last = asked.catch(() => known.delete(key));
  known.set(key, asked);
  return asked;
}

/** The days that count as another weekday by `rule` around `fromMs` to `untilMs`; undefined without a rule. */
export async function holidaysFor(rule: HolidayRule | undefined, fromMs: number, untilMs: number): Promise<Holidays | undefined> {
  if (rule === undefined) return undefined;
  const found = await publicHolidays(rule, fromMs, untilMs);
  return { days: found.map(({ day }) => day), weekday: rule.weekday };
}

/** The settings with their holidays, for a history from `fromMs` to `untilMs` and what comes after it. */
export async function withHolidays(settings: ModelSettings, fromMs: number, untilMs: number): Promise<ModelSettings> {
  return { ...settings, holidays: await holidaysFor(settings.holidayRule, fromMs, untilMs) };
}
