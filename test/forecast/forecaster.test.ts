// The forecaster from outside: it never says nonsense, whatever it is given, and continues identically after a copy.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createForecaster, createLocalClock, type Forecaster, type ForecastSettings } from "../../src/forecast/index.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, traffic, uniform } from "./series.ts";

const STEP_MS = 5 * MINUTE_MS;
const UTC = createLocalClock("UTC");

function settings(more: Partial<ForecastSettings> = {}): ForecastSettings {
  return { stepMs: STEP_MS, leadSteps: [4, 12], day: true, week: true, localClock: UTC, ...more };
}

/** Feeds `values` one step apart; `check` runs after each. */
function feed(forecaster: Forecaster, values: ArrayLike<number>, check?: (i: number) => void, startMs = MONDAY_MS): void {
  for (let i = 0; i < values.length; i++) {
    forecaster.observe(startMs + i * forecaster.settings.stepMs, values[i] ?? NaN);
    check?.(i);
  }
}

/** What it has been given: its range, and the largest of the last values. */
interface Seen {
  readonly low: number;
  readonly high: number;
  readonly recent: number;
}

/** What is wrong with what it says: at every lead it is finite, not negative, at most the recent level plus 1.25 ranges; so are bounds and peak, not below it. */
function nonsense(forecaster: Forecaster, { low, high, recent }: Seen, hasPeak: boolean): string | undefined {
  const ceiling = (recent + 1.25 * (high - low)) * (1 + 1e-9);
  const path = Array.from({ length: 12 }, (_, i) => forecaster.forecast(i + 1));
  const wrong = path.findIndex((y) => !(y >= 0 && y <= ceiling));
  if (wrong >= 0) return `${path[wrong]} at ${wrong + 1}, seen ${low} to ${high}, of late ${recent}`;
  for (const steps of [4, 12]) {
    const said = [forecaster.forecast(steps), forecaster.upper(steps), forecaster.bound(steps, 0.9999).demand];
    const isSane = said.every((y, i) => y >= (said[i - 1] ?? 0) && y <= ceiling);
    if (!isSane) return `forecast, upper and widest bound ${said.join(", ")} at ${steps}, seen ${low} to ${high}, of late ${recent}`;
  }
  if (!hasPeak) return undefined;
  const peak = forecaster.peakWithin(DAY_MS)?.demand ?? NaN;
  return peak >= Math.max(...path) && peak <= ceiling ? undefined : `a peak of ${peak} above ${Math.max(...path)}, seen ${low} to ${high}, of late ${recent}`;
}

/** Values that the five-minute average still holds more than a thousandth of, at a step of five minutes and more. */
const RECENT = 8;

/**
 * The first nonsense said while `values` come in; a forecaster that was fitted to them has seen their range.
 * `isWild`: any value seen may be the recent level.
 */
function firstNonsense(forecaster: Forecaster, values: ArrayLike<number>, isFitted = false, isWild = false): string | undefined {
  const plausible = isFitted ? Array.from(values).filter((y) => y >= 0 && y <= 1e30) : [];
  let low = Math.min(Infinity, ...plausible);
  let high = Math.max(-Infinity, ...plausible);
  const last: number[] = [];
  let found: string | undefined;
  feed(forecaster, values, (i) => {
    const y = values[i] ?? NaN;
    if (y >= 0 && y <= 1e30) {
      low = Math.min(low, y);
      high = Math.max(high, y);
      // An outlier is taken for something between itself and what was expected.
      const anomaly = forecaster.anomaly();
      last.push(anomaly?.kind === "outlier" ? Math.max(y, anomaly.expected) : y);
      if (last.length > RECENT) last.shift();
    }
    const recent = isWild ? high : Math.max(...last) + 1e-3 * (high - low);
    const isQuiet = Number.isNaN(forecaster.forecast(4)) && forecaster.peakWithin(DAY_MS) === undefined;
    const wrong = last.length > 0 ? nonsense(forecaster, { low, high, recent }, i % 5 === 0) : isQuiet ? undefined : "a forecast before any sample";
    found ??= wrong === undefined ? undefined : `step ${i}: ${wrong}`;
  });
  return found;
}

