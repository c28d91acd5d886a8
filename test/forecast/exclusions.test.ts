// Excluded times are missing times: exactly, in fit and in what follows, however the list is written.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createForecaster, createLocalClock, type Exclusion, type Forecaster } from "../../src/forecast/index.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, traffic } from "./series.ts";

const STEP_MS = 30 * MINUTE_MS;
const DAYS = 16;
const HISTORY_DAYS = 15;
const UTC = createLocalClock("UTC");
const forecasterWith = (exclude?: readonly Exclusion[]) =>
  createForecaster({ stepMs: STEP_MS, leadSteps: [2], day: true, week: true, localClock: UTC, ...(exclude === undefined ? {} : { exclude }) });

/** Fits on the first days, replays everything, and copies the state on the way: as a controller does. */
function run(forecaster: Forecaster, values: Float64Array): readonly Float64Array[] {
  const history = values.subarray(0, (HISTORY_DAYS * DAY_MS) / STEP_MS);
  forecaster.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values: history });
  let kept = forecaster.exportState();
  values.forEach((value, i) => {
    if (i === history.length) kept = forecaster.exportState();
    forecaster.observe(MONDAY_MS + i * STEP_MS, value);
  });
  // The last day once more, from the copy.
  forecaster.importState(kept);
  values.subarray(history.length).forEach((value, i) => forecaster.observe(MONDAY_MS + (history.length + i) * STEP_MS, value));
  return forecaster.exportState();
}

const hour = 3_600_000;
const from = (hours: number, length: number): Exclusion => ({ startMs: MONDAY_MS + hours * hour, endMs: MONDAY_MS + (hours + length) * hour });
const isIn = (exclude: readonly Exclusion[], timeMs: number) => exclude.some(({ startMs, endMs }) => timeMs >= startMs && timeMs < endMs);

describe("excluded times", () => {
  it("leave exactly what missing samples leave, in any order, overlapping, empty, or beyond the series", () => {
    const { values } = traffic({ days: DAYS, stepMs: STEP_MS, noise: 0.1, missing: 0.02 });
    const exclusion = fc.tuple(fc.integer({ min: -30, max: 24 * DAYS + 10 }), fc.integer({ min: -2, max: 60 })).map(([hours, length]) => from(hours, length));
    expect(() => fc.assert(
      fc.property(fc.array(exclusion, { maxLength: 6 }), (exclude) => {
        const expected = run(forecasterWith(), values.map((y, i) => (isIn(exclude, MONDAY_MS + i * STEP_MS) ? NaN : y)));
        expect(run(forecasterWith(exclude), values)).toEqual(expected);
      }),
      { numRuns: 10, examples: [[[from(24 * HISTORY_DAYS + 6, 6)]]] },
    )).not.toThrow();
  });

  it("do not change a forecaster where they are none", () => {
    const { values } = traffic({ days: DAYS, stepMs: STEP_MS });
    expect(run(forecasterWith([]), values)).toEqual(run(forecasterWith(), values));
  });

  it("keep a week of disaster out of what is expected, while the forecast goes on", () => {
    const clean = traffic({ days: DAYS, stepMs: STEP_MS });
    const week = from(24 * 7, 24 * 6);
    const disaster = clean.values.map((y, i) => (isIn([week], MONDAY_MS + i * STEP_MS) ? 20 * y : y));
    const forecaster = forecasterWith([week]);
    run(forecaster, disaster);
    const last = clean.values.at(-1) ?? NaN;
    expect(Math.abs(forecaster.forecast(1) / last - 1)).toBeLessThan(0.2);
    const inside = forecasterWith([week]);
    for (let i = 0; i < (10 * DAY_MS) / STEP_MS; i++) inside.observe(MONDAY_MS + i * STEP_MS, disaster[i] ?? NaN);
    expect(inside.forecast(2)).toBeGreaterThan(0);
    expect(inside.anomaly()).toBeUndefined();
  });

  it("must be times", () => {
    expect(() => forecasterWith([{ startMs: NaN, endMs: 1 }])).toThrow(/expected two times/);
  });
});
