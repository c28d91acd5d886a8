// The fit: its pass against a plain run of the recurrence, its search on a problem with a known answer, and what it finds on seeded series.
import { describe, expect, it } from "vitest";
import { cutBlocks, FIRST, INTEGERS, JUDGED, rooted } from "../../src/forecast/holt-winters/blocks.ts";
import { fitHoltWinters } from "../../src/forecast/holt-winters/fit.ts";
import { initialState, windowEnd } from "../../src/forecast/holt-winters/initial-state.ts";
import { createHoltWinters, expectation, learn, type Parameters, setLevel, setParameters, skip, UNFITTED } from "../../src/forecast/holt-winters/kernel.ts";
import { pass } from "../../src/forecast/holt-winters/pass.ts";
import { search } from "../../src/forecast/holt-winters/search.ts";
import { createWorkspace, squaresOf } from "../../src/forecast/holt-winters/workspace.ts";
import { createLocalClock } from "../../src/forecast/index.ts";
import { timeOfDay, timeOfWeek } from "../../src/forecast/seasons.ts";
import { createState } from "../../src/forecast/state.ts";
import type { Series } from "../../src/series/index.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, traffic } from "./series.ts";

const UTC = createLocalClock("UTC");
const SEASONS = { day: true, week: true };
const MOST = 1e30;

/** The same objective from the kernel, profiles updated at every sample: squared h-step errors of the judged samples, one per node. */
function byKernel(series: Series, parameters: Parameters, leadSteps: number, from: number): number {
  const { startMs, stepMs } = series;
  const z = rooted(series.values, MOST);
  const initial = initialState(series, z, from, SEASONS, UTC);
  const blocks = cutBlocks(series, z, leadSteps, from, UTC);
  const model = createHoltWinters(createState(), stepMs);
  setParameters(model, parameters);
  setLevel(model, initial.level);
  model.day.set(initial.day);
  model.week.set(initial.week);
  const judged = new Set(Array.from({ length: blocks.count }, (_, b) => (blocks.isSingle ? b : blocks.integers[b * INTEGERS + FIRST]! + blocks.integers[b * INTEGERS + JUDGED]!)));
  let sum = 0;
  z.forEach((x, i) => {
    const now = startMs + i * stepMs;
    const then = now + leadSteps * stepMs;
    if (Number.isNaN(x)) skip(model);
    else learn(model, timeOfDay(now), timeOfWeek(now), x - expectation(model, timeOfDay(now), timeOfWeek(now), parameters.phi));
    const error = (z[i + leadSteps] ?? NaN) - expectation(model, timeOfDay(then), timeOfWeek(then), parameters.phi ** leadSteps);
    if (i >= from && judged.has(i) && !Number.isNaN(error)) sum += error * error;
  });
  return sum;
}

function byPass(series: Series, candidates: readonly Parameters[], leadSteps: number, from: number): number[] {
  const z = rooted(series.values, MOST);
  const blocks = cutBlocks(series, z, leadSteps, from, UTC);
  const workspace = createWorkspace(blocks);
  const initial = initialState(series, z, from, SEASONS, UTC);
  const errors = new Float64Array(blocks.count - blocks.judgedFrom);
  return candidates.map((parameters) => {
    pass(blocks, blocks.count, initial, parameters, workspace, errors);
    const squares = squaresOf(workspace);
    expect(Math.abs(errors.reduce((sum, e) => sum + e * e, 0) - squares) / squares).toBeLessThan(1e-9);
    return squares;
  });
}

describe("a pass over the history", () => {
  it.each([
    [5 * MINUTE_MS, 0, 1e-3], [10 * MINUTE_MS, 0, 1e-3], [30 * MINUTE_MS, 0.1, 1e-3], [MINUTE_MS, 0, 0.01], [MINUTE_MS, 0.1, 0.01], [2 * MINUTE_MS, 0.02, 0.01], [15_000, 0.01, 0.03],
  ])("at a step of %i ms with %f missing makes the errors that the kernel makes", (stepMs, missing, tolerance) => {
    const startMs = MONDAY_MS + 3 * MINUTE_MS - ((3 * MINUTE_MS) % stepMs);
    const series = traffic({ days: stepMs < MINUTE_MS ? 4 : 16, stepMs, missing, noise: 0.1, startMs });
    const from = (series.values.length / 4) | 0;
    const expected = byKernel(series, UNFITTED, 4, from);
    expect(Math.abs((byPass(series, [UNFITTED], 4, from)[0] ?? NaN) - expected) / expected).toBeLessThan(tolerance);
  });

  it("leaves nothing behind for the next candidate", () => {
    const series = traffic({ days: 15, stepMs: MINUTE_MS, missing: 0.05 });
    const candidates = [UNFITTED, { alpha: 0.5, delta: 0.1, omega: 0.2, phi: 0.1 }, { alpha: 0.01, delta: 0, omega: 0, phi: 0.95 }];
    const together = byPass(series, candidates, 20, 7 * 1440);
    expect(together).toEqual(candidates.map((each) => byPass(series, [each], 20, 7 * 1440)[0]));
    expect(new Set(together).size).toBe(3);
  });
});

