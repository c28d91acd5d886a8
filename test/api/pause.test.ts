import { expect, test } from "vitest";
import { pauseOf } from "../../src/api/index.ts";

const NOW_MS = Date.UTC(2026, 2, 2, 8);
const pause = (paused?: string, until?: string) =>
  pauseOf({ ...(paused === undefined ? {} : { "predictivescaler.io/paused": paused }), ...(until === undefined ? {} : { "predictivescaler.io/paused-until": until }) }, NOW_MS);
const directions = (...words: Parameters<typeof pause>) => {
  const { scaleIn, scaleOut } = pause(...words);
  return [scaleIn, scaleOut];
};

test.each([
  [undefined, undefined, [false, false]],
  ["false", undefined, [false, false]],
  [undefined, "2026-03-02T09:00:00Z", [false, false]],
  ["true", undefined, [true, true]],
  ["scale-in", undefined, [true, false]],
  ["scale-out", undefined, [false, true]],
  ["true", "2026-03-02T08:00:01Z", [true, true]],
  ["true", "2026-03-02T08:00:00Z", [false, false]],
  ["true", "2026-03-02T10:00:00+02:00", [false, false]],
  ["scale-in", "2026-03-02T10:00:00.500+01:00", [true, false]],
])("paused %s until %s pauses in and out: %j", (paused, until, expected) => {
  expect(directions(paused, until)).toEqual(expected);
  expect(pause(paused, until).problem).toBeUndefined();
});

// A clock that goes forward or back in between changes nothing: the end is a moment, not a time of day.
test.each([
  ["Berlin, spring", "2026-03-29T03:30:00+02:00", "2026-03-29T01:29:59Z", "2026-03-29T01:30:00Z"],
  ["Berlin, autumn, the second 02:30", "2026-10-25T02:30:00+01:00", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
  ["New York, spring", "2026-03-08T03:30:00-04:00", "2026-03-08T07:29:59Z", "2026-03-08T07:30:00Z"],
  ["New York, autumn, the second 01:30", "2026-11-01T01:30:00-05:00", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"],
  ["Lord Howe, spring", "2026-10-04T02:45:00+11:00", "2026-10-03T15:44:59Z", "2026-10-03T15:45:00Z"],
  ["Lord Howe, autumn, the second 01:45", "2026-04-05T01:45:00+10:30", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"],
])("an end in %s holds until that moment", (_where, until, still, over) => {
  const annotations = { "predictivescaler.io/paused": "true", "predictivescaler.io/paused-until": until };
  expect(pauseOf(annotations, Date.parse(still)).scaleIn).toBe(true);
  expect(pauseOf(annotations, Date.parse(over)).scaleIn).toBe(false);
});

test.each(["yes", "", "True", "scale-down"])("the unknown word %j pauses both directions and is told", (word) => {
  expect(directions(word)).toEqual([true, true]);
  expect(pause(word).problem).toContain(`is ${JSON.stringify(word)}; expected "true", "scale-in" or "scale-out"`);
});

test.each(["", "tomorrow", "18:00", "2026-03-01", "2026-03-01T08:00:00"])("the unreadable end %j is none and is told", (until) => {
  expect(directions("scale-in", until)).toEqual([true, false]);
  expect(pause("scale-in", until)).toMatchObject({ untilMs: undefined, problem: expect.stringContaining("expected a time such as 2026-03-02T08:00:00Z") as string });
});
