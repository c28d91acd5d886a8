// A climb of four pods in five minutes: begun in time it keeps the service level that the demand alone would not keep at that pace, for few pod-hours.
import { expect, test } from "vitest";
import { newLine } from "../../src/controller/index.ts";
import { measure, replayLine } from "../../src/replay/index.ts";
import type { PolicyMeasures } from "../../src/replay/index.ts";
import { planOf } from "../controller/world.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, uniform } from "../forecast/series.ts";

const STEP_MS = 2 * MINUTE_MS;
const DAYS = 14;
const FOUR_IN_FIVE = { scaleUp: { policies: [{ type: "Pods", value: 4, periodSeconds: 300 }] } };

interface Ramp {
  /** Height in replicas, length and begin in minutes; each day differs by `spread` of the first two, and begins so much of the length sooner or later. */
  readonly top: number;
  readonly minutes: number;
  readonly from: number;
  readonly spread: number;
  readonly seed: number;
}

/** Demand that climbs from 4 replicas' worth every morning and falls in the evening. */
function ramps({ top, minutes, from, spread, seed }: Ramp): Float64Array {
  const next = uniform(seed);
  const around = (value: number) => value * (1 + spread * (2 * next() - 1));
  const share = (minute: number, begin: number, length: number) => Math.min(1, Math.max(0, (minute - begin) / length));
  const perDay = DAY_MS / STEP_MS;
  const values = new Float64Array(DAYS * perDay);
  for (let day = 0; day < DAYS; day++) {
    const [begin, height, length] = [from + spread * minutes * (2 * next() - 1), around(top), around(minutes)];
    for (let step = 0; step < perDay; step++) {
      const minute = (step * STEP_MS) / MINUTE_MS;
      const level = 4 + height * Math.max(0, share(minute, begin, length) - share(minute, 18 * 60, 60));
      values[day * perDay + step] = 100 * level * (1 + 0.04 * (next() + next() + next() - 1.5));
    }
  }
  return values;
}

/** The scaler with `behavior` over `values`; `isStaggered: false` follows the demand at the pace of the policies and no sooner. */
function replayed(values: Float64Array, behavior: object, isStaggered = true): PolicyMeasures {
  const plan = planOf({ maxReplicas: 100, minReplicas: 2, metric: { query: "x", targetPerReplica: 100, step: "2m" }, forecast: { leadTime: "10m" }, behavior });
  const model = isStaggered ? plan.model : { ...plan.model, demand: { ...plan.model.demand, aheadSteps: undefined } };
  const trace = { startMs: MONDAY_MS, stepMs: STEP_MS, values };
  const course = replayLine({ line: newLine(model), trace, split: Math.floor(0.7 * values.length), readyDelayMs: 5 * MINUTE_MS, policy: plan.policy });
  const { judgedFrom } = course;
  return measure({ demand: values, stepMs: STEP_MS, targetPerReplica: 100, readyDelayMs: 5 * MINUTE_MS, minReplicas: 2, maxReplicas: 100, judgedFrom }, course.wanted);
}

test("on the same ramp every morning the level holds, for less than 3 % more pod-hours than without any limit", () => {
  const values = ramps({ top: 35, minutes: 20, from: 8 * 60, spread: 0, seed: 1 });
  const [free, followed, staggered] = [replayed(values, {}), replayed(values, FOUR_IN_FIVE, false), replayed(values, FOUR_IN_FIVE)];
  expect(followed.overloadedShare).toBeGreaterThan(0.015);
  expect(staggered.overloadedShare).toBeLessThanOrEqual(0.01);
  expect(staggered.podHours).toBeLessThan(1.03 * free.podHours);
});

test("on ramps that differ from day to day the level holds too, for less than 5 % more", () => {
  const values = ramps({ top: 40, minutes: 20, from: 9 * 60, spread: 0.15, seed: 2 });
  const [free, followed, staggered] = [replayed(values, {}), replayed(values, FOUR_IN_FIVE, false), replayed(values, FOUR_IN_FIVE)];
  expect(followed.overloadedShare).toBeGreaterThan(0.015);
  expect(staggered.overloadedShare).toBeLessThanOrEqual(0.01);
  expect(staggered.podHours).toBeLessThan(1.05 * free.podHours);
});
