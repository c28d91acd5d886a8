import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignedDown, coverage, gridFor, lastPresentMs, regularize } from "../../src/series/index.ts";
import { samplesOf } from "./samples-of.ts";

const STEP = 60_000;
const grid = { startMs: 10 * STEP, stepMs: STEP, length: 5 };

describe("regularize", () => {
  it("puts each sample into the slot whose time it names, up to half a step", () => {
    const series = regularize(samplesOf([10 * STEP - 30_000, 1], [11 * STEP + 29_999, 2], [12 * STEP + 30_000, 3], [14 * STEP, 4]), grid);
    expect([...series.values]).toEqual([1, 2, NaN, 3, 4]);
    expect(series).toMatchObject({ startMs: grid.startMs, stepMs: STEP });
  });

  it("drops samples outside the grid instead of pulling them in", () => {
    expect(coverage(regularize(samplesOf([10 * STEP - 30_001, 1], [14 * STEP + 30_000, 2], [NaN, 3], [-Infinity, 4]), grid))).toBe(0);
  });

  it("takes the last of several samples in input order, also when it is missing", () => {
    expect([...regularize(samplesOf([11 * STEP, 5], [11 * STEP, 7], [12 * STEP, 5], [12 * STEP, NaN]), grid).values]).toEqual([NaN, 7, NaN, NaN, NaN]);
  });

  it("counts negative and infinite values as missing and keeps zero", () => {
    const series = regularize(samplesOf([10 * STEP, -1], [11 * STEP, Infinity], [12 * STEP, -Infinity], [13 * STEP, 0], [14 * STEP, -0]), grid);
    expect([...series.values].map((value) => (Number.isNaN(value) ? "gap" : value + 0))).toEqual(["gap", "gap", "gap", 0, 0]);
  });

  it("refuses a grid without a step", () => {
    expect(() => regularize(samplesOf(), { startMs: 0, stepMs: 0, length: 1 })).toThrow(/step above 0/);
    expect(() => regularize(samplesOf(), { startMs: 0, stepMs: 1, length: 1.5 })).toThrow(/whole length/);
  });

  it("does not depend on the order of samples that name different slots", () => {
    const distinct = fc.uniqueArray(fc.tuple(fc.integer({ min: -3, max: 12 }), fc.double({ min: 0, max: 1e9, noNaN: true })), { selector: ([slot]) => slot });
    fc.assert(
      fc.property(distinct, fc.infiniteStream(fc.double({ noNaN: true })), (pairs, keys) => {
        const samples = pairs.map(([slot, value]) => [slot * STEP, value] as const);
        const shuffled = samples.map((sample) => ({ sample, key: keys.next().value })).sort((a, b) => a.key - b.key);
        const target = { startMs: 0, stepMs: STEP, length: 10 };
        expect(regularize(samplesOf(...shuffled.map(({ sample }) => sample)), target)).toEqual(regularize(samplesOf(...samples), target));
      }),
    );
  });

  it("reproduces a series from the samples at its own slots, and shifts with its grid", () => {
    const values = fc.array(fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.constant(NaN)), { maxLength: 60 });
    fc.assert(
      fc.property(values, fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 3_600_000 }), (values, shift, stepMs) => {
        const startMs = shift * stepMs;
        const samples = samplesOf(...values.map((value, i) => [startMs + i * stepMs, value] as const));
        const series = regularize(samples, { startMs, stepMs, length: values.length });
        expect(series.values).toEqual(Float64Array.from(values));
        const later = regularize(samples, { startMs: startMs + stepMs, stepMs, length: values.length });
        expect([...later.values]).toEqual(values.length === 0 ? [] : [...values.slice(1), NaN]);
      }),
    );
  });

  it("never yields a value that no sample of that slot had", () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -200_000, max: 800_000 }), fc.double()), { maxLength: 80 });
    fc.assert(
      fc.property(pairs, (pairs) => {
        const series = regularize(samplesOf(...pairs), { startMs: 0, stepMs: STEP, length: 10 });
        series.values.forEach((value, slot) => {
          const owners = pairs.filter(([timeMs]) => timeMs >= slot * STEP - STEP / 2 && timeMs < slot * STEP + STEP / 2);
          const last = owners.at(-1)?.[1] ?? NaN;
          expect(value).toBe(last >= 0 && Number.isFinite(last) ? last : NaN);
        });
      }),
    );
  });
});

describe("coverage and the newest value", () => {
  it("are those of the slots that hold something", () => {
    const series = regularize(samplesOf([10 * STEP, 0], [12 * STEP, 3]), grid);
    expect(coverage(series)).toBe(0.4);
    expect(lastPresentMs(series)).toBe(12 * STEP);
  });

  it("are nothing where nothing is", () => {
    expect(coverage(regularize(samplesOf(), grid))).toBe(0);
    expect(coverage(regularize(samplesOf(), { ...grid, length: 0 }))).toBe(0);
    expect(lastPresentMs(regularize(samplesOf(), grid))).toBeUndefined();
  });
});

describe("the grid of a history", () => {
  it("ends at the newest multiple of the step and spans the history", () => {
    expect(gridFor({ endMs: 100 * STEP + 59_999, historyMs: 10 * STEP, stepMs: STEP })).toEqual({ startMs: 91 * STEP, stepMs: STEP, length: 10 });
    expect(gridFor({ endMs: 100 * STEP, historyMs: 1, stepMs: STEP })).toEqual({ startMs: 100 * STEP, stepMs: STEP, length: 1 });
  });

  it("moves by whole slots only", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.integer({ min: 1, max: 3_600_000 }), fc.integer({ min: 1, max: 1e9 }), (endS, stepMs, historyMs) => {
        const endMs = endS * 1000 + 7;
        const { startMs, length } = gridFor({ endMs, historyMs, stepMs });
        const lastMs = startMs + (length - 1) * stepMs;
        expect(lastMs).toBe(alignedDown(endMs, stepMs));
        expect(lastMs <= endMs && endMs - lastMs < stepMs && Math.abs(startMs % stepMs) === 0).toBe(true);
      }),
    );
  });
});
