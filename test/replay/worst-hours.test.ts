// The worst hours of courses made by hand: which they are, and why; and the forecast's error by the hour of the local week.
import { expect, test } from "vitest";
import { createLocalClock } from "../../src/forecast/index.ts";
import { errorByHour, worstHours } from "../../src/replay/index.ts";
import type { Course } from "../../src/replay/index.ts";
import { MONDAY_MS } from "../forecast/series.ts";

const STEP_MS = 5 * 60_000;
const HOUR = 12;
const DAY = 24 * HOUR;
const LEAD = 4;
const C = 10;

interface Told {
  demand: Float64Array;
  forecast: Float64Array;
  upper: Float64Array;
  wanted: Float64Array;
  ready: Float64Array;
}

/** Ten days of demand 50 with five replicas and forecasts that hold, changed by `change`; the last five days are judged. */
function courseOf(change: (told: Told) => void): Course {
  const filled = (value: number) => new Float64Array(10 * DAY).fill(value);
  const told = { demand: filled(50), forecast: filled(50), upper: filled(55), wanted: filled(5), ready: filled(5) };
  change(told);
  const { demand, ...rest } = told;
  const course: Partial<Course> = { trace: { startMs: MONDAY_MS, stepMs: STEP_MS, values: demand }, split: 5 * DAY, judgedFrom: 5 * DAY, leadSteps: LEAD, ...rest };
  return course as Course;
}

const worst = (course: Course, more: { maxReplicas?: number; readyDelayMs?: number; zone?: string } = {}) =>
  worstHours({
    course, targetPerReplica: C, maxReplicas: more.maxReplicas ?? 100, readyDelayMs: more.readyDelayMs ?? STEP_MS, localClock: createLocalClock(more.zone ?? "UTC"),
  });

/** A burst of `demand` at a step on the sixth day, 10:10. */
const AT = 5 * DAY + 10 * HOUR + 2;
const burst = (y: number, more: (told: Told) => void = () => undefined) =>
  courseOf((told) => {
    told.demand[AT] = y;
    more(told);
  });

test("an hour has its overloaded time, its worst moment and what was ready and needed then", () => {
  const [hour, ...others] = worst(burst(87, ({ demand }) => void (demand[AT + 1] = 61)));
  expect(others).toEqual([]);
  expect(hour).toMatchObject({ startMs: MONDAY_MS + (5 * 24 + 10) * 3_600_000, overloadedMs: 2 * STEP_MS, demand: 87, forecast: 50, readyReplicas: 5, neededReplicas: 9 });
  expect(hour?.worstMs).toBe(MONDAY_MS + AT * STEP_MS);
  expect(hour?.unservedShare).toBeCloseTo((37 + 11) / (10 * 50 + 87 + 61));
});

test("longest overloaded comes first, then most unserved; ten at most, and none from before judging", () => {
  const course = courseOf(({ demand }) => {
    demand.fill(90, 2 * DAY, 3 * DAY);
    for (let k = 0; k < 14; k++) demand[5 * DAY + k * HOUR] = 60 + k;
    demand.fill(56, 9 * DAY, 9 * DAY + 3);
  });
  const hours = worst(course);
  expect(hours.map(({ startMs }) => (startMs - MONDAY_MS) / 3_600_000)).toEqual([216, ...Array.from({ length: 9 }, (_, k) => 133 - k)]);
});

test("hours are those of the local clock, half-hour zones included", () => {
  expect(worst(burst(87), { zone: "Asia/Kolkata" })[0]?.startMs).toBe(MONDAY_MS + (5 * 24 + 9.5) * 3_600_000);
});

/** So that the level itself is not new. */
const seenBefore = ({ demand }: Told) => void (demand[2 * DAY + 10 * HOUR] = 99);

test.each<[string, Course, { maxReplicas?: number; readyDelayMs?: number }, object]>([
  ["at maxReplicas", burst(87), { maxReplicas: 8 }, { kind: "atMaxReplicas", needed: 9, maxReplicas: 8 }],
  ["samples missing", burst(87, ({ demand }) => void demand.fill(NaN, AT - 3, AT - 1)), {}, { kind: "samplesMissing", missing: 2, of: LEAD }],
  ["not Ready yet", burst(87, ({ wanted }) => void wanted.fill(9, AT - LEAD, AT)), { readyDelayMs: 6 * STEP_MS }, { kind: "notReadyYet", asked: 9 }],
  ["a new level", burst(87), {}, { kind: "newLevel", highest: 50 }],
  ["a first occurrence", burst(87, ({ demand }) => void (demand[2 * DAY] = 99)), {}, { kind: "firstOccurrence", highest: 50, days: 5 }],
  ["faster than forecast", burst(87, seenBefore), {}, { kind: "roseFaster", upper: 55 }],
  ["a margin too small", burst(87, (told) => {
    seenBefore(told);
    told.upper[AT] = 90;
  }), {}, { kind: "marginTooSmall", upper: 90 }],
])("%s is told as the reason", (_name, course, more, reason) => {
  expect(worst(course, more)[0]?.reason).toEqual(reason);
});

test("what comes after the lead began explains nothing", () => {
  const later = burst(87, ({ demand }) => void (demand[AT - LEAD + 1] = 99));
  expect(worst(later).at(-1)?.reason).toEqual({ kind: "newLevel", highest: 50 });
});

test("the error is that of each hour of the local week, after the split, and nothing where there is nothing", () => {
  const course = courseOf(({ demand, forecast }) => {
    forecast.fill(25, 0, 5 * DAY);
    forecast.fill(40, 7 * DAY + 9 * HOUR, 7 * DAY + 10 * HOUR); // Monday 09:00 UTC
    demand.fill(NaN, 8 * DAY, 8 * DAY + HOUR); // Tuesday 00:00 UTC
  });
  const utc = errorByHour(course, createLocalClock("UTC"));
  expect(utc).toHaveLength(168);
  expect(utc[9]).toBeCloseTo(0.2);
  expect([utc[8], utc[24], utc[3 * 24]]).toEqual([0, NaN, NaN]); // of Thursday nothing is after the split
  expect(errorByHour(course, createLocalClock("Asia/Tokyo"))[18]).toBeCloseTo(0.2);
});
