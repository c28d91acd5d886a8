// Laws of who owns what: fair shares, and nothing moves that need not.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isOwnedBy, ownerOf } from "../../src/controller/ownership.ts";

const KEYS = Array.from({ length: 3_000 }, (_, i) => `team-${i % 40}/service-${i}`);
const members = (most = 12) => fc.uniqueArray(fc.uuid().map((id) => `operator-7d9f-${id.slice(0, 5)}_${id}`), { minLength: 1, maxLength: most });

test("shares are fair: as even as if each scaler were drawn by lot", () => {
  fc.assert(
    fc.property(members(), (all) => {
      const counts = new Map(all.map((member) => [member, 0]));
      for (const key of KEYS) {
        const owner = ownerOf(key, all) ?? "";
        counts.set(owner, (counts.get(owner) ?? NaN) + 1);
      }
      const mean = KEYS.length / all.length;
      // Five standard deviations of a binomial count.
      const spread = 5 * Math.sqrt(mean * (1 - 1 / all.length)) + 1;
      for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThanOrEqual(spread);
    }),
    { numRuns: 60, seed: 7 },
  );
});

test("a member that comes takes only what becomes its own, and one that goes leaves the others' alone", () => {
  fc.assert(
    fc.property(members(), fc.uuid(), (some, newcomer) => {
      const all = [...some, newcomer];
      let moved = 0;
      for (const key of KEYS) {
        const [before, after] = [ownerOf(key, some), ownerOf(key, all)];
        if (before === after) continue;
        moved++;
        expect(after).toBe(newcomer);
      }
      const share = KEYS.length / all.length;
      expect(Math.abs(moved - share)).toBeLessThanOrEqual(5 * Math.sqrt(share) + 1);
    }),
    { numRuns: 60, seed: 7 },
  );
});

test("everybody comes to the same owner, in whatever order the members are told", () => {
  fc.assert(
    fc.property(members(), fc.string(), (all, key) => {
      expect(ownerOf(key, all.toReversed())).toBe(ownerOf(key, all));
      expect(ownerOf(key, [...all, ...all])).toBe(ownerOf(key, all));
    }),
    { seed: 7 },
  );
});

test("what is owned fits every set; without a set nothing is owned", () => {
  expect(ownerOf("shop/checkout", [])).toBeUndefined();
  expect(isOwnedBy("a", "shop/checkout", [])).toBe(false);
  const [first, second] = [["a", "b"], ["a", "b", "c"]];
  for (const key of KEYS.slice(0, 200)) {
    const isOwn = ownerOf(key, first) === "a" && ownerOf(key, second) === "a";
    expect(isOwnedBy("a", key, [first, second])).toBe(isOwn);
  }
});