describe("the search", () => {
  /** Errors that are zero at `goal`, gently curved. */
  function objectiveFor(goal: readonly number[]) {
    const length = goal.length * 2;
    const counted = { evaluations: 0 };
    const evaluate = (x: Float64Array, errors: Float64Array) => {
      counted.evaluations++;
      for (let t = 0; t < length; t++) {
        const i = t % goal.length;
        const away = (x[i] ?? NaN) - (goal[i] ?? NaN);
        errors[t] = away + (t < goal.length ? 0.05 * away * away : 0.3 * ((x[(i + 1) % goal.length] ?? NaN) - (goal[(i + 1) % goal.length] ?? NaN)));
      }
      return errors.reduce((sum, e) => sum + e * e, 0);
    };
    return { counted, length, evaluate, estimate: evaluate };
  }

  it("finds the least squares from afar, and stays within the edges when they lie beyond", () => {
    const objective = objectiveFor([2, -1, 0.5]);
    const found = search(objective, [Float64Array.of(-2, 2, 3), Float64Array.of(0, 0, 0)], 1e-6);
    [2, -1, 0.5].forEach((goal, i) => expect(found.x[i]).toBeCloseTo(goal, 1));
    expect(objective.counted.evaluations).toBeLessThanOrEqual(48);
    const outside = search(objectiveFor([30, 0]), [Float64Array.of(8, 0)], 1e-6);
    expect(outside.x[0]).toBe(9);
  });
});

describe("the fit", () => {
  const request = { leadSteps: 4, ...SEASONS, localClock: UTC, most: MOST };

  it("learns fast from a level that wanders, and slowly from one that only shakes", () => {
    const shaking = fitHoltWinters(traffic({ days: 21, noise: 0.3 }), request);
    const { values, ...grid } = traffic({ days: 21, noise: 0 });
    let level = 0;
    const steps = traffic({ days: 21, noise: 1, seed: 9 }).values;
    const plain = traffic({ days: 21, noise: 0, seed: 9 }).values;
    const wandering = fitHoltWinters({ ...grid, values: values.map((y, i) => Math.max(0, y + (level += 0.01 * (steps[i]! - plain[i]!)))) }, request);
    expect(shaking).toMatchObject({ kind: "fitted", day: true, week: true, present: 21 * 288 });
    expect(wandering.kind === "fitted" && shaking.kind === "fitted" && wandering.parameters.alpha + wandering.parameters.phi > 3 * shaking.parameters.alpha).toBe(true);
  });

  it("keeps every parameter between 0 and 1, and switches off what is not asked for", () => {
    const found = fitHoltWinters(traffic({ days: 3 }), { ...request, day: false });
    expect(found.kind === "fitted" && found.parameters).toMatchObject({ delta: 0, omega: 0 });
    expect(found.kind === "fitted" && found.parameters.alpha > 0 && found.parameters.alpha < 1 && found.parameters.phi > 0 && found.parameters.phi < 1).toBe(true);
  });

  it("starts the profiles at the averages by wall clock of the first week", () => {
    const series = traffic({ days: 28, noise: 0 });
    const { level, day, week } = initialState(series, rooted(series.values, MOST), 7 * 288, SEASONS, UTC);
    const saturday = (2 * 96 + 48) * 1;
    const tuesday = (5 * 96 + 48) * 1;
    expect(Math.sqrt(series.values[144]!)).toBeCloseTo(level + day[144]! + week[4 * 96 + 48]!, 1);
    expect(week[saturday]).toBeLessThan(-1);
    expect(week[tuesday]).toBeGreaterThan(0.3);
  });

  it("widens the first window while most of it is missing", () => {
    const z = new Float64Array(30 * 288).fill(1);
    expect(windowEnd(z, 5 * MINUTE_MS, 7 * DAY_MS)).toBe(7 * 288);
    z.fill(NaN, 0, 6 * 288);
    expect(windowEnd(z, 5 * MINUTE_MS, 7 * DAY_MS)).toBe(9 * 288);
    z.fill(NaN);
    expect(windowEnd(z, 5 * MINUTE_MS, 7 * DAY_MS)).toBe(30 * 288);
  });
});
