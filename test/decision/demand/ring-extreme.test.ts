// The extremes of a ring against a plain loop, with absent values, steps left out and a ring that was loaded anew.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RingExtreme } from "../../../src/decision/demand/ring-extreme.ts";

const MASK = 15;

test("largest and least of the window, whatever is absent and whichever steps are asked for", () => {
  const step = fc.record({ value: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(NaN)), isAsked: fc.boolean(), isLoaded: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), fc.integer({ min: 0, max: 15 }), fc.boolean(), (steps, window, isLeast) => {
      const ring = new Float64Array(MASK + 1).fill(NaN);
      const extreme = new RingExtreme(ring, MASK, window, isLeast);
      for (const [i, { value, isAsked, isLoaded }] of steps.entries()) {
        ring[i & MASK] = value;
        if (isLoaded === 0) {
          ring.reverse();
          extreme.forget();
        }
        if (!isAsked) continue;
        const seen = Array.from({ length: Math.min(window, i) + 1 }, (_, back) => ring[(i - back) & MASK] ?? NaN).filter((y) => !Number.isNaN(y));
        const found = ring[extreme.at(i)] ?? NaN;
        expect(found).toBe(seen.length === 0 ? NaN : isLeast ? Math.min(...seen) : Math.max(...seen));
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});