const WEEK = 7 * 288;
const ONE_DAY = traffic({ days: 1 }).values;
const shapes: Record<string, Float64Array> = {
  constant: new Float64Array(WEEK).fill(42),
  "all zero": new Float64Array(WEEK),
  "one sample": Float64Array.of(7),
  huge: traffic({ days: 7 }).values.map((y) => y * 1e10),
  tiny: traffic({ days: 7 }).values.map((y) => y * 1e-11),
  "a step x100": traffic({ days: 7 }).values.map((y, i) => (i > 1000 ? y * 100 : y)),
  "a sawtooth": new Float64Array(WEEK).map((_, i) => i % 12),
  "90 % missing": traffic({ days: 7, missing: 0.9 }).values,
  "negative and infinite values": traffic({ days: 7 }).values.map((y, i) => (i % 5 === 0 ? -y : i % 7 === 0 ? Infinity : y)),
  "two weeks missing in the middle": traffic({ days: 21 }).values.map((y, i) => (i >= 4 * 288 && i < 18 * 288 ? NaN : y)),
  "duplicate days": new Float64Array(WEEK).map((_, i) => ONE_DAY[i % 288] ?? NaN),
  "a spike x1000": traffic({ days: 7 }).values.map((y, i) => (i === 1500 ? y * 1000 : y)),
  "nights as busy as days, at last": new Float64Array(WEEK).map((_, i) => (i > 5 * 288 || (i % 288 >= 96 && i % 288 < 240) ? 10_000 : 25)),
  "a fall to zero": traffic({ days: 7 }).values.map((y, i) => (i > 1500 ? 0 : y)),
  "a first day missing": traffic({ days: 7 }).values.map((y, i) => (i < 288 ? NaN : y)),
};

