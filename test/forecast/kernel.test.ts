// The kernel against a slow, obvious oracle, and against laws.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHoltWinters, expectation, learn, setLevel, setParameters, skip, UNFITTED } from "../../src/forecast/holt-winters/kernel.ts";
import { timeOfDay, timeOfWeek } from "../../src/forecast/seasons.ts";
import { createState } from "../../src/forecast/state.ts";
import { DAY_MS, MONDAY_MS, traffic } from "./series.ts";

const LEAD = 4;

/** The recurrence as the book has it: profiles as functions of a node, everything recomputed from plain arrays. */
function oracle(z: readonly number[], stepMs: number, startMs: number, level: number, lead: number): number[] {
  const { alpha, delta, omega, phi } = UNFITTED;
  const D: number[] = Array(288).fill(0) as number[];
  const W: number[] = Array(672).fill(0) as number[];
  const nodes = (timeMs: number, periodMs: number, profile: number[]) => {
    const position = ((timeMs % periodMs) / periodMs) * profile.length;
    const node = Math.floor(position);
    return { a: node, b: (node + 1) % profile.length, share: position - node };
  };
  const read = (timeMs: number, periodMs: number, profile: number[]) => {
    const { a, b, share } = nodes(timeMs, periodMs, profile);
    return (1 - share) * (profile[a] ?? 0) + share * (profile[b] ?? 0);
  };
  let l = level;
  let r = 0;
  return z.map((x, i) => {
    const now = startMs + i * stepMs;
    const then = now + lead * stepMs;
    if (Number.isNaN(x)) r = phi * r;
    else {
      const next = x - l - read(now, DAY_MS, D) - read(now, 7 * DAY_MS, W);
      const e = next - phi * r;
      l += alpha * e;
      const d = nodes(now, DAY_MS, D);
      const w = nodes(now, 7 * DAY_MS, W);
      D[d.a] = (D[d.a] ?? 0) + delta * (1 - d.share) * e;
      D[d.b] = (D[d.b] ?? 0) + delta * d.share * e;
      W[w.a] = (W[w.a] ?? 0) + omega * (1 - w.share) * e;
      W[w.b] = (W[w.b] ?? 0) + omega * w.share * e;
      r = next;
    }
    return l + read(then, DAY_MS, D) + read(then, 7 * DAY_MS, W) + phi ** lead * r;
  });
}

/** Runs the kernel over z (no outlier rule) and returns its forecasts `lead` steps ahead. */
function run(z: readonly number[], stepMs: number, startMs: number, level: number, lead: number): number[] {
  const model = createHoltWinters(createState(), stepMs);
  setParameters(model, UNFITTED);
  setLevel(model, level);
  return z.map((x, i) => {
    const now = startMs + i * stepMs;
    const then = now + lead * stepMs;
    if (Number.isNaN(x)) skip(model);
    else learn(model, timeOfDay(now), timeOfWeek(now), x - expectation(model, timeOfDay(now), timeOfWeek(now), UNFITTED.phi));
    return expectation(model, timeOfDay(then), timeOfWeek(then), UNFITTED.phi ** lead);
  });
}

describe("the Holt-Winters kernel", () => {
  it.each([15_000, 60_000, 120_000, 300_000])("equals the oracle at a step of %i ms", (stepMs) => {
    const { values } = traffic({ days: 9 / (300_000 / stepMs), stepMs, missing: 0.05, seed: stepMs });
    const z = Array.from(values, Math.sqrt);
    const expected = oracle(z, stepMs, MONDAY_MS, 9, LEAD);
    run(z, stepMs, MONDAY_MS, 9, LEAD).forEach((x, i) => expect(Math.abs(x - (expected[i] ?? NaN))).toBeLessThan(1e-5));
  });

  it("scales: twice the input on z is twice the forecast", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 200 }), fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (z, factor) => {
        const once = run(z, 300_000, MONDAY_MS, 5, LEAD);
        const scaled = run(z.map((x) => x * factor), 300_000, MONDAY_MS, 5 * factor, LEAD);
        const most = Math.max(5, ...z);
        once.forEach((x, i) => expect(Math.abs((scaled[i] ?? NaN) - x * factor)).toBeLessThanOrEqual(1e-5 * factor * most));
      }),
      { numRuns: 50 },
    );
  });

  it("fades the residual over missing samples and learns nothing from them", () => {
    const model = createHoltWinters(createState(), 60_000);
    setParameters(model, UNFITTED);
    setLevel(model, 10);
    learn(model, 0, 0, 4);
    const level = expectation(model, DAY_MS / 2, DAY_MS / 2, 0);
    for (let i = 0; i < 200; i++) skip(model);
    expect(expectation(model, DAY_MS / 2, DAY_MS / 2, 1)).toBeCloseTo(level, 9);
  });
});
