// Upper bounds from outside: never crossing, never below the forecast, calibrated at every level whatever the errors look like, and honest while they are few.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bound, createForecaster, createLocalClock, type Forecaster } from "../../src/forecast/index.ts";
import { MINUTE_MS, MONDAY_MS, traffic, uniform } from "./series.ts";

const UTC = createLocalClock("UTC");
const GRID = [0.5, 0.6, 0.75, 0.9, 0.93, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9995, 0.9999];

function forecasterAt(stepMs: number, leadSteps: number): Forecaster {
  return createForecaster({ stepMs, leadSteps: [leadSteps], day: true, week: true, localClock: UTC });
}

function feed(forecaster: Forecaster, values: ArrayLike<number>, check?: (i: number) => void): void {
  for (let i = 0; i < values.length; i++) {
    forecaster.observe(MONDAY_MS + i * forecaster.settings.stepMs, values[i] ?? NaN);
    check?.(i);
  }
}

const boundsOf = (forecaster: Forecaster, leadSteps: number): Bound[] => GRID.map((probability) => forecaster.bound(leadSteps, probability));

/** Share of samples from `from` on that lie at or below what was said one lead before, by level. */
function covered(values: Float64Array, stepMs: number, leadSteps: number, from: number, levels: readonly number[]): number[] {
  const forecaster = forecasterAt(stepMs, leadSteps);
  const said: Bound[][] = [];
  const below = levels.map(() => 0);
  feed(forecaster, values, (i) => {
    if (i >= from) for (const [k, bound] of (said[i - leadSteps] ?? []).entries()) if ((values[i] ?? NaN) <= bound.demand) below[k] = (below[k] ?? 0) + 1;
    said.push(i + leadSteps >= from ? levels.map((level) => forecaster.bound(leadSteps, level)) : []);
  });
  return below.map((count) => count / (values.length - from));
}

/** What is wrong with the bounds that are said now. */
function wrong(forecaster: Forecaster, leadSteps: number): string | undefined {
  const point = forecaster.forecast(leadSteps);
  const bounds = boundsOf(forecaster, leadSteps);
  for (const [k, { demand, errors, isKnown }] of bounds.entries()) {
    const before = bounds[k - 1];
    const name = `bound ${GRID[k]} is ${demand} on ${point}`;
    if (!(demand >= point && demand < Infinity)) return name;
    if (before !== undefined && demand < before.demand) return `${name}, below ${before.demand} of the level before`;
    if (before !== undefined && isKnown && !before.isKnown) return `${name}, known where a lower level is not`;
    if (isKnown && errors === 0) return `${name}, known without an error`;
  }
  return forecaster.upper(leadSteps) === forecaster.bound(leadSteps, 0.95).demand ? undefined : "upper is not the 95 % bound";
}

const sample = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0, max: 1e3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, NaN, 1e-9, 1e9) },
  { weight: 1, arbitrary: fc.double() },
);

describe("bounds", () => {
  it("are finite, not below the forecast, and never cross, whatever comes", () => {
    expect(() => fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 400 }), fc.constantFrom(1, 3, 24), fc.constantFrom(5, 60, 1440), (values, leadSteps, minutes) => {
        const forecaster = forecasterAt(minutes * MINUTE_MS, leadSteps);
        let found: string | undefined;
        feed(forecaster, values, () => {
          if (!Number.isNaN(forecaster.forecast(leadSteps))) found ??= wrong(forecaster, leadSteps);
        });
        return found === undefined;
      }),
      { numRuns: 60 },
    )).not.toThrow();
  });

  it("scale with the series", () => {
    expect(() => fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(1e-6, 0.25, 4096, 1e9), (seed, factor) => {
        const { values } = traffic({ days: 3, seed, noise: 0.2, missing: 0.02 });
        const [once, scaled] = [1, factor].map((by) => {
          const forecaster = forecasterAt(5 * MINUTE_MS, 4);
          feed(forecaster, values.map((y) => y * by));
          return boundsOf(forecaster, 4).map(({ demand }) => demand / by);
        });
        return (once ?? []).every((demand, k) => Math.abs(demand - (scaled?.[k] ?? NaN)) <= 0.02 * demand);
      }),
      { numRuns: 15 },
    )).not.toThrow();
  });

  it("are known once two errors beyond them are expected among those that lie a lead apart", () => {
    const leadSteps = 6;
    const forecaster = forecasterAt(5 * MINUTE_MS, leadSteps);
    const knownFrom = new Map<number, number>();
    feed(forecaster, traffic({ days: 12, noise: 0.2 }).values, () => {
      for (const level of GRID) {
        const { errors, isKnown } = forecaster.bound(leadSteps, level);
        if (isKnown && !knownFrom.has(level)) knownFrom.set(level, errors);
      }
    });
    for (const [level, errors] of [[0.9, 120], [0.95, 240], [0.99, 1200]] as const) expect(Math.abs((knownFrom.get(level) ?? NaN) - errors)).toBeLessThanOrEqual(1);
    for (const level of [0.999, 0.9999]) expect(knownFrom.has(level)).toBe(false);
  });

  it("remember the largest error for weeks at levels that are not known", () => {
    const values = new Float64Array(3000).map((_, i) => 100 + (i % 7) + (i === 2000 ? 400 : 0));
    const forecaster = forecasterAt(5 * MINUTE_MS, 4);
    feed(forecaster, values);
    const { demand, isKnown } = forecaster.bound(4, 0.9999);
    expect(isKnown).toBe(false);
    expect(demand).toBeGreaterThan(430);
    expect(forecaster.bound(4, 0.95).demand).toBeLessThan(125);
  });

  it("count the settled errors, not the samples", () => {
    const forecaster = forecasterAt(5 * MINUTE_MS, 4);
    expect(forecaster.bound(4, 0.9)).toEqual({ demand: NaN, errors: 0, isKnown: false });
    feed(forecaster, [5, 5, 5, 5, NaN, 5, 5]);
    expect(forecaster.bound(4, 0.9).errors).toBe(2);
  });

  it("refuse a probability that is not tracked and a lead that is not kept", () => {
    const forecaster = forecasterAt(5 * MINUTE_MS, 4);
    feed(forecaster, [1, 2, 3]);
    for (const probability of [0, 0.49, 0.99991, 1, 95, NaN]) expect(() => forecaster.bound(4, probability)).toThrow(/expected 0\.5 to 0\.9999/);
    expect(() => forecaster.bound(5, 0.9)).toThrow(/only at 4/);
  });
});

