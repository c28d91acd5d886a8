// Wall-clock time across changes of the offset, against what Intl says of the same moments.
import { describe, expect, it } from "vitest";
import { createLocalClock } from "../../src/forecast/index.ts";
import { timeOfDay, timeOfWeek } from "../../src/forecast/seasons.ts";
import { DAY_MS, MINUTE_MS, uniform } from "./series.ts";

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "Pacific/Apia"];

/** Local hour and minute as Intl prints them. */
function printed(timeZone: string) {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return (timeMs: number) => format.format(timeMs);
}

function read(localMs: number): string {
  const minutes = Math.floor(timeOfDay(localMs) / MINUTE_MS);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

describe("the wall clock of a zone", () => {
  it.each(ZONES)("%s: agrees with Intl at random moments of forty years", (zone) => {
    const clock = createLocalClock(zone);
    const print = printed(zone);
    const next = uniform(7);
    for (let i = 0; i < 400; i++) {
      const at = Math.floor((next() * 40 + 10) * 365.25 * 1440) * MINUTE_MS;
      expect(read(clock.localMs(at)), `${zone} at ${at}`).toBe(print(at));
    }
  });

  it.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])("%s: is right at every quarter of an hour of a year, and jumps twice", (zone) => {
    const clock = createLocalClock(zone);
    const start = 1_767_225_600_000;
    const jumps: { by: number; around: number[] }[] = [];
    let before = clock.localMs(start);
    for (let t = start + 15 * MINUTE_MS; t < start + 365 * DAY_MS; t += 15 * MINUTE_MS) {
      const now = clock.localMs(t);
      if (now - before !== 15 * MINUTE_MS) jumps.push({ by: Math.abs(now - before - 15 * MINUTE_MS), around: [t - MINUTE_MS, t] });
      before = now;
    }
    expect(jumps.map(({ by }) => by)).toEqual(Array(2).fill((zone === "Australia/Lord_Howe" ? 30 : 60) * MINUTE_MS));
    for (const at of jumps.flatMap(({ around }) => around)) expect(read(clock.localMs(at))).toBe(printed(zone)(at));
  });

  it("knows no zone that does not exist", () => {
    expect(() => createLocalClock("Mars/Olympus")).toThrow(RangeError);
  });

  it("counts the day from local midnight and the week from local Thursday, before 1970 too", () => {
    expect(timeOfDay(-1)).toBe(DAY_MS - 1);
    expect(timeOfWeek(-1)).toBe(7 * DAY_MS - 1);
    expect(timeOfDay(3 * DAY_MS + 5)).toBe(5);
    expect(timeOfWeek(8 * DAY_MS)).toBe(DAY_MS);
  });
});