describe("a forecaster", () => {
  it.each(Object.keys(shapes))("stays sane on %s, unfitted", (name) => {
    expect(firstNonsense(createForecaster(settings()), shapes[name] ?? [])).toBeUndefined();
  });

  it.each(Object.keys(shapes))("stays sane on %s, fitted", (name) => {
    const values = shapes[name] ?? new Float64Array();
    const forecaster = createForecaster(settings());
    const found = forecaster.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values });
    expect(found.kind).toBe(name === "one sample" ? "notEnoughData" : "fitted");
    expect(firstNonsense(forecaster, values, found.kind === "fitted")).toBeUndefined();
  });

  it("stays sane on anything", () => {
    const sample = fc.oneof(fc.double({ min: 0, max: 1e3, noNaN: true }), fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constant(NaN), fc.constant(0), fc.double());
    expect(() => fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 600 }), fc.boolean(), (values, isFitted) => {
        const forecaster = createForecaster(settings({ stepMs: 60 * MINUTE_MS }));
        const found = isFitted ? forecaster.fit({ startMs: MONDAY_MS, stepMs: 60 * MINUTE_MS, values: Float64Array.from(values) }) : undefined;
        return firstNonsense(forecaster, values, found?.kind === "fitted", true) === undefined;
      }),
      { numRuns: 60 },
    )).not.toThrow();
  });

  it("comes back from two weeks without a sample with the season it knew", () => {
    const { values } = traffic({ days: 35 });
    const gap = values.map((y, i) => (i >= 14 * 288 && i < 28 * 288 ? NaN : y));
    const forecaster = createForecaster(settings());
    expect(forecaster.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values: gap })).toMatchObject({ kind: "fitted", day: true, week: true });
    let missed = 0;
    let demand = 0;
    let said = NaN;
    feed(forecaster, gap, (i) => {
      if (i >= 28 * 288 + 6 && (i - 4) % 1 === 0) {
        missed += Math.abs(said - (gap[i] ?? NaN));
        demand += gap[i] ?? NaN;
      }
      said = forecaster.forecast(1);
    });
    expect(missed / demand).toBeLessThan(0.05);
  });

  it("forecasts a pure season exactly, once fitted", () => {
    const { values } = traffic({ days: 28, noise: 0 });
    const forecaster = createForecaster(settings());
    forecaster.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values });
    const said: number[] = [];
    let missed = 0;
    let demand = 0;
    feed(forecaster, values, (i) => {
      if (i >= 21 * 288) {
        missed += Math.abs((said[i - 4] ?? NaN) - (values[i] ?? NaN));
        demand += values[i] ?? NaN;
      }
      said.push(forecaster.forecast(4));
    });
    expect(missed / demand).toBeLessThan(0.01);
  });

  it("scales with its input", () => {
    const { values } = traffic({ days: 16, missing: 0.02 });
    const run = (factor: number) => {
      const forecaster = createForecaster(settings());
      const scaled = values.map((y) => y * factor);
      forecaster.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values: scaled });
      feed(forecaster, scaled);
      return [forecaster.forecast(4) / factor, forecaster.upper(4) / factor, forecaster.accuracy().wape];
    };
    const once = run(1);
    run(4).forEach((x, i) => expect(x).toBeCloseTo(once[i] ?? NaN, 2));
  });

  it("needs a day of history, and two weeks for the week", () => {
    const fit = (days: number, more: Partial<ForecastSettings> = {}) => createForecaster(settings(more)).fit(traffic({ days }));
    expect(fit(0.9)).toEqual({ kind: "notEnoughData", haveMs: 0.9 * DAY_MS - (0.9 * DAY_MS) % STEP_MS, needMs: DAY_MS });
    expect(fit(1)).toMatchObject({ kind: "fitted", day: true, week: false });
    expect(fit(13.8)).toMatchObject({ kind: "fitted", week: false });
    expect(fit(14)).toMatchObject({ kind: "fitted", week: true, samples: 14 * 288, present: 1 });
    expect(fit(14, { day: false, week: false })).toMatchObject({ kind: "fitted", day: false, week: false });
  });

  it("refuses times that do not advance by one step, leads that are not kept, and settings without leads", () => {
    const forecaster = createForecaster(settings());
    forecaster.observe(MONDAY_MS, 1);
    expect(() => forecaster.observe(MONDAY_MS, 1)).toThrow(/one step of 300000 ms/);
    expect(() => forecaster.forecast(13)).toThrow(/expected 1 to 12/);
    expect(() => forecaster.upper(5)).toThrow(/only at 4, 12/);
    expect(() => createForecaster(settings({ leadSteps: [] }))).toThrow(RangeError);
    expect(() => createForecaster(settings({ leadSteps: [0] }))).toThrow(RangeError);
  });

  it("says nothing before a first sample", () => {
    const forecaster = createForecaster(settings());
    expect(forecaster.forecast(4)).toBeNaN();
    expect(forecaster.peakWithin(DAY_MS)).toBeUndefined();
    forecaster.observe(MONDAY_MS, NaN);
    expect(forecaster.forecast(1)).toBeNaN();
    expect(forecaster.accuracy().wape).toBeNaN();
  });

  it("is the same forecaster after its state went through a copy", () => {
    const { values } = traffic({ days: 5, missing: 0.1 });
    const original = createForecaster(settings());
    original.fit({ startMs: MONDAY_MS, stepMs: STEP_MS, values });
    feed(original, values.subarray(0, 1000));
    const copy = createForecaster(settings());
    copy.importState(original.exportState().map((block) => structuredClone(block)));
    for (let i = 1000; i < values.length; i++) {
      for (const each of [original, copy]) each.observe(MONDAY_MS + i * STEP_MS, values[i] ?? NaN);
      expect(copy.forecast(4)).toBe(original.forecast(4));
      expect(copy.upper(12)).toBe(original.upper(12));
    }
    expect(copy.accuracy()).toEqual(original.accuracy());
    expect(copy.peakWithin(DAY_MS)).toEqual(original.peakWithin(DAY_MS));
    expect(() => createForecaster(settings({ leadSteps: [3] })).importState(original.exportState())).toThrow(/equal settings/);
  });

  it("joins the path to the kept leads without a jump", () => {
    const forecaster = createForecaster(settings({ leadSteps: [12, 4] }));
    const { values } = traffic({ days: 14, noise: 0.1 });
    feed(forecaster, values);
    const path = Array.from({ length: 12 }, (_, i) => forecaster.forecast(i + 1));
    const steps = path.slice(1).map((y, i) => Math.abs(y - (path[i] ?? NaN)));
    expect(Math.max(...steps)).toBeLessThan(8);
  });

  it("finds the peak of the next day", () => {
    const forecaster = createForecaster(settings());
    const history = traffic({ days: 28 });
    forecaster.fit(history);
    feed(forecaster, history.values);
    const peak = forecaster.peakWithin(DAY_MS);
    const hour = ((peak?.timeMs ?? NaN) % DAY_MS) / (60 * MINUTE_MS);
    expect(Math.abs(hour - 0.55 * 24)).toBeLessThan(2);
    expect(peak?.demand).toBeGreaterThan(150);
    expect(peak?.demand).toBeLessThan(175);
  });
});

