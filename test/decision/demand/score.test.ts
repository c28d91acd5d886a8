// The score against the formula written plainly, and its law: a margin just above it would have covered the minute, one just below would not.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createScoreScratch, LOAD, SCORE, scoreMinute } from "../../../src/decision/demand/score.ts";

const MASK = 63;

function plainScore(load: number, step: number, lead: number, stabilization: number, floors: Float64Array, points: Float64Array, scales: Float64Array): number {
  let score = -Infinity;
  for (let j = Math.max(0, step - lead); j <= step; j++) {
    let least = Infinity;
    for (let l = Math.max(0, j - stabilization); l <= j; l++) {
      const floor = floors[l & MASK] ?? NaN;
      least = Math.min(least, floor > load ? -Infinity : (load - (points[l & MASK] ?? NaN)) / (scales[l & MASK] ?? NaN));
    }
    score = Math.max(score, least);
  }
  return score;
}

function scoreOf(...[load, step, lead, stabilization, floors, points, scales]: Parameters<typeof plainScore>): number {
  const scratch = createScoreScratch(lead, stabilization);
  scratch.numbers[LOAD] = load;
  scoreMinute(step, lead, stabilization, MASK, floors, points, scales, scratch);
  return scratch.numbers[SCORE] ?? NaN;
}

const world = fc.record({
  step: fc.integer({ min: 0, max: 200 }),
  lead: fc.integer({ min: 1, max: 24 }),
  stabilization: fc.integer({ min: 0, max: 24 }),
  load: fc.integer({ min: 0, max: 30 }),
  floors: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 64, maxLength: 64 }),
  points: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 64, maxLength: 64 }),
  scales: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 64, maxLength: 64 }),
});

test("the monotone queue finds what the two plain loops find", () => {
  fc.assert(
    fc.property(world, ({ step, lead, stabilization, load, floors, points, scales }) => {
      const [f, p, s] = [Float64Array.from(floors), Float64Array.from(points), Float64Array.from(scales)];
      expect(scoreOf(load, step, lead, stabilization, f, p, s)).toBe(plainScore(load, step, lead, stabilization, f, p, s));
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("with a constant margin the minute is overloaded exactly when the margin is not above its score", () => {
  fc.assert(
    fc.property(world, fc.integer({ min: -20, max: 40 }), ({ step, lead, stabilization, load, floors, points, scales }, margin) => {
      const [f, p, s] = [Float64Array.from(floors), Float64Array.from(points), Float64Array.from(scales)];
      const capacities: number[] = [];
      for (let j = Math.max(0, step - lead); j <= step; j++) {
        let capacity = 0;
        for (let l = Math.max(0, j - stabilization); l <= j; l++) {
          capacity = Math.max(capacity, f[l & MASK] ?? 0, (p[l & MASK] ?? 0) + margin * (s[l & MASK] ?? 0));
        }
        capacities.push(capacity);
      }
      const score = scoreOf(load, step, lead, stabilization, f, p, s);
      fc.pre(Math.abs(margin - score) > 1e-9);
      expect(Math.min(...capacities) <= load).toBe(margin < score);
    }),
    { seed: 2, numRuns: 500 },
  );
});
