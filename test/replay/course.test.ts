// The line over recorded time: nothing of the future is used, gaps stay gaps, and the grid is found from the samples.
import { expect, test } from "vitest";
import { createLine } from "../../src/decision/index.ts";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { comparePolicies, forecastNumbers, gridOfTrace, measure, replayLine } from "../../src/replay/index.ts";
import type { Course } from "../../src/replay/index.ts";
import { clairvoyantReplicas, lastWeekReplicas } from "../../src/replay/plain-policies.ts";
import type { Series } from "../../src/series/index.ts";
import { traffic } from "../forecast/series.ts";

const MINUTE_MS = 60_000;
const STEP_MS = 10 * MINUTE_MS;
const LEAD = 3;
const trace = traffic({ days: 18, stepMs: STEP_MS, noise: 0.05, missing: 0.03, seed: 5 });
const SPLIT = 1800;

function newLine() {
  const localClock = createLocalClock("UTC");
  return createLine(
    createForecaster({ stepMs: STEP_MS, leadSteps: [LEAD], day: true, week: true, localClock }),
    {
      stepMs: STEP_MS, leadSteps: LEAD, stabilizationSteps: 1, scaleDownTolerance: 0.1, targetPerReplica: 5, budget: 0.01, minReplicas: 1, maxReplicas: 100, localClock,
    },
  );
}

const replay = (series: Series, readyDelayMs = STEP_MS): Course => replayLine({ line: newLine(), trace: series, split: SPLIT, readyDelayMs });
const course = replay(trace);

test("what comes later changes nothing that was said or asked for before", () => {
  const changed = 2100;
  const values = trace.values.map((y, i) => (i < changed ? y : 3 * y + 40));
  const other = replay({ ...trace, values });
  const until = (array: Float64Array, end: number) => [...array.subarray(0, end)];
  // At step `changed - 1` forecasts up to one lead later are made; none of them has seen the change.
  for (const name of ["forecast", "upper", "persistence"] as const) expect(until(other[name], changed + LEAD)).toEqual(until(course[name], changed + LEAD));
  for (const name of ["wanted", "ready"] as const) expect(until(other[name], changed)).toEqual(until(course[name], changed));
  expect(other.forecast[changed + LEAD + 5]).not.toBe(course.forecast[changed + LEAD + 5]);
  expect(other.wanted[changed + 1]).not.toBe(course.wanted[changed + 1]);
});

test("forecasts are those of a line that has walked to one lead before and no further", () => {
  const at = 2200;
  const line = newLine();
  line.forecaster.fit({ ...trace, values: trace.values.slice(0, SPLIT) });
  for (let i = 0; i <= at; i++) line.observe(trace.startMs + i * STEP_MS, trace.values[i] ?? NaN);
  expect(course.forecast[at + LEAD]).toBe(line.forecaster.forecast(LEAD));
  expect(course.upper[at + LEAD]).toBe(line.forecaster.upper(LEAD));
});

test("there is no forecast before the first lead has passed", () => {
  expect([...course.forecast.subarray(0, LEAD)]).toEqual([NaN, NaN, NaN]);
  expect(course.forecast[LEAD]).not.toBeNaN();
});

test("a gap stays a gap: nothing is judged in it, and it never lowers what is asked for", () => {
  const values = trace.values.map((y, i) => (i >= 2000 && i < 2003 ? NaN : y));
  const other = replay({ ...trace, values });
  expect(other.trace.values.subarray(2000, 2003).every(Number.isNaN)).toBe(true);
  for (let i = 2000; i < 2003; i++) expect(other.wanted[i]).toBeGreaterThanOrEqual(other.wanted[i - 1] ?? NaN);
  expect(forecastNumbers(other).wape).not.toBeNaN();
});

test("judging starts one ready delay and an hour after the split", () => {
  expect(replay(trace, 25 * MINUTE_MS).judgedFrom).toBe(SPLIT + 9);
});

test("the line keeps its level, no tuned policy is overloaded more, and the clairvoyant is the cheapest", () => {
  const world = { demand: trace.values, stepMs: STEP_MS, targetPerReplica: 5, readyDelayMs: STEP_MS, minReplicas: 1, maxReplicas: 100, judgedFrom: course.judgedFrom };
  const policies = comparePolicies(world, course.wanted);
  const numbers = new Map(policies.map((policy) => [policy.name, policy.numbers]));
  expect(numbers.get("predictive")?.overloadedShare).toBeLessThanOrEqual(0.03);
  expect(numbers.get("clairvoyant")?.overloadedShare).toBe(0);
  for (const name of ["hpa-tuned", "last-week"] as const) {
    expect(numbers.get(name)?.overloadedShare ?? 0).toBeLessThanOrEqual(numbers.get("predictive")?.overloadedShare ?? NaN);
  }
  expect(numbers.get("clairvoyant")?.podHours).toBeLessThan(numbers.get("predictive")?.podHours ?? NaN);
});

const small = (demand: readonly number[], stepMs = MINUTE_MS) => ({
  demand: Float64Array.from(demand), stepMs, targetPerReplica: 10, readyDelayMs: 2 * stepMs, minReplicas: 1, maxReplicas: 9, judgedFrom: 0,
});

test("the clairvoyant asks for what comes within the delay, no earlier and no longer", () => {
  expect([...clairvoyantReplicas(small([5, 5, 5, 45, 5, 500, NaN]))]).toEqual([1, 5, 5, 9, 9, 9, 1]);
});

test("last week is asked for half an hour early, and what it lacks stays", () => {
  const step = 30 * MINUTE_MS;
  const demand = Array.from({ length: 680 }, (_, i) => (i === 100 ? 60 : i === 101 ? NaN : 10));
  const asked = lastWeekReplicas(small(demand, step), 1);
  expect([...asked.subarray(433, 440)]).toEqual([1, 1, 6, 6, 6, 6, 1]); // step 100 comes again at 436, 101 is unknown
});

test("there is no last week in a trace that is younger", () => {
  const world = small(Array.from({ length: 3000 }, () => 10));
  expect(comparePolicies(world, world.demand.map(() => 1)).find(({ name }) => name === "last-week")?.numbers).toBeUndefined();
});

test("unserved demand and mean replicas are those of the judged steps", () => {
  const numbers = measure({ ...small([100, 10, 30, NaN, 20]), judgedFrom: 1, readyDelayMs: 0 }, Float64Array.of(1, 1, 2, 2, 1));
  expect(numbers.unservedShare).toBeCloseTo((10 + 10) / 60);
  expect(numbers.meanReplicas).toBeCloseTo(6 / 4);
});

const grid = (seconds: readonly number[]) => {
  const timesMs = Float64Array.from(seconds, (s) => s * 1000);
  return gridOfTrace({ timesMs, values: timesMs });
};

test("the step is the most frequent difference, and the grid lies where most samples lie", () => {
  expect(grid([30, 90, 150, 300, 360])).toEqual({ startMs: 30_000, stepMs: 60_000, length: 7 }); // off by half at the end
  expect(grid([0.2, 60.001, 119.9, 180])).toMatchObject({ stepMs: 60_000, length: 4 });
  expect(grid([3, 60, 120, 180])).toEqual({ startMs: 0, stepMs: 60_000, length: 4 });
  expect(grid([7, 7, 22])).toEqual({ startMs: 7000, stepMs: 15_000, length: 2 });
  expect(grid([7, 7])).toBeUndefined();
  expect(grid([])).toBeUndefined();
});
