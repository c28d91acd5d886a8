import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationText, parseDuration } from "../../src/api/duration.ts";
import { nearestName } from "../../src/api/nearest.ts";
import { parseQuantity } from "../../src/api/quantity.ts";
import { isTimeZone, nearestTimeZone } from "../../src/api/time-zone.ts";

describe("durations", () => {
  test.each([
    ["30s", 30_000],
    ["1h30m", 5_400_000],
    ["28d", 2_419_200_000],
    ["1w", 604_800_000],
    ["1y", 31_536_000_000],
    ["1m500ms", 60_500],
    ["0s", 0],
  ])("reads %s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(["", "1", "h", "1.5h", "-1m", " 1m", "1m1h", "1m1m", "1M", "100000000000000000s"])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [1_200_000, "20m"],
    [5_400_000, "1h30m"],
    [2_419_200_000, "28d"],
    [0, "0s"],
    [1500, "1s500ms"],
  ])("writes %d ms as %s", (ms, text) => expect(durationText(ms)).toBe(text));

  test("are read as they are written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 90 * 86_400_000 }).map((ms) => ms - (ms % 1000)), (ms) => {
        expect(parseDuration(durationText(ms))).toBe(ms);
      }),
      { seed: 1 },
    );
  });
});

describe("quantities", () => {
  test.each([
    ["50", 50],
    [50, 50],
    ["500m", 0.5],
    ["1k", 1000],
    ["1Ki", 1024],
    ["1e3", 1000],
    ["1E3", 1000],
    ["5E", 5e18],
    ["2.5M", 2_500_000],
    ["-5", -5],
    ["100u", 1e-4],
    ["1Ei", 2 ** 60],
    ["1e-30", 1e-9],
    ["0", 0],
  ])("reads %j", (text, value) => expect(parseQuantity(text)).toBe(value));

  test.each(["", ".", "50rps", "1e400", "1 k", "K", "1KI", "0x10", "NaN", "Infinity", "1e", "9".repeat(40)])("refuses %j", (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});

describe("time zones", () => {
  test.each(["UTC", "Europe/Berlin", "US/Pacific", "Etc/GMT+5"])("knows %s", (zone) => expect(isTimeZone(zone)).toBe(true));
  test.each(["", "Europe/Berln", "europe/berlin", "+02:00", "Local", "Etc/GMT+99"])("does not know %j", (zone) => expect(isTimeZone(zone)).toBe(false));
  test.each([
    ["Europe/Berln", "Europe/Berlin"],
    ["europe/berlin", "Europe/Berlin"],
    ["New York", "America/New_York"],
    ["utc", "UTC"],
  ])("guesses that %s means %s", (written, meant) => expect(nearestTimeZone(written)).toBe(meant));
  test("guesses nothing for what is nothing like a zone", () => expect(nearestTimeZone("xxxxxxxxxxxxxx")).toBeUndefined());
});

test("a name far from every known one has no nearest", () => {
  expect(nearestName("prometheus", ["query", "step"])).toBeUndefined();
  expect(nearestName("minReplcias", ["minReplicas", "maxReplicas"])).toBe("minReplicas");
  expect(nearestName("x".repeat(100), ["x".repeat(99)])).toBeUndefined();
});
