import { describe, expect, test } from "vitest";
import { parseScaler, scheduleClock } from "../../src/api/index.ts";
import { GOOD_MANIFEST, merged } from "./bad-manifests.ts";
import { SCHEDULES_OF_GOOD_SHAPE } from "./schedule-manifests.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ms = (time: string) => Date.parse(time);
const iso = (timeMs: number) => (Number.isFinite(timeMs) ? new Date(timeMs).toISOString().replace(":00.000Z", "Z") : String(timeMs));

describe("a schedule in the manifest", () => {
  const expected = (cron: string) => {
    const schedules = [{ name: "office", cron, duration: "10h", minReplicas: 6 }];
    const result = parseScaler(merged(GOOD_MANIFEST, { spec: { schedules } }));
    return result.kind === "valid" ? "" : result.problems.map((problem) => `${problem.path}: ${problem.expected}`).join();
  };

  test.each(SCHEDULES_OF_GOOD_SHAPE)("%s has the right shape and is refused all the same", (cron, why) => {
    expect(expected(cron)).toMatch(/^spec\.schedules\[0\]\.cron: five cron fields/);
    expect(expected(cron)).toMatch(why);
  });

  test.each([
    ["0 24 * * *", 'the hour is "24", where 0 to 23'],
    ["0 7 * * MONDAY", 'the day of the week is "MONDAY", where 0 to 7'],
    ["0 7 * *", "there are 4"],
  ])("%s: the refusal says which field is wrong", (cron, words) => expect(expected(cron)).toContain(words));

  test("comes out with its zone filled in and its duration in ms", () => {
    const schedules = [{ name: "office", cron: "0 7 * * 1-5", duration: "10h", minReplicas: 6 }];
    const result = parseScaler(merged(GOOD_MANIFEST, { spec: { schedules } }));
    expect(result.kind === "valid" && result.scaler.spec.schedules).toEqual([
      { name: "office", cron: "0 7 * * 1-5", durationMs: 10 * HOUR_MS, timeZone: "UTC", minReplicas: 6 },
    ]);
  });
});

/** Zone, cron, minutes on; each time it is on as [from, until) in UTC, from the first moment to the last. */
const CASES: readonly (readonly [string, string, string, number, string, string, readonly string[]])[] = [
  // Clocks go forward: Berlin 2026-03-29 02:00 -> 03:00, New York 2026-03-08 02:00 -> 03:00, Lord Howe 2026-10-04 02:00 -> 02:30.
  ["ends by the wall clock across the gap", "Europe/Berlin", "0 22 * * *", 600, "2026-03-28T12:00Z", "2026-03-30T00:00Z", [
    "2026-03-28T21:00Z 2026-03-29T06:00Z", "2026-03-29T20:00Z 2026-03-30T06:00Z"]],
  ["starts at the gap's end where its time is skipped", "Europe/Berlin", "30 2 * * *", 60, "2026-03-28T00:00Z", "2026-03-30T12:00Z", [
    "2026-03-28T01:30Z 2026-03-28T02:30Z", "2026-03-29T01:00Z 2026-03-29T02:00Z", "2026-03-30T00:30Z 2026-03-30T01:30Z"]],
  ["ends as much later as the clock skips where its end is skipped", "Europe/Berlin", "30 1 * * *", 60, "2026-03-29T00:00Z", "2026-03-29T12:00Z", [
    "2026-03-29T00:30Z 2026-03-29T01:30Z"]],
  ["follows real time where the hour is open", "Europe/Berlin", "0 * * * *", 30, "2026-03-28T23:30Z", "2026-03-29T02:59Z", [
    "2026-03-29T00:00Z 2026-03-29T00:30Z", "2026-03-29T01:00Z 2026-03-29T01:30Z", "2026-03-29T02:00Z 2026-03-29T02:30Z"]],
  ["ends by the wall clock across the gap", "America/New_York", "0 22 * * *", 600, "2026-03-07T14:00Z", "2026-03-08T20:00Z", [
    "2026-03-08T03:00Z 2026-03-08T12:00Z"]],
  ["starts at the gap's end where its time is skipped", "America/New_York", "30 2 * * *", 60, "2026-03-08T00:00Z", "2026-03-08T20:00Z", [
    "2026-03-08T07:00Z 2026-03-08T08:00Z"]],
  ["ends by the wall clock across the gap", "Australia/Lord_Howe", "0 22 * * *", 600, "2026-10-03T08:00Z", "2026-10-04T08:00Z", [
    "2026-10-03T11:30Z 2026-10-03T21:00Z"]],
  ["starts at the gap's end where its time is skipped", "Australia/Lord_Howe", "15 2 * * *", 60, "2026-10-03T12:00Z", "2026-10-04T12:00Z", [
    "2026-10-03T15:30Z 2026-10-03T16:30Z"]],
  // Clocks go back: Berlin 2026-10-25 03:00 -> 02:00, New York 2026-11-01 02:00 -> 01:00, Lord Howe 2026-04-05 02:00 -> 01:30.
  ["ends by the wall clock across the repeated hour", "Europe/Berlin", "0 22 * * *", 600, "2026-10-24T12:00Z", "2026-10-25T12:00Z", [
    "2026-10-24T20:00Z 2026-10-25T07:00Z"]],
  ["starts once, at the first of two equal times", "Europe/Berlin", "30 2 * * *", 15, "2026-10-24T12:00Z", "2026-10-25T12:00Z", [
    "2026-10-25T00:30Z 2026-10-25T00:45Z"]],
  ["starts in both hours where the hour is open", "Europe/Berlin", "30 * * * *", 15, "2026-10-25T00:00Z", "2026-10-25T02:00Z", [
    "2026-10-25T00:30Z 2026-10-25T00:45Z", "2026-10-25T01:30Z 2026-10-25T01:45Z"]],
  ["holds through both hours when it ends after them", "Europe/Berlin", "0 2 * * *", 60, "2026-10-24T12:00Z", "2026-10-25T12:00Z", [
    "2026-10-25T00:00Z 2026-10-25T02:00Z"]],
  ["starts once, at the first of two equal times", "America/New_York", "30 1 * * *", 15, "2026-10-31T12:00Z", "2026-11-01T12:00Z", [
    "2026-11-01T05:30Z 2026-11-01T05:45Z"]],
  ["ends by the wall clock across the repeated hour", "America/New_York", "0 22 * * 6", 600, "2026-10-31T12:00Z", "2026-11-02T12:00Z", [
    "2026-11-01T02:00Z 2026-11-01T13:00Z"]],
  ["starts once, at the first of two equal times", "Australia/Lord_Howe", "45 1 * * *", 10, "2026-04-04T10:00Z", "2026-04-05T10:00Z", [
    "2026-04-04T14:45Z 2026-04-04T14:55Z"]],
  ["ends by the wall clock across the repeated half hour", "Australia/Lord_Howe", "0 1 * * *", 60, "2026-04-04T10:00Z", "2026-04-05T10:00Z", [
    "2026-04-04T14:00Z 2026-04-04T15:30Z"]],
  // Without a change of clocks.
  ["overlaps itself without a gap", "UTC", "0 * * * *", 90, "2026-06-01T00:30Z", "2026-06-01T03:00Z", ["2026-05-31T23:00Z Infinity"]],
  ["joins days that follow each other", "Europe/Berlin", "0 0 * * 1-5", 1440, "2026-10-20T00:00Z", "2026-10-27T00:00Z", [
    "2026-10-18T22:00Z 2026-10-23T22:00Z", "2026-10-25T23:00Z 2026-10-30T23:00Z"]],
  ["counts when either day fits", "UTC", "0 0 1 * 1", 60, "2026-06-01T00:00Z", "2026-06-10T00:00Z", ["2026-06-01T00:00Z 2026-06-01T01:00Z", "2026-06-08T00:00Z 2026-06-08T01:00Z"]],
];

