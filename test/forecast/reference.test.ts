// The whole forecaster against a separate implementation, step by step: experts, combination and second stage.
// The bounds are calibrated by another rule than there (bounds.test.ts), so its two columns of them are not compared.
import { describe, expect, it } from "vitest";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { UNFITTED } from "../../src/forecast/holt-winters/kernel.ts";
import { dayOne, REFERENCE, STEP_MS } from "./reference.ts";

const LEAD = 4;
const TOLERANCE = 1e-6;

describe("the forecaster", () => {
  it("says what the reference says, to 1e-6, in every part", () => {
    const { mean, spread } = dayOne();
    const forecaster = createForecaster(
      { stepMs: STEP_MS, leadSteps: [LEAD], day: true, week: true, localClock: createLocalClock("UTC") },
      {
        kind: "fitted", parameters: UNFITTED, initial: { level: mean, day: new Float64Array(288), week: new Float64Array(672) },
        day: true, week: true, present: 0, passes: 0, dayOne: { mean, spread }, range: { low: 0, high: 1e9 },
      },
    );
    const differing: string[] = [];
    let compared = 0;
    for (const { timeMs, demand, said } of REFERENCE) {
      forecaster.observe(timeMs, demand);
      if (said === undefined) continue;
      const { holtWinters, regression, average, combination, forecast } = forecaster.explain(LEAD);
      const ours: Record<string, number> = { expert1: holtWinters, expert2: regression, expert3: average, combination, forecast };
      for (const [column, expected] of Object.entries(said)) {
        compared++;
        if (!(Math.abs((ours[column] ?? NaN) - expected) <= TOLERANCE * expected)) differing.push(`${column} at ${timeMs}: ${ours[column]}, expected ${expected}`);
      }
    }
    expect(compared).toBeGreaterThan(700);
    expect(differing).toEqual([]);
  });
});
