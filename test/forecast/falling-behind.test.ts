// When expert 1 counts as falling behind: a day after its season has gone, not after a bad hour, and no longer once it is better again.
import { describe, expect, it } from "vitest";
import { createForecaster, createLocalClock, type Forecaster } from "../../src/forecast/index.ts";
import { MINUTE_MS, MONDAY_MS, traffic } from "./series.ts";

const STEP_MS = 5 * MINUTE_MS;
const PER_HOUR = 12;
const PER_DAY = 288;
const DAYS = 14;
const settings = { stepMs: STEP_MS, leadSteps: [4], day: true, week: true, localClock: createLocalClock("UTC") };
const calm = traffic({ days: 28 }).values;
/** A job every other hour. */
const jobs = (i: number) => (Math.floor(i / PER_HOUR) % 2) * 80;
const CHANGE = DAYS * PER_DAY;

function fitted(values: Float64Array): Forecaster {
  const forecaster = createForecaster(settings);
  forecaster.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values: values.subarray(0, CHANGE) });
  return forecaster;
}

/** Samples after which it falls behind. */
function behindAt(forecaster: Forecaster, values: ArrayLike<number>): number[] {
  return Array.from(values, (value, i) => {
    forecaster.observe(MONDAY_MS + i * STEP_MS, value);
    return forecaster.isFallingBehind() ? i : -1;
  }).filter((i) => i >= 0);
}

describe("expert 1", () => {
  it("does not fall behind on a season that goes on", () => {
    const values = calm.map((y, i) => y + jobs(i));
    expect(behindAt(fitted(values), values)).toEqual([]);
  });

  it("falls behind a day and some hours after its jobs moved, and not before a day", () => {
    const values = calm.map((y, i) => y + jobs(i < CHANGE ? i : i + PER_HOUR));
    const [first = NaN] = behindAt(fitted(values), values);
    expect(first).toBeGreaterThanOrEqual(CHANGE + PER_DAY - 1);
    expect(first).toBeLessThan(CHANGE + 1.5 * PER_DAY);
  });

  it("does not for a bad half day, nor for a day without samples after it", () => {
    const moved = calm.map((y, i) => y + jobs(i >= CHANGE && i < CHANGE + PER_DAY / 2 ? i + PER_HOUR : i));
    expect(behindAt(fitted(moved), moved)).toEqual([]);
    const silent = calm.map((y, i) => (i >= CHANGE + PER_DAY / 2 && i < CHANGE + 3 * PER_DAY ? NaN : y + jobs(i >= CHANGE ? i + PER_HOUR : i)));
    const [first = Infinity] = behindAt(fitted(silent), silent);
    expect(first).toBeGreaterThan(CHANGE + 3 * PER_DAY);
  });

  it("is no longer behind once it has learned, and begins anew with a fit", () => {
    const values = calm.map((y, i) => y + jobs(i < CHANGE ? i : i + PER_HOUR));
    const forecaster = fitted(values);
    const behind = behindAt(forecaster, values.subarray(0, CHANGE + 2 * PER_DAY));
    expect(behind.length).toBeGreaterThan(0);
    expect(forecaster.isFallingBehind()).toBe(true);
    const copy = createForecaster(settings);
    copy.importState(forecaster.exportState());
    expect(copy.isFallingBehind()).toBe(true);
    forecaster.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values });
    expect(forecaster.isFallingBehind()).toBe(false);
  });
});
