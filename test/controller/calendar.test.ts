// A calendar on its way: the days of the holiday library, the settings of the model, the floors of events, and what makes a model be learned anew.
import { describe, expect, test } from "vitest";
import { publicHolidays } from "../../src/controller/holidays.ts";
import { createLearner } from "../../src/controller/learner.ts";
import type { LearnResult } from "../../src/controller/learner.ts";
import { learnModel } from "../../src/controller/model.ts";
import { acceptModel, newMemory } from "../../src/controller/memory.ts";
import { ceilingAt, floorAt } from "../../src/decision/index.ts";
import { eventWords } from "../../src/decision/rules/event-words.ts";
import { DAY_MS, MINUTE_MS, planOf, seriesOf, START_MS } from "./world.ts";

const YEAR_MS = Date.UTC(2026, 0, 1);
const SALE = { name: "sale", start: "2026-11-27T08:00:00Z", end: "2026-11-28T08:00:00Z" };
const saleMs = Date.parse(SALE.start);
const withCalendar = (calendar: object) => planOf({ forecast: { leadTime: "20m", calendar } });
const datesOf = async (country: string, region?: string) => {
  const found = await publicHolidays({ country, region }, YEAR_MS, YEAR_MS);
  return found.map(({ day }) => new Date(day * DAY_MS).toISOString().slice(0, 10)).filter((date) => date.startsWith("2026"));
};

describe("public holidays", () => {
  test("are those of the country and the region, in the year asked for and the one after", async () => {
    const germany = ["2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-10-03", "2026-12-25", "2026-12-26"];
    expect(await datesOf("DE")).toEqual(germany);
    expect(await datesOf("DE", "BE")).toEqual([...germany, "2026-03-08"].toSorted());
    const found = await publicHolidays({ country: "DE", region: "BE" }, YEAR_MS, YEAR_MS);
    expect(found.at(-1)).toEqual({ day: Date.UTC(2027, 11, 26) / DAY_MS, name: "2. Weihnachtstag" });
  });

  test.each([
    ["US", "2026-07-03", true, "the substitute of a holiday that falls on a Saturday"],
    ["US", "2026-07-04", true, "the Saturday itself"],
    ["IS", "2026-12-24", false, "half a day from 13:00 on"],
    ["AE", "2026-06-16", true, "a day that begins at sunset counts as the day that follows"],
    ["AE", "2026-06-15", false, "and not as the day on whose evening it begins"],
    ["TR", "2026-03-22", true, "the last of several days"],
    ["TR", "2026-03-23", false, "the day after them"],
  ])("in %s on %s: %s, %s", async (country, date, isHoliday) => {
    expect((await datesOf(country)).includes(date)).toBe(isHoliday);
  });
});

describe("a plan with a calendar", () => {
  const plain = planOf({ forecast: { leadTime: "20m" } });

  test("learns anew for what the model rests on, and for nothing else", () => {
    const { modelKey } = plain;
    expect(withCalendar({}).modelKey).toBe(modelKey);
    expect(withCalendar({ events: [{ ...SALE, floorReplicas: 9 }] }).modelKey).toBe(modelKey);
    const others = [
      withCalendar({ holidays: { country: "DE" } }),
      withCalendar({ holidays: { country: "DE", treatAs: "Saturday" } }),
      withCalendar({ events: [{ ...SALE, multiplier: "2" }] }),
      withCalendar({ exclude: [{ start: SALE.start, end: SALE.end }] }),
    ].map((plan) => plan.modelKey);
    expect(new Set([modelKey, ...others]).size).toBe(5);
    expect(withCalendar({ exclude: [{ start: SALE.start, end: SALE.end, reason: "words" }] }).modelKey).toBe(others[3]);
  });

  test("has an event's floor from one lead time and a step before it until its end, below the maximum", () => {
    const { policy } = withCalendar({ events: [{ ...SALE, floorReplicas: 9 }] });
    const from = saleMs - 25 * MINUTE_MS;
    const floors = [from - 1, from, saleMs, saleMs + DAY_MS - 1, saleMs + DAY_MS].map((ms) => floorAt(policy, ms));
    expect(floors.map(({ replicas }) => replicas)).toEqual([1, 9, 9, 9, 1]);
    expect(floors[1]?.by).toBe("event sale");
    expect(ceilingAt(policy, saleMs).replicas).toBe(40);
  });
});

test("the sentence of a decision names the events of the lead, and no others", () => {
  const { policy } = withCalendar({ events: [{ ...SALE, multiplier: "2.5" }, { ...SALE, name: "floor", floorReplicas: 9 }] });
  const words = (nowMs: number) => eventWords(policy, nowMs, nowMs + 20 * MINUTE_MS);
  expect(words(saleMs - 20 * MINUTE_MS)).toBe(", with the event sale counted 2.5 times");
  expect([words(saleMs - 21 * MINUTE_MS), words(saleMs + DAY_MS)]).toEqual(["", ""]);
});

test("holidays reach the thread that learns, and the track that goes on from what it learned", async () => {
  const plan = withCalendar({ holidays: { country: "DE", region: "BE", treatAs: "Saturday" } });
  const { startMs, values } = seriesOf(START_MS, 16 * 288, 5 * MINUTE_MS);
  const timesMs = Float64Array.from(values, (_, i) => startMs + i * 5 * MINUTE_MS);
  const queryRange = async () => ({ samples: { timesMs, values }, notANumber: 0 });
  const asked: Parameters<typeof learnModel>[0][] = [];
  const thread = {
    learn: async (request: Parameters<typeof learnModel>[0]) => {
      asked.push(request);
      return learnModel(request);
    },
    close: async () => {},
  };
  const learner = createLearner({ queryRange } as unknown as Parameters<typeof createLearner>[0], thread, new AbortController().signal);
  const untilMs = START_MS + 16 * DAY_MS;
  const result = await new Promise<LearnResult>((resolve) => learner.request(plan, untilMs, resolve));
  expect(result.kind).toBe("learned");
  const holidays = asked[0]?.settings.holidays;
  expect(holidays?.weekday).toBe(6);
  // Women's day, which only Berlin has.
  expect(holidays?.days).toContain(Date.UTC(2026, 2, 8) / DAY_MS);
  const memory = newMemory(plan, START_MS);
  acceptModel(memory, plan, result, untilMs);
  expect(memory.model.kind).toBe("fitted");
  expect(memory.track.liveMs).toBeGreaterThan(START_MS);
});
