// What the forecaster says of unusual samples, and that it neither learns from them nor stays stuck on them.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Anomaly, createForecaster, createLocalClock, type Forecaster } from "../../src/forecast/index.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, traffic } from "./series.ts";

const STEP_MS = 5 * MINUTE_MS;
const PER_HOUR = 12;
const PER_DAY = 288;
const UTC = createLocalClock("UTC");
const forecasterAt = (stepMs = STEP_MS) => createForecaster({ stepMs, leadSteps: [4], day: true, week: true, localClock: UTC });

interface Found {
  readonly at: number;
  readonly anomaly: Anomaly;
}

/** Feeds `values`; returns every anomaly with the index of its sample. */
function feed(forecaster: Forecaster, values: ArrayLike<number>, check?: (i: number) => void): Found[] {
  const { stepMs } = forecaster.settings;
  const found: Found[] = [];
  for (let i = 0; i < values.length; i++) {
    forecaster.observe(MONDAY_MS + i * stepMs, values[i] ?? NaN);
    const anomaly = forecaster.anomaly();
    if (anomaly !== undefined) found.push({ at: i, anomaly });
    check?.(i);
  }
  return found;
}

/** `days` of traffic with `change` from sample `from` on, for `count` samples. */
function changed(days: number, from: number, count: number, change: (y: number, i: number) => number): Float64Array {
  return traffic({ days }).values.map((y, i) => (i >= from && i < from + count ? change(y, i) : y));
}

const AT = 9 * PER_DAY + 6 * PER_HOUR;
const timeOf = (i: number) => MONDAY_MS + i * STEP_MS;

describe("an outlier", () => {
  it.each([["high", 10], ["low", 0.05]] as const)("on the %s side is told with its size and what was expected", (side, factor) => {
    const values = changed(12, AT, 1, (y) => y * factor);
    const forecaster = forecasterAt();
    const found = feed(forecaster, values);
    const first = found.find(({ at }) => at === AT)?.anomaly;
    const ordinary = traffic({ days: 12 }).values[AT] ?? NaN;
    if (first?.kind !== "outlier") throw new Error(`found ${JSON.stringify(first)}`);
    expect(first).toMatchObject({ kind: "outlier", side, timeMs: timeOf(AT), value: values[AT] });
    expect(Math.abs(first.expected / ordinary - 1)).toBeLessThan(0.15);
    expect(first.sizeInMae).toBeGreaterThan(6);
    expect(forecaster.anomalyCounts()).toEqual({ outliers: found.length, levelShifts: 0, stuck: 0 });
  });

  it("moves the forecast no further than six mean errors would, however large it is", () => {
    const said = [10, 1000].map((factor) => {
      const forecaster = forecasterAt();
      feed(forecaster, changed(9.5, AT, 1, (y) => y * factor).subarray(0, AT + 1));
      return forecaster.explain(4).holtWinters;
    });
    expect(said[1]).toBeCloseTo(said[0] ?? NaN, 9);
  });

  it("is nothing that noise brings often, nor rounding on a series without any", () => {
    const forecaster = forecasterAt();
    feed(forecaster, traffic({ days: 28 }).values);
    expect(forecaster.anomalyCounts().outliers).toBeLessThan(10);
    expect(feed(forecasterAt(), new Float64Array(3 * PER_DAY).fill(0.1))).toEqual([]);
  });
});

describe("a level shift", () => {
  it("is an outlier first, accepted from its second sample, and learned within minutes", () => {
    const values = changed(12, AT, 3 * PER_DAY, (y) => 5 * y);
    const forecaster = forecasterAt();
    let ratio = NaN;
    const found = feed(forecaster, values, (i) => {
      if (i === AT + 3) ratio = forecaster.forecast(1) / (values[i + 1] ?? NaN);
    });
    const [first, second] = found.filter(({ at }) => at >= AT).map(({ anomaly }) => anomaly);
    expect(first).toMatchObject({ kind: "outlier", side: "high" });
    expect(second).toMatchObject({ kind: "levelShift", side: "high", sinceMs: timeOf(AT), samples: 2, value: values[AT + 1] });
    expect(forecaster.anomalyCounts().levelShifts).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeGreaterThan(0.7);
  });
});

