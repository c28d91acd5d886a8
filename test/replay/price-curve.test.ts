// The price of a service level: the curve of one run against the levels run for themselves, and what is not known.
import { expect, test } from "vitest";
import { createLine } from "../../src/decision/index.ts";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { measure, priceCurve, replayLine } from "../../src/replay/index.ts";
import type { Course } from "../../src/replay/index.ts";
import { traffic } from "../forecast/series.ts";

const STEP_MS = 600_000;
const localClock = createLocalClock("UTC");

function courseOf(days: number, serviceLevel: number, split: number): Course {
  const trace = traffic({ days, stepMs: STEP_MS, noise: 0.1, missing: 0.02, seed: 3 });
  const settings = {
    stepMs: STEP_MS, leadSteps: 2, stabilizationSteps: 1, scaleDownTolerance: 0.1, targetPerReplica: 3, budget: 1 - serviceLevel, minReplicas: 1, maxReplicas: 1000, localClock,
  };
  const line = createLine(createForecaster({ stepMs: STEP_MS, leadSteps: [2], day: true, week: true, localClock }), settings);
  return replayLine({ line, trace, split, readyDelayMs: 2 * STEP_MS });
}

const course = courseOf(28, 0.99, 2800);
const curve = priceCurve(course);

test("a higher level has a larger margin and costs more", () => {
  expect(curve.points.length).toBeGreaterThanOrEqual(10);
  for (const [i, point] of curve.points.entries()) {
    const before = curve.points[i - 1];
    if (before === undefined) continue;
    expect(point.serviceLevel).toBeGreaterThan(before.serviceLevel);
    expect(point.margin).toBeGreaterThanOrEqual(before.margin);
    expect(point.podHours).toBeGreaterThan(before.podHours * 0.995);
  }
  expect(curve.points.at(-1)?.podHours).toBeGreaterThan(1.02 * (curve.points[0]?.podHours ?? NaN));
});

test("three levels run for themselves cost what the curve says and keep their budget twice over", () => {
  expect(curve.checked.map(({ serviceLevel }) => serviceLevel)).toEqual([0.98, 0.99, 0.995]);
  for (const { serviceLevel, podHours, overloadedShare, predictedPodHours } of curve.checked) {
    expect(Math.abs(predictedPodHours / podHours - 1)).toBeLessThan(0.02);
    expect(overloadedShare).toBeLessThanOrEqual(2 * (1 - serviceLevel));
  }
});

test("days without the metric cost what was asked for when it went, on the curve as in the levels run for themselves", () => {
  const withGap = Float64Array.from(course.trace.values).fill(NaN, 3050, 3500);
  const { checked } = priceCurve({ ...course, trace: { ...course.trace, values: withGap } });
  for (const { podHours, predictedPodHours } of checked) expect(Math.abs(predictedPodHours / podHours - 1)).toBeLessThan(0.02);
});

test("the level of the course itself costs what the course cost", () => {
  const { settings, trace, judgedFrom, readyDelayMs } = course;
  const { podHours, meanReplicas } = measure({ ...settings, demand: trace.values, readyDelayMs, judgedFrom }, course.wanted);
  const point = curve.points.find(({ serviceLevel }) => serviceLevel === 0.99);
  expect(Math.abs((point?.podHours ?? NaN) / podHours - 1)).toBeLessThan(0.02);
  expect(Math.abs((point?.meanReplicas ?? NaN) / meanReplicas - 1)).toBeLessThan(0.02);
});

test("the curve is the same whatever level the course was run at", () => {
  const other = priceCurve(courseOf(28, 0.9, 2800));
  expect(other.points.map(({ margin }) => margin)).toEqual(curve.points.map(({ margin }) => margin));
});

test("levels beyond what the scored minutes can tell are marked", () => {
  const known = curve.points.filter(({ isKnown }) => isKnown).map(({ serviceLevel }) => serviceLevel);
  expect(known).toContain(0.98);
  expect(known).not.toContain(0.999);
});

test("without a scored minute there is no curve", () => {
  expect(priceCurve(courseOf(1, 0.99, 100))).toEqual({ points: [], checked: [] });
});