/** A level with errors that hang together over hours, skewed, and larger by day: what a simple quantile of past errors gets wrong an hour ahead. */
function hangingTogether(days: number, seed: number): Float64Array {
  const next = uniform(seed);
  let slow = 0;
  return Float64Array.from({ length: days * 1440 }, (_, i) => {
    slow += 0.01 * -slow + 0.14 * (next() + next() + next() - 1.5);
    const day = 1 + 0.8 * Math.sin((2 * Math.PI * i) / 1440);
    return 200 + 20 * day * Math.exp(slow) - 8 * Math.log(1 - next());
  });
}

describe("coverage", () => {
  it.each([10, 60])("is right at %i minutes where errors hang together", (leadSteps) => {
    const shares = covered(hangingTogether(14, 5), MINUTE_MS, leadSteps, 9 * 1440, [0.75, 0.9, 0.95, 0.99]);
    for (const [k, within] of [[0, [0.72, 0.78]], [1, [0.885, 0.915]], [2, [0.94, 0.96]], [3, [0.98, 0.997]]] as const) {
      expect(shares[k]).toBeGreaterThan(within[0]);
      expect(shares[k]).toBeLessThan(within[1]);
    }
  });

  it("is right between the tracked levels and far out, where there are errors enough", () => {
    const next = uniform(11);
    const values = Float64Array.from({ length: 60_000 }, () => 50 - 20 * Math.log(1 - next()));
    const levels = [0.8, 0.97, 0.99, 0.995, 0.999];
    const shares = covered(values, 5 * MINUTE_MS, 1, 20_000, levels);
    for (const [k, level] of levels.entries()) expect(Math.abs((shares[k] ?? NaN) - level)).toBeLessThan(0.35 * (1 - level));
  });

  it("comes back within a day after errors have become ten times larger, and two after they have become small again", () => {
    const next = uniform(2);
    const noisy = (from: number, to: number) => (_: number, i: number) => 500 + (i >= from && i < to ? 100 : 10) * (next() - 0.5);
    const values = new Float64Array(14 * 288).map(noisy(5 * 288, 9 * 288));
    const larger = covered(values.subarray(0, 9 * 288), 5 * MINUTE_MS, 4, 6 * 288, [0.9, 0.95]);
    const smaller = covered(values, 5 * MINUTE_MS, 4, 11 * 288, [0.9, 0.95]);
    for (const shares of [larger, smaller]) {
      expect(Math.abs((shares[0] ?? NaN) - 0.9)).toBeLessThan(0.035);
      expect(Math.abs((shares[1] ?? NaN) - 0.95)).toBeLessThan(0.035);
    }
  });

  it("is not widened for long by one mistaken sample", () => {
    const { values } = traffic({ days: 10, noise: 0.1 });
    const glitch = values.slice();
    glitch[5 * 288 + 100] = 1e6;
    const [clean, after] = [values, glitch].map((series) => {
      const forecaster = forecasterAt(5 * MINUTE_MS, 4);
      feed(forecaster, series);
      return forecaster.bound(4, 0.95).demand - forecaster.forecast(4);
    });
    expect((after ?? NaN) / (clean ?? NaN)).toBeLessThan(10);
  });
});