describe("a stuck value", () => {
  const LONG = 5 * PER_HOUR;
  const stuckAt = (from: number, count: number, value: number) => changed(12, from, count, () => value);

  it("is told once it has come for more than half an hour, and is learned from no more", () => {
    const value = traffic({ days: 12 }).values[AT] ?? NaN;
    const forecaster = forecasterAt();
    const found = feed(forecaster, stuckAt(AT, LONG, value)).filter(({ anomaly }) => anomaly.kind === "stuck");
    expect(found.map(({ at }) => at)).toEqual(Array.from({ length: LONG - 6 }, (_, i) => AT + 6 + i));
    expect(found.at(-1)?.anomaly).toMatchObject({ kind: "stuck", value, sinceMs: timeOf(AT), samples: LONG, longestBefore: 1 });
    expect(forecaster.anomalyCounts().stuck).toBe(1);
  });

  it("leaves the forecaster as if its samples were missing from then on", () => {
    const value = traffic({ days: 12 }).values[AT] ?? NaN;
    const stuck = forecasterAt();
    const missing = forecasterAt();
    feed(stuck, stuckAt(AT, LONG, value));
    feed(missing, stuckAt(AT, LONG, value).map((y, i) => (i >= AT + 6 && i < AT + LONG ? NaN : y)));
    expect(stuck.explain(4)).toEqual(missing.explain(4));
    expect(stuck.accuracy()).toEqual(missing.accuracy());
  });

  it("is accepted after a day, and then is ordinary for as long", () => {
    const from = 8 * PER_DAY;
    const forecaster = forecasterAt();
    const values = traffic({ days: 14 }).values.map((y, i) => (i >= from ? 250 : y));
    const found = feed(forecaster, values).filter(({ anomaly }) => anomaly.kind === "stuck");
    expect(found.at(-1)?.at).toBe(from + PER_DAY - 1);
    expect(Math.abs(forecaster.forecast(4) / 250 - 1)).toBeLessThan(0.1);
  });

  it("is not told of what has happened before for as long", () => {
    const nights = traffic({ days: 14 }).values.map((y, i) => (i % PER_DAY < LONG && i >= 8 * PER_DAY ? 40 : y));
    const found = feed(forecasterAt(), nights).filter(({ anomaly }) => anomaly.kind === "stuck");
    expect(new Set(found.map(({ at }) => Math.floor(at / PER_DAY)))).toEqual(new Set([8]));
  });

  it.each([
    ["a series that never changed", new Float64Array(12 * PER_DAY).fill(42)],
    ["zero", changed(12, AT, LONG, () => 0)],
    ["quiet nights that it has known from the first week on", traffic({ days: 14 }).values.map((y, i) => (i % PER_DAY < 6 * PER_HOUR ? 3 : y))],
    ["whole numbers that repeat", traffic({ days: 12 }).values.map((y) => Math.round(y / 100))],
    ["the first week", changed(6, 3 * PER_DAY, PER_DAY, () => 77)],
    ["half an hour", changed(12, AT, 6, () => 111)],
  ])("is not told of %s", (_name, values) => {
    expect(feed(forecasterAt(), values).filter(({ anomaly }) => anomaly.kind === "stuck")).toEqual([]);
  });
});

describe("anomalies", () => {
  it("do not keep a service that was idle for days from being learned", () => {
    const forecaster = forecasterAt();
    const demand = traffic({ days: 8, noise: 0.1 }).values.map((y, i) => (i < 3 * PER_DAY ? 0 : y));
    feed(forecaster, demand);
    const { outliers, levelShifts } = forecaster.anomalyCounts();
    expect(outliers + levelShifts).toBeLessThan(10);
  });

  it("are counted on after a copy, and are none at a missing sample", () => {
    const values = changed(12, AT, 1, (y) => y * 10);
    const forecaster = forecasterAt();
    feed(forecaster, values.subarray(0, AT + 1));
    const copy = forecasterAt();
    copy.importState(forecaster.exportState());
    expect(copy.anomaly()).toEqual(forecaster.anomaly());
    expect(copy.anomaly()?.kind).toBe("outlier");
    for (const each of [forecaster, copy]) each.observe(timeOf(AT + 1), NaN);
    expect(copy.anomaly()).toBeUndefined();
    expect(copy.anomalyCounts()).toEqual(forecaster.anomalyCounts());
  });

  it("never lock: after anything at all, a week of steady demand is what is forecast", () => {
    const sample = fc.oneof(fc.constantFrom(0, 1, 7, 500, NaN), fc.double({ min: 0, max: 1e4, noNaN: true }));
    const runs = fc.array(fc.tuple(sample, fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: 30 });
    expect(() => fc.assert(
      fc.property(runs, fc.double({ min: 1, max: 1e3, noNaN: true }), (before, level) => {
        const forecaster = forecasterAt(60 * MINUTE_MS);
        const wild = before.flatMap(([value, count]) => Array.from({ length: count }, () => value));
        feed(forecaster, [...wild, ...Array.from({ length: (7 * DAY_MS) / (60 * MINUTE_MS) }, () => level)]);
        return forecaster.anomaly() === undefined && Math.abs(forecaster.explain(4).average / level - 1) < 0.01;
      }),
      { numRuns: 40 },
    )).not.toThrow();
  });
});
