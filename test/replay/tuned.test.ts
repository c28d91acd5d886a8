// The quick search for a utilisation against the plain one, and sliding windows against plain loops.
import { array, assert, constantFrom, double, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { tunedHpa } from "../../src/replay/hpa.ts";
import { lastWeekReplicas } from "../../src/replay/plain-policies.ts";
import { slidingLeast, slidingMost } from "../../src/replay/sliding.ts";
import { cheapestOfMonotone, cheapestUtilisation } from "../../src/replay/tuned.ts";
import type { World } from "../../src/replay/index.ts";
import { traffic } from "../forecast/series.ts";

const STEP_MS = 30 * 60_000;

test("of last week's utilisations the few tries find what all 75 find", () => {
  assert(
    property(integer({ min: 1, max: 1000 }), double({ min: 0, max: 0.2, noNaN: true }), constantFrom(0.3, 2, 50), constantFrom(3, 1000), (seed, share, perReplica, maxReplicas) => {
      const demand = traffic({ days: 21, stepMs: STEP_MS, noise: 0.2, missing: 0.02, seed }).values;
      const world: World = { demand, stepMs: STEP_MS, targetPerReplica: perReplica, readyDelayMs: STEP_MS, minReplicas: 1, maxReplicas, judgedFrom: 700 };
      expect(cheapestOfMonotone(world, share, lastWeekReplicas)).toEqual(cheapestUtilisation(world, share, lastWeekReplicas));
    }),
    { seed: 4, numRuns: 60 },
  );
});

test("where bursts come without warning the HPA that keeps up is found, however empty its replicas are", () => {
  const demand = Float64Array.from({ length: 500 }, (_, i) => (i % 50 === 49 ? 8 : 1));
  const world: World = { demand, stepMs: STEP_MS, targetPerReplica: 0.01, readyDelayMs: STEP_MS, minReplicas: 1, maxReplicas: 1e6, judgedFrom: 100 };
  expect(tunedHpa(world, 0)?.utilisation).toBe(0.12);
  expect(tunedHpa(world, 0.1)?.utilisation).toBe(0.99);
});

test("sliding extremes are those of the plain loop", () => {
  assert(
    property(array(integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 }), integer({ min: 0, max: 12 }), (numbers, window) => {
      const values = Float64Array.from(numbers);
      const [most, least] = [slidingMost(values, window), slidingLeast(values, window)];
      for (const i of numbers.keys()) {
        const seen = numbers.slice(Math.max(0, i - window), i + 1);
        expect([most(i), least(i)]).toEqual([Math.max(...seen), Math.min(...seen)]);
      }
    }),
    { seed: 5 },
  );
});
