// The traffic of the demo: the same for the same seed, shaped as promised, and noisy about its shape.
import { assert, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { createTraffic } from "../../src/playground/index.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Tuesday 2026-03-03, UTC. */
const LIVE_MS = 1_772_496_000_000;
const traffic = createTraffic({ seed: 1, liveMs: LIVE_MS });
const minutes = (fromMs: number, days: number) => Array.from({ length: days * 1440 }, (_, i) => fromMs + i * MINUTE_MS);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("the same seed gives the same traffic in any order of asking, another seed another", () => {
  const again = createTraffic({ seed: 1, liveMs: LIVE_MS });
  const times = minutes(LIVE_MS, 1);
  const backwards = times.toReversed().map((timeMs) => again.rate(timeMs));
  expect(backwards.toReversed()).toEqual(times.map((timeMs) => traffic.rate(timeMs)));
  expect(createTraffic({ seed: 2, liveMs: LIVE_MS }).rate(LIVE_MS)).not.toBe(traffic.rate(LIVE_MS));
});

test("rates are finite and above zero for every seed and time of five weeks", () => {
  assert(
    property(integer(), integer({ min: -28 * 1440, max: 7 * 1440 }), (seed, minute) => {
      const { rate, noiseFree } = createTraffic({ seed, liveMs: LIVE_MS });
      const timeMs = LIVE_MS + minute * MINUTE_MS;
      expect(rate(timeMs)).toBeGreaterThan(0);
      expect(Number.isFinite(noiseFree(timeMs))).toBe(true);
    }),
    { numRuns: 25, seed: 1 },
  );
});

describe("the shape", () => {
  test("repeats by the week but for growth", () => {
    const week = 7 * DAY_MS;
    const share = (timeMs: number) => traffic.noiseFree(timeMs) / traffic.noiseFree(timeMs - week);
    const growths = minutes(LIVE_MS - 7 * DAY_MS, 7).map(share);
    expect(Math.min(...growths)).toBeGreaterThan(1.005);
    expect(Math.max(...growths)).toBeLessThan(1.035);
  });
  test("has its regular peaks at midday and in the evening, and one flash crowd in the live days", () => {
    const peaks = traffic.peaks(LIVE_MS, LIVE_MS + 2 * DAY_MS);
    expect(peaks.map(({ kind }) => kind)).toEqual(["regular", "regular", "regular", "flashCrowd", "regular"]);
    const hours = peaks.map(({ atMs }) => (atMs % DAY_MS) / 3_600_000);
    expect(hours[0]).toBeGreaterThan(11.5);
    expect(hours[0]).toBeLessThan(13.5);
    expect(hours[1]).toBeGreaterThan(18.5);
    expect(hours[1]).toBeLessThan(20.5);
  });
  test("is nowhere higher than at its peaks", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { peaks, noiseFree } = createTraffic({ seed, liveMs: LIVE_MS });
      const best = Math.max(...peaks(LIVE_MS, LIVE_MS + 2 * DAY_MS).map(({ rate }) => rate));
      expect(best).toBeCloseTo(Math.max(...minutes(LIVE_MS, 2).map(noiseFree)), 6);
    }
  });
  test("has no crowd but that one: the four weeks before show none", () => {
    const crowd = traffic.peaks(LIVE_MS, LIVE_MS + 2 * DAY_MS).find(({ kind }) => kind === "flashCrowd");
    const atMs = crowd?.atMs ?? NaN;
    expect(traffic.noiseFree(atMs) / traffic.noiseFree(atMs - 7 * DAY_MS)).toBeGreaterThan(1.3);
    for (let week = 1; week < 4; week++) expect(traffic.noiseFree(atMs - week * 7 * DAY_MS) / traffic.noiseFree(atMs - (week + 1) * 7 * DAY_MS)).toBeLessThan(1.05);
    expect(traffic.noiseFree(atMs + 3_600_000) / traffic.noiseFree(atMs - 7 * DAY_MS + 3_600_000)).toBeLessThan(1.05);
  });
});

test("the noise is unbiased, a few percent, and lasts", () => {
  const noise = minutes(LIVE_MS - 28 * DAY_MS, 28).map((timeMs) => traffic.rate(timeMs) / traffic.noiseFree(timeMs) - 1);
  const variance = mean(noise.map((value) => value * value));
  expect(Math.abs(mean(noise))).toBeLessThan(0.005);
  expect(Math.sqrt(variance)).toBeGreaterThan(0.02);
  expect(Math.sqrt(variance)).toBeLessThan(0.035);
  const lagged = mean(noise.slice(10).map((value, i) => value * (noise[i] ?? 0)));
  expect(lagged / variance).toBeGreaterThan(0.4);
});
