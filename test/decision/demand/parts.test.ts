// The parts of the demand rule by themselves: margin, scale of errors, coverage gate.
import { describe, expect, test } from "vitest";
import { createDemandRule } from "../../../src/decision/index.ts";
import { createCoverageGate } from "../../../src/decision/demand/coverage-gate.ts";
import { createErrorScale } from "../../../src/decision/demand/error-scale.ts";
import type { ErrorScale } from "../../../src/decision/demand/error-scale.ts";
import { createMargin } from "../../../src/decision/demand/margin.ts";
import type { Margin } from "../../../src/decision/demand/margin.ts";
import { DAY_MS, seeded, settingsWith } from "./worlds.ts";

const MINUTE_MS = 60_000;
const HALF_HOUR_MS = 30 * MINUTE_MS;

const take = (margin: Margin, score: number) => margin.takeScore(Float64Array.of(score), 0);

function marginOf(margin: Margin): number {
  const said = new Float64Array(1);
  margin.sayMargin(said, 0);
  return said[0] ?? NaN;
}

function scaleAt(scale: ErrorScale, middleMs: number): number {
  const said = new Float64Array(1);
  scale.sayScale(middleMs, said, 0);
  return said[0] ?? NaN;
}

describe("margin", () => {
  test("it is the quantile of the scores that the budget names, to the width of a bin", () => {
    const margin = createMargin(MINUTE_MS, 0.1);
    const random = seeded(3);
    // Half an hour: too short for anything to be forgotten.
    for (let i = 0; i < 30; i++) for (let j = 0; j < 100; j++) take(margin, random() * 10);
    expect(marginOf(margin)).toBeGreaterThan(8.7);
    expect(marginOf(margin)).toBeLessThan(9.3);
  });

  test("without a score there is none; scores of minutes that any margin covers lead to the lowest", () => {
    const margin = createMargin(MINUTE_MS, 0.01);
    expect(marginOf(margin)).toBeNaN();
    for (let i = 0; i < 100; i++) take(margin, -Infinity);
    expect(marginOf(margin)).toBeCloseTo(2 ** (-160 / 48) - 3.1, 12);
  });

  test("scores are forgotten within some tens of days", () => {
    const margin = createMargin(HALF_HOUR_MS, 0.01);
    for (let i = 0; i < 10 * 48; i++) take(margin, 20);
    for (let i = 0; i < 30 * 48; i++) take(margin, 0);
    expect(marginOf(margin)).toBeGreaterThan(20);
    for (let i = 0; i < 30 * 48; i++) take(margin, 0);
    expect(marginOf(margin)).toBeLessThan(0.1);
  });

  test("after twenty years its weights are still numbers", () => {
    const margin = createMargin(DAY_MS, 0.01);
    for (let i = 0; i < 20 * 365; i++) take(margin, i % 10);
    expect(marginOf(margin)).toBeGreaterThan(8.9);
    expect(marginOf(margin)).toBeLessThan(9.5);
    expect(Math.max(...margin.state.flatMap((array) => [...array]))).toBeLessThan(1e102);
  });

  test("feedback changes the budget by at most a factor of eight down and two up, and returns from there at once", () => {
    const allowed = (overloads: number, calm: number) => {
      const margin = createMargin(5 * MINUTE_MS, 0.05);
      for (let i = 0; i < overloads; i++) margin.takeOverload(true);
      for (let i = 0; i < calm; i++) margin.takeOverload(false);
      return Math.exp(margin.state[0]?.[2] ?? NaN);
    };
    expect(allowed(100_000, 0)).toBeCloseTo(1 / 8, 9);
    expect(allowed(0, 100_000)).toBeCloseTo(2, 9);
    expect(allowed(100_000, 6 * 288)).toBeGreaterThan(0.4);
    expect(allowed(1, 19)).toBeCloseTo(1, 9); // exactly the budget changes nothing
  });
});

describe("scale of errors", () => {
  test("before any error it is the level, and 1 before any sample", () => {
    const scale = createErrorScale(MINUTE_MS);
    expect(scaleAt(scale, 0)).toBe(1);
    scale.takeLevel(40);
    scale.takeLevel(60);
    expect(scaleAt(scale, 0)).toBe(50);
  });

  test("after a day of errors one spike counts for at most six times the mean", () => {
    const scale = createErrorScale(HALF_HOUR_MS);
    for (let i = 0; i < 48; i++) scale.takeError(1, i * HALF_HOUR_MS);
    const before = scaleAt(scale, 12 * HALF_HOUR_MS);
    scale.takeError(1e9, 0);
    expect(scaleAt(scale, 12 * HALF_HOUR_MS) - before).toBeLessThan(5);
  });

  test("the middle of an odd lead lies between two samples", () => {
    const rule = createDemandRule(settingsWith({ stepMs: HALF_HOUR_MS, leadSteps: 1, stabilizationSteps: 0, initialMargin: 0 }));
    const scales = new Map<number, number>();
    for (let i = 0; i < 48 + 25; i++) {
      const timeMs = i * HALF_HOUR_MS;
      const slot = i % 48;
      rule.observe(timeMs, 100, { forecast: () => (slot === 24 ? 200 : 100) }); // wrong from 12:00 to 12:30 only
      scales.set(slot, rule.demand().scale);
    }
    const at = (slot: number) => scales.get(slot) ?? NaN;
    expect(at(24) - at(23)).toBeGreaterThan(30);
  });
});

describe("coverage gate", () => {
  test("a time of day that was never seen is open, one that was empty is closed, after the first day", () => {
    const gate = createCoverageGate(MINUTE_MS);
    for (let i = 0; i < 30; i++) gate.take(i * MINUTE_MS, false);
    expect(gate.isOpen(10 * MINUTE_MS, DAY_MS - 1)).toBe(true);
    expect(gate.isOpen(10 * MINUTE_MS, DAY_MS)).toBe(false);
    expect(gate.isOpen(40 * MINUTE_MS, DAY_MS)).toBe(true);
  });

  test("after two weeks days of the week are told apart", () => {
    const gate = createCoverageGate(HALF_HOUR_MS);
    const isOff = (i: number) => Math.floor(i / 48) % 7 === 3;
    for (let i = 0; i < 21 * 48; i++) gate.take(i * HALF_HOUR_MS, !isOff(i));
    expect(gate.isOpen(21 * DAY_MS + 3 * DAY_MS, 21 * DAY_MS)).toBe(false);
    expect(gate.isOpen(21 * DAY_MS + 2 * DAY_MS, 21 * DAY_MS)).toBe(true);
    expect(gate.isOpen(21 * DAY_MS + 3 * DAY_MS, 13 * DAY_MS)).toBe(true);
  });

  test("local times before 1970 have slots too", () => {
    const gate = createCoverageGate(HALF_HOUR_MS);
    for (let i = 0; i < 48; i++) gate.take(-DAY_MS + i * HALF_HOUR_MS, i !== 10);
    expect(gate.isOpen(10 * HALF_HOUR_MS, DAY_MS)).toBe(false);
  });
});
