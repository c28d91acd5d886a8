// A collapse of demand, told from a forecast fall, from the end of a burst, and from noise; and when it is over.
import { expect, test } from "vitest";
import { createCollapseWatch } from "../../src/decision/collapse.ts";
import type { Collapse } from "../../src/decision/collapse.ts";
import { uniform } from "../forecast/series.ts";

const MINUTE_MS = 60_000;
const WINDOW = 10;
const LEAD = 20;
/** After so many minutes collapses are known. */
const DAY = 1440;

/** What the watch says after each minute: demand `at(minute)`, forecast one lead before as it was then, unless `expected` knows better. */
function watched(minutes: number, at: (minute: number) => number, expected = (minute: number) => at(Math.max(0, minute - LEAD))): (Collapse | undefined)[] {
  const watch = createCollapseWatch(MINUTE_MS, WINDOW);
  const next = uniform(3);
  return Array.from({ length: minutes }, (_, i) => {
    watch.take(at(i) * (1 + 0.02 * (next() - 0.5)), expected(i));
    return watch.collapse();
  });
}
const onIn = (states: readonly (Collapse | undefined)[]) => states.flatMap((state, i) => (state === undefined ? [] : [i - 2 * DAY]));
const runOf = (minutes: readonly number[]) => [minutes[0], minutes.at(-1), minutes.length];

test("an outage: from its first sample until the demand has been as forecast for a window, back on its level", () => {
  const states = watched(3 * DAY, (minute) => (minute >= 2 * DAY && minute < 2 * DAY + 15 ? 5 : 100));
  // Five samples after its end were forecast before it began, the next fifteen while it lasted; then come the last five of the window.
  expect(runOf(onIn(states))).toEqual([0, 15 + 5 + 15 + 3, 15 + 5 + 15 + 4]);
  expect(states[2 * DAY + 7]).toMatchObject({ forecast: 100, sinceMs: 7 * MINUTE_MS, goodMs: 0 });
  expect(states[2 * DAY + 7]?.demand).toBeCloseTo(5, 0);
});

test("users who left: until the forecast has been right about the new level for a window", () => {
  const states = watched(3 * DAY, (minute) => (minute >= 2 * DAY ? 20 : 100));
  expect(runOf(onIn(states))).toEqual([0, LEAD + WINDOW - 2, LEAD + WINDOW - 1]);
});

test("neither a fall that was forecast, nor the end of a burst, nor a slow fall, nor one that ordinary errors reach is a collapse", () => {
  const closing = (minute: number) => (minute % DAY < 720 ? 100 : 10);
  expect(onIn(watched(4 * DAY, closing, closing))).toEqual([]);
  expect(onIn(watched(3 * DAY, (minute) => (minute >= 2 * DAY && minute < 2 * DAY + 30 ? 300 : 100)))).toEqual([]);
  expect(onIn(watched(3 * DAY, (minute) => Math.max(10, 100 - Math.max(0, minute - 2 * DAY) / 2)))).toEqual([]);
  const wild = uniform(5);
  const jumps = Array.from({ length: 4 * DAY }, () => 100 * wild());
  expect(onIn(watched(4 * DAY, (minute) => jumps[minute]!, () => 50))).toEqual([]);
});

test("missing samples are no good samples, and nothing is said before a day is known", () => {
  const gap = watched(3 * DAY, (minute) => (minute < 2 * DAY ? 100 : minute < 2 * DAY + 5 ? 5 : minute < 2 * DAY + 300 ? NaN : 100));
  expect(gap[2 * DAY + 299]).toBeDefined();
  expect(onIn(watched(DAY - 1, (minute) => (minute > 700 && minute < 720 ? 1 : 100)))).toEqual([]);
});