describe("when a schedule is on", () => {
  test.each(CASES)("%s: %s, %s for %i minutes", (_what, timeZone, cron, minutes, from, to, expected) => {
    const clock = scheduleClock({ cron, durationMs: minutes * MINUTE_MS, timeZone });
    const seen: string[] = [];
    for (let at = ms(from); at <= ms(to); at += 5 * MINUTE_MS) {
      const { isOn, fromMs, untilMs } = clock.stretchAt(at);
      const stretch = `${iso(fromMs)} ${iso(untilMs)}`;
      expect(at >= fromMs && at < untilMs).toBe(true);
      // A stretch that is met in its middle begins at its last start.
      if (isOn && seen.at(-1)?.split(" ")[1] !== iso(untilMs)) seen.push(stretch);
    }
    const first = expected[0]?.split(" ")[1];
    expect(seen.map((stretch, i) => (i === 0 && stretch.endsWith(` ${first}`) ? expected[0] : stretch))).toEqual(expected);
  });

  test("is said the same in any order of asking", () => {
    const times = { cron: "15 1-3 * * *", durationMs: 20 * MINUTE_MS, timeZone: "Europe/Berlin" };
    const clock = scheduleClock(times);
    const moments = Array.from({ length: 600 }, (_, i) => ms("2026-03-28T20:00Z") + i * 2 * MINUTE_MS);
    const forwards = moments.map((at) => clock.stretchAt(at).isOn);
    const other = scheduleClock({ ...times, durationMs: times.durationMs + 1 });
    for (const at of moments.toReversed()) other.stretchAt(at - HOUR_MS);
    expect(moments.toReversed().map((at) => clock.stretchAt(at).isOn).toReversed()).toEqual(forwards);
    // 01:15 to 01:35, and 02:15 moved to 03:00 joined with 03:15 to 03:35.
    expect(forwards.filter(Boolean)).toHaveLength(28);
  });

  test("costs next to nothing to ask again", () => {
    const clock = scheduleClock({ cron: "0 7 * * 1-5", durationMs: 10 * HOUR_MS, timeZone: "Europe/Berlin" });
    const startMs = ms("2026-06-01T08:00Z");
    const first = clock.stretchAt(startMs);
    for (let i = 0; i < 1000; i++) expect(clock.stretchAt(startMs + i)).toBe(first);
  });
});
