// Holidays count as another weekday: they are forecast as it, and their own weekday learns nothing of them; in any zone, across daylight saving.
import { describe, expect, it, test } from "vitest";
import { createLocalClock } from "../../src/forecast/index.ts";
import { dayLagAt, weekLagAt } from "../../src/forecast/seasons.ts";
import { spansOf } from "../../src/forecast/holt-winters/spans.ts";
import { errorOf, forecasterFor, PER_DAY, saidOf, STEP_MS, yearOf } from "./calendar-world.ts";
import { DAY_MS } from "./series.ts";

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * DAY_MS;
const SUNDAY = 0;
const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
const weekdayOf = (day: number) => (day + 4) % 7;

/** Local days of the changes of the clocks, with the days before and after. */
const CHANGES = [
  { zone: "Europe/Berlin", days: ["2026-03-29", "2026-10-25"] },
  { zone: "America/New_York", days: ["2026-03-08", "2026-11-01"] },
  { zone: "Australia/Lord_Howe", days: ["2026-04-05", "2026-10-04"] },
].flatMap(({ zone, days }) => days.flatMap((change) => [-1, 0, 1].map((away) => ({ zone, change, away, day: dayOf(change) + away }))));

describe.each(CHANGES)("a holiday in $zone, $away days from the change of the clocks on $change", ({ zone, day }) => {
  const plain = createLocalClock(zone);
  const clocks = [0, 1, 2, 3, 4, 5, 6].map((weekday) => ({ weekday, clock: createLocalClock(zone, { days: [day], weekday }) }));
  const moments = Array.from({ length: 6 * 24 * 4 }, (_, i) => (day - 3) * DAY_MS + i * (HOUR_MS / 4));

  it("reads its weekday's part of the week from local midnight to local midnight, and nothing else moves", () => {
    const wrong = clocks.flatMap(({ weekday, clock }) =>
      moments.filter((timeMs) => {
        const local = clock.localMs(timeMs);
        const localDay = Math.floor(local / DAY_MS);
        // The week of the profile begins on a Thursday.
        const expected = (((localDay === day ? weekday : weekdayOf(localDay)) + 3) % 7) * DAY_MS + (local % DAY_MS);
        return local !== plain.localMs(timeMs) || clock.weekMs(local) !== expected;
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("is cut from a history in spans on which time runs evenly", () => {
    const wrong: string[] = [];
    for (const { clock } of clocks)
      for (const stepMs of [60_000, 900_000, 1_800_000]) {
        const startMs = (day - 3) * DAY_MS;
        const spans = spansOf({ startMs, stepMs }, (6 * DAY_MS) / stepMs, 3, clock);
        expect(spans.map(({ first }) => first)).toEqual([0, ...spans.slice(0, -1).map(({ end }) => end)]);
        expect(spans.at(-1)?.end).toBe((6 * DAY_MS) / stepMs);
        for (const { first, end, localMs, targetMs, weekMs, targetWeekMs } of spans)
          for (let i = first; i < end; i++) {
            const local = clock.localMs(startMs + i * stepMs);
            const target = clock.localMs(startMs + (i + 3) * stepMs);
            const passed = (i - first) * stepMs;
            const isEven = local === localMs + passed && target === targetMs + passed;
            const isRead = clock.weekMs(local) === (weekMs + passed) % WEEK_MS && clock.weekMs(target) === (targetWeekMs + passed) % WEEK_MS;
            if (!isEven || !isRead) wrong.push(`sample ${i} of a step of ${stepMs} ms`);
          }
      }
    expect(wrong).toEqual([]);
  });
});

describe("the days to compare with", () => {
  // Thursday 2026-05-14 is a holiday that counts as a Sunday.
  const holiday = dayOf("2026-05-14");
  const clock = createLocalClock("Europe/Berlin", { days: [holiday], weekday: SUNDAY });
  test.each([
    ["the day before", -1, 1, 7],
    ["the holiday: no ordinary day before it, last Sunday", 0, 0, 4],
    ["the day after: no ordinary day before it", 1, 0, 7],
    ["the Sunday after: last Sunday", 3, 1, 7],
    ["a week after: no such Thursday within a week", 7, 1, 0],
    ["two weeks after", 14, 1, 7],
  ])("of %s", (_, away, dayLag, weekLag) => {
    for (const hour of [0, 12, 23.99]) {
      const local = (holiday + away) * DAY_MS + hour * HOUR_MS;
      expect([dayLagAt(clock, local), weekLagAt(clock, local)]).toEqual([dayLag, weekLag]);
    }
  });

  test("without holidays are yesterday and a week ago", () => {
    const plain = createLocalClock("Europe/Berlin");
    for (let day = 0; day < 400; day++) expect([dayLagAt(plain, day * DAY_MS), weekLagAt(plain, day * DAY_MS)]).toEqual([1, 7]);
  });

  test("of two holidays a week apart are each other", () => {
    const christmas = createLocalClock("Europe/Berlin", { days: [dayOf("2026-12-25"), dayOf("2027-01-01")], weekday: SUNDAY });
    expect(weekLagAt(christmas, dayOf("2027-01-01") * DAY_MS)).toBe(7);
  });
});

describe("a year with holidays", () => {
  // Germany's, in Berlin, of 2026: all that are no Sundays.
  const DATES = ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"];
  const days = DATES.map((date) => dayOf(`2026-${date}`));
  const startMs = Date.parse("2026-01-01T00:00:00Z");
  const fitted = 28 * PER_DAY;

  describe.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])("in %s", (zone) => {
    const clock = createLocalClock(zone);
    const series = yearOf({ zone, startMs, days: 365, holidays: days });
    const on = (wanted: (day: number) => boolean) => (i: number) => i >= fitted && wanted(Math.floor(clock.localMs(startMs + i * STEP_MS) / DAY_MS));
    const isHoliday = (day: number) => days.includes(day);
    const without = saidOf(forecasterFor(zone), series, fitted);
    const told = saidOf(forecasterFor(zone, { holidays: { days, weekday: SUNDAY } }), series, fitted);

    it("is forecast on them with at most half the error", () => {
      const counted = on((day) => isHoliday(day));
      expect(errorOf(series, told, counted)).toBeLessThan(0.5 * errorOf(series, without, counted));
    });

    it("is forecast better a day and a week after them, and no worse on all other days", () => {
      const after = on((day) => !isHoliday(day) && isHoliday(day - 1));
      const weekAfter = on((day) => !isHoliday(day) && isHoliday(day - 7));
      const other = on((day) => !isHoliday(day) && !isHoliday(day - 1) && !isHoliday(day - 7));
      expect(errorOf(series, told, after)).toBeLessThan(0.9 * errorOf(series, without, after));
      expect(errorOf(series, told, weekAfter)).toBeLessThan(0.9 * errorOf(series, without, weekAfter));
      expect(errorOf(series, told, other)).toBeLessThanOrEqual(errorOf(series, without, other));
    });
  });

  it("fits a history that has them as one that has not", () => {
    const zone = "Europe/Berlin";
    // Four weeks with three holidays, the first in the week that initialises.
    const from = dayOf("2026-05-01") * DAY_MS;
    const series = yearOf({ zone, startMs: from, days: 42, holidays: days });
    const plain = yearOf({ zone, startMs: from, days: 42, holidays: [] });
    const error = (said: Float64Array, of: typeof series) => errorOf(of, said, (i) => i >= 28 * PER_DAY);
    const told = error(saidOf(forecasterFor(zone, { holidays: { days, weekday: SUNDAY } }), series, 28 * PER_DAY), series);
    expect(told).toBeLessThan(1.1 * error(saidOf(forecasterFor(zone), plain, 28 * PER_DAY), plain));
  });
});

test("holidays that are none are refused", () => {
  expect(() => createLocalClock("UTC", { days: [1], weekday: 7 })).toThrow(/weekday is 7/);
  expect(() => createLocalClock("UTC", { days: [1.5], weekday: 0 })).toThrow(/day 1.5/);
});
