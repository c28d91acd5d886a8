// The learned lead: slow drift and sudden change both move it, a single slow start does not.
import { describe, expect, test } from "vitest";
import { FIRST_LEAD_MS, leadFor, learnedLeadMs, timeToReadyMs, withObservation } from "../../src/decision/index.ts";
import { seeded } from "./demand/worlds.ts";

const MINUTE_MS = 60_000;
/** Starts around `minutes`, a fifth up and down. */
const starts = (count: number, minutes: number, seed = 1) => {
  const random = seeded(seed);
  return Array.from({ length: count }, () => minutes * MINUTE_MS * (0.8 + 0.4 * random()));
};
const after = (observations: readonly number[], more: readonly number[]) => more.reduce<readonly number[]>(withObservation, observations);
const inMinutes = (observations: readonly number[]) => timeToReadyMs(observations) / MINUTE_MS;

describe("the time to Ready", () => {
  test("is unknown before three starts were seen", () => {
    expect(timeToReadyMs([])).toBeNaN();
    expect(timeToReadyMs(starts(2, 5))).toBeNaN();
    expect(inMinutes(starts(3, 5))).toBeGreaterThan(4);
  });

  test("is one that few starts exceed", () => {
    for (const seed of [1, 2, 3]) {
      const known = starts(40, 10, seed);
      const estimate = timeToReadyMs(known);
      const share = known.filter((duration) => duration > estimate).length / known.length;
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(0.25);
    }
  });

  test("is not moved by a single slow start, but by two in a row: an image that starts slower", () => {
    const known = starts(40, 5);
    expect(inMinutes(after(known, starts(1, 30)))).toBeLessThan(6.1);
    expect(inMinutes(after(known, starts(2, 30)))).toBeGreaterThan(20);
  });

  test("falls within eight starts of a target that became much faster", () => {
    const known = starts(40, 20);
    expect(inMinutes(after(known, starts(7, 5, 2)))).toBeGreaterThan(20);
    expect(inMinutes(after(known, starts(8, 5, 2)))).toBeLessThan(6.1);
  });

  test("follows a slow drift up and down", () => {
    let known: readonly number[] = starts(40, 5);
    for (const minutes of [5.5, 6, 6.5, 7, 7.5, 8]) known = after(known, starts(10, minutes));
    expect(inMinutes(known)).toBeGreaterThan(8);
    for (const minutes of [7.5, 7, 6.5, 6, 5.5, 5, 5, 5, 5, 5]) known = after(known, starts(10, minutes));
    expect(inMinutes(known)).toBeLessThan(6.2);
  });

  test("keeps a bounded memory, and leaves out what is no start of pods", () => {
    expect(after([], starts(1000, 5))).toHaveLength(40);
    expect(after([], [0, -1, NaN, Infinity, 3 * 60 * MINUTE_MS])).toEqual([]);
  });
});

describe("the lead", () => {
  test("is 20 minutes before anything is known", () => {
    expect(learnedLeadMs([], MINUTE_MS, NaN)).toBe(FIRST_LEAD_MS);
    expect(FIRST_LEAD_MS).toBe(20 * MINUTE_MS);
  });

  test.each([
    [4.2 * MINUTE_MS, MINUTE_MS, 6 * MINUTE_MS],
    [5 * MINUTE_MS, MINUTE_MS, 6 * MINUTE_MS],
    [5 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS],
    [10_000, 15_000, MINUTE_MS],
    [119 * MINUTE_MS, 5 * MINUTE_MS, 120 * MINUTE_MS],
  ])("for pods that take %i ms with a step of %i ms is %i ms: whole steps and one more, within its bounds", (timeMs, stepMs, leadMs) => {
    expect(leadFor(timeMs, stepMs)).toBe(leadMs);
  });

  test("stays in use until another is clearly needed", () => {
    const about = (minutes: number) => Array.from({ length: 10 }, () => minutes * MINUTE_MS);
    const inUseMs = learnedLeadMs(about(10), MINUTE_MS, FIRST_LEAD_MS);
    expect(inUseMs).toBe(11 * MINUTE_MS);
    expect(learnedLeadMs(about(11), MINUTE_MS, inUseMs)).toBe(inUseMs);
    expect(learnedLeadMs(about(9), MINUTE_MS, inUseMs)).toBe(inUseMs);
    expect(learnedLeadMs(about(13), MINUTE_MS, inUseMs)).toBe(14 * MINUTE_MS);
    expect(learnedLeadMs(about(4), MINUTE_MS, inUseMs)).toBe(5 * MINUTE_MS);
  });

  test("forgets nothing when observations are lost", () => {
    expect(learnedLeadMs([], MINUTE_MS, 7 * MINUTE_MS)).toBe(7 * MINUTE_MS);
  });
});
