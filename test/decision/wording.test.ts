// Numbers and durations as people read them.
import { expect, test } from "vitest";
import { durationText, numberText, replicasText } from "../../src/decision/wording.ts";

test.each([
  [655.4, "655"],
  [42.5, "42.5"],
  [42, "42"],
  [0.0351, "0.0351"],
  [0, "0"],
  [-0.4, "-0.4"],
  [10, "10"],
  [1e21, "1000000000000000000000"],
  [99.97, "100"],
  [NaN, "unknown"],
  [Infinity, "unlimited"],
])("%d is written %s", (value, text) => {
  expect(numberText(value)).toBe(text);
});

test.each([
  [45_000, "45s"],
  [1_200_000, "20m"],
  [5_400_000, "1h30m"],
  [3_600_000, "1h"],
  [90_000, "1m30s"],
  [0, "0s"],
])("%d ms is written %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test("one replica, several replicas", () => {
  expect([replicasText(1), replicasText(14)]).toEqual(["1 replica", "14 replicas"]);
});