describe("the accuracy it reports", () => {
  it("is what an outside judge measures over the last seven days", () => {
    const { values } = traffic({ days: 12, noise: 0.1, missing: 0.05 });
    const forecaster = createForecaster(settings());
    const said: number[] = [];
    const upper: number[] = [];
    feed(forecaster, values, () => {
      said.push(forecaster.forecast(4));
      upper.push(forecaster.upper(4));
    });
    const sums = { missed: 0, demand: 0, persistence: 0, covered: 0, count: 0, surplus: 0, pinball: 0 };
    for (let i = values.length - WEEK; i < values.length; i++) {
      const y = values[i] ?? NaN;
      if (Number.isNaN(y)) continue;
      let last = i - 4;
      while (Number.isNaN(values[last])) last--;
      sums.missed += Math.abs(y - (said[i - 4] ?? NaN));
      sums.persistence += Math.abs(y - (values[last] ?? NaN));
      sums.demand += y;
      sums.surplus += (said[i - 4] ?? NaN) - y;
      const above = y - (upper[i - 4] ?? NaN);
      sums.pinball += above > 0 ? 0.95 * above : -0.05 * above;
      sums.covered += y <= (upper[i - 4] ?? NaN) ? 1 : 0;
      sums.count++;
    }
    const accuracy = forecaster.accuracy();
    expect(accuracy.wape).toBeCloseTo(sums.missed / sums.demand, 6);
    expect(accuracy.wapePersistence).toBeCloseTo(sums.persistence / sums.demand, 6);
    expect(accuracy.skill).toBeCloseTo(1 - sums.missed / sums.persistence, 6);
    expect(accuracy.coverage).toBeCloseTo(sums.covered / sums.count, 9);
    expect(accuracy.bias).toBeCloseTo(sums.surplus / sums.demand, 6);
    expect(accuracy.pinball).toBeCloseTo(sums.pinball / sums.count, 5);
  });

  it("has a bias above 0 where too much was forecast", () => {
    const forecaster = createForecaster(settings());
    feed(forecaster, Float64Array.from({ length: 2 * 288 }, (_, i) => (i < 288 ? 100 : 100 - (i - 288) / 4)));
    expect(forecaster.accuracy().bias).toBeGreaterThan(0.001);
  });

  it("says what was said for each sample one lead before it", () => {
    const { values } = traffic({ days: 3, noise: 0.1, missing: 0.1 });
    const forecaster = createForecaster(settings());
    const told: (readonly number[])[] = [];
    let last = NaN;
    const { said } = forecaster;
    expect([said.forecast, said.upper, said.persistence]).toEqual([NaN, NaN, NaN]);
    feed(forecaster, values, (i) => {
      expect([said.forecast, said.upper, said.persistence]).toEqual(told[i - 4] ?? [NaN, NaN, NaN]);
      if (!Number.isNaN(values[i])) last = values[i] ?? NaN;
      told.push([forecaster.forecast(4), forecaster.upper(4), last]);
    });
    const copy = createForecaster(settings());
    copy.importState(forecaster.exportState());
    expect([copy.said.forecast, copy.said.persistence]).toEqual([said.forecast, said.persistence]);
  });

  it("covers about 95 % with its 95 % bound", () => {
    const next = uniform(3);
    const forecaster = createForecaster(settings({ stepMs: MINUTE_MS, leadSteps: [20] }));
    const values = Float64Array.from({ length: 10_000 }, () => 100 + 40 * (next() - 0.5));
    feed(forecaster, values);
    expect(forecaster.accuracy().coverage).toBeGreaterThan(0.93);
    expect(forecaster.accuracy().coverage).toBeLessThan(0.97);
  });
});
