import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunksOf, MAX_CHUNK_STEPS } from "../../src/prometheus/ranges.ts";

describe("chunks", () => {
  it("cover every step once, within the limit and on multiples of the step", () => {
    const range = fc.tuple(
      fc.integer({ min: 0, max: 1e9 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 1, max: 400_000 }),
      fc.integer({ min: 100, max: 20_000 }),
    );
    fc.assert(
      fc.property(range, ([startMs, lengthSteps, stepMs, maxSteps]) => {
        const lengthMs = lengthSteps * stepMs;
        const chunks = chunksOf({ startMs, endMs: startMs + lengthMs, stepMs }, maxSteps);
        const first = Math.floor(startMs / stepMs) * stepMs;
        expect(chunks[0]?.startMs).toBe(first);
        expect(chunks.at(-1)?.endMs).toBe(Math.floor((startMs + lengthMs) / stepMs) * stepMs);
        chunks.forEach(({ startMs, endMs }, i) => {
          expect(startMs % stepMs === 0 && endMs % stepMs === 0 && endMs >= startMs).toBe(true);
          expect((endMs - startMs) / stepMs + 1).toBeLessThanOrEqual(maxSteps);
          expect(startMs).toBe(i === 0 ? first : (chunks[i - 1]?.endMs ?? NaN) + stepMs);
        });
      }),
    );
  });

  it("are four for four weeks of minutes, and none for a range that ends before it starts", () => {
    expect(chunksOf({ startMs: 0, endMs: (40_320 - 1) * 60_000, stepMs: 60_000 })).toHaveLength(4);
    expect(chunksOf({ startMs: 0, endMs: (MAX_CHUNK_STEPS - 1) * 60_000, stepMs: 60_000 })).toHaveLength(1);
    expect(chunksOf({ startMs: 60_000, endMs: 0, stepMs: 60_000 })).toEqual([]);
    expect(() => chunksOf({ startMs: 0, endMs: NaN, stepMs: 1 })).toThrow(/finite times/);
  });
});
