// The pods' model and the HPA to compare with, against values worked out by hand and a slow oracle.
import { array, assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { hpaReplicas, measure, readyReplicas, tunedHpa } from "../../src/replay/index.ts";
import type { World } from "../../src/replay/index.ts";

const MINUTE = 60_000;
const world = (demand: readonly number[], more: Partial<World> = {}): World => ({
  demand: Float64Array.from(demand),
  stepMs: MINUTE,
  targetPerReplica: 10,
  readyDelayMs: 2 * MINUTE,
  minReplicas: 1,
  maxReplicas: 100,
  judgedFrom: 0,
  ...more,
});

test("replicas asked for are ready after the delay, and removal is at once", () => {
  expect([...readyReplicas(Float64Array.of(2, 5, 5, 5, 3, 6, 6, 6), MINUTE, 2 * MINUTE)]).toEqual([2, 2, 2, 5, 3, 3, 3, 6]);
});

test("ready replicas are the least that was asked for throughout the delay", () => {
  assert(
    property(array(integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }), integer({ min: 0, max: 6 }), (asked, delay) => {
      const ready = readyReplicas(Float64Array.from(asked), MINUTE, delay * MINUTE);
      for (const [i, value] of ready.entries()) expect(value).toBe(Math.min(...asked.slice(Math.max(0, i - delay), i + 1)));
    }),
  );
});

test("overload, pod-hours and changes are counted over the judged steps only", () => {
  const asked = Float64Array.of(1, 1, 2, 2, 2, 3);
  const numbers = measure(world([50, 10, 20, 20, NaN, 25], { judgedFrom: 1 }), asked);
  // Ready: 1 1 1 1 2 2. Overloaded among the five judged: steps 2, 3 and 5.
  expect(numbers.overloadedShare).toBeCloseTo(3 / 5);
  expect(numbers.podHours).toBeCloseTo((1 + 2 + 2 + 2 + 3) / 60);
  expect(numbers.replicaChanges).toBeCloseTo((2 / 5) * 1440);
});

test("the HPA follows its target, keeps within the tolerance and waits five minutes before it removes", () => {
  const demand = [80, 80, 86, 100, 100, 40, 40, 40, 40, 40, 40, 40];
  const asked = [...hpaReplicas(world(demand), 0.8)];
  expect(asked.slice(0, 5)).toEqual([10, 10, 10, 13, 13]); // 86 is within 10 % of 80
  expect(asked.slice(5, 9)).toEqual([13, 13, 13, 13]); // the last 13 was recommended at minute 4
  expect(asked[11]).toBe(5);
});

test("the HPA keeps what is there while the metric is missing", () => {
  expect([...hpaReplicas(world([100, NaN, NaN, NaN, NaN, NaN, NaN, NaN, NaN]), 1)]).toEqual(Array(9).fill(10));
});

test("the HPA climbs by at most double or four pods each 15 seconds", () => {
  const asked = hpaReplicas(world([10, 10_000], { stepMs: 15_000, maxReplicas: 10_000 }), 1);
  expect([...asked]).toEqual([1, 5]);
});

test("the tuned HPA is the cheapest that is not overloaded more often, or none", () => {
  const ramp = Array.from({ length: 600 }, (_, i) => 100 + 80 * Math.sin(i / 40));
  const tuned = tunedHpa(world(ramp), 0.02);
  expect(tuned?.numbers.overloadedShare).toBeLessThanOrEqual(0.02);
  const costlier = measure(world(ramp), hpaReplicas(world(ramp), (tuned?.utilisation ?? 0) - 0.05));
  expect(costlier.podHours).toBeGreaterThan(tuned?.numbers.podHours ?? 0);
  const jump = [...Array<number>(30).fill(10), ...Array<number>(30).fill(900)];
  expect(tunedHpa(world(jump), 0)).toBeUndefined();
});
