// A climb that policies limit begins early enough and not earlier: held against the limits themselves, walked step by step.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { climbStart, isClimbLimited } from "../../src/decision/climb.ts";
import type { DirectionPolicy, ScalingPolicyRule } from "../../src/decision/index.ts";
import { policyLimit } from "../../src/decision/rules/policy-limit.ts";

const MINUTE_MS = 60_000;
const up = (policies: readonly ScalingPolicyRule[], selectPolicy: DirectionPolicy["selectPolicy"] = "Max"): DirectionPolicy => ({
  stabilizationWindowSeconds: 0, tolerance: 0, selectPolicy, policies,
});
const pods = (value: number, minutes: number): ScalingPolicyRule => ({ type: "Pods", value, periodSeconds: 60 * minutes });
const share = (value: number, minutes: number): ScalingPolicyRule => ({ type: "Percent", value, periodSeconds: 60 * minutes });

/** The replicas at each minute where each asks for what has to be there then, and later needs are known; `lateMs` says how late a decision comes. */
function climb(needs: readonly number[], rules: DirectionPolicy, from: number, lateMs: (step: number) => number): number[] {
  let current = from;
  const events: { timeMs: number; change: number }[] = [];
  return needs.map((need, step) => {
    const nowMs = step * MINUTE_MS + lateMs(step);
    const asked = Math.max(need, climbStart(Float64Array.from(needs.slice(step + 1)), rules, MINUTE_MS), current);
    const to = Math.min(asked, policyLimit("up", rules, current, events, nowMs).replicas);
    if (to > current) events.push({ timeMs: nowMs, change: to - current });
    current = Math.max(current, to);
    return current;
  });
}

test("what is needed at once after two quiet hours is reached in time, begun as late as the policy lets it, less a minute a period", () => {
  const needs = [...Array.from({ length: 120 }, () => 4), ...Array.from({ length: 20 }, () => 24)];
  const replicas = climb(needs, up([pods(4, 5)]), 4, () => 0);
  expect(replicas[120]).toBe(24);
  // Five raises of four: the last at the need itself, each six minutes after the one before.
  expect(replicas.findIndex((count) => count > 4)).toBe(120 - 4 * 6);
  expect([...new Set(replicas)]).toEqual([4, 8, 12, 16, 20, 24]);
});

test("a percentage grows from what was there: small numbers take longest", () => {
  const needs = Float64Array.from({ length: 60 }, (_, i) => (i === 59 ? 16 : 1));
  expect(climbStart(needs, up([share(100, 10)]), MINUTE_MS)).toBe(1);
  // The need itself, and before it a use every eleven minutes: at 8, 4 and 2.
  expect([12, 23, 34].map((minutes) => climbStart(needs.subarray(60 - minutes + 1), up([share(100, 10)]), MINUTE_MS))).toEqual([8, 4, 2]);
});

test("the random needs of a random policy are reached, however late within the step decisions come", () => {
  const policy = fc.oneof(
    fc.record({ type: fc.constant("Pods" as const), value: fc.integer({ min: 1, max: 6 }), periodSeconds: fc.constantFrom(30, 60, 90, 300, 420, 900) }),
    fc.record({ type: fc.constant("Percent" as const), value: fc.integer({ min: 5, max: 120 }), periodSeconds: fc.constantFrom(60, 120, 300, 600) }),
  );
  const rules = fc
    .record({ selectPolicy: fc.constantFrom("Max" as const, "Min" as const), policies: fc.array(policy, { minLength: 1, maxLength: 3 }) })
    .map(({ selectPolicy, policies }) => up(policies, selectPolicy));
  const needs = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 30, maxLength: 90 }).map((all) => [...all, 60]);
  const lates = fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 90, maxLength: 90 });
  fc.assert(
    fc.property(rules, needs, lates, (given, asked, late) => {
      const from = Math.max(asked[0]!, climbStart(Float64Array.from(asked.slice(1)), given, MINUTE_MS));
      const replicas = climb(asked, given, from, (step) => late[step]!);
      for (const [step, need] of asked.entries()) expect(replicas[step]).toBeGreaterThanOrEqual(need);
    }),
    { seed: 11, numRuns: 500 },
  );
});

test("more needs never begin later, and what nothing limits asks for nothing", () => {
  const rules = up([pods(2, 3), share(10, 3)]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 60 }), fc.nat(59), fc.nat(20), (needs, at, more) => {
      const start = climbStart(Float64Array.from(needs), rules, MINUTE_MS);
      expect(climbStart(Float64Array.from(needs, (need, i) => (i === at ? need + more : need)), rules, MINUTE_MS)).toBeGreaterThanOrEqual(start);
    }),
    { seed: 12, numRuns: 500 },
  );
  expect(climbStart(Float64Array.of(40, 80), up([pods(4, 5)], "Disabled"), MINUTE_MS)).toBe(1);
  expect(climbStart(Float64Array.of(), up([pods(4, 5)]), MINUTE_MS)).toBe(1);
});

test("only a climb that lasts counts as limited", () => {
  const usual = up([{ type: "Pods", value: 4, periodSeconds: 15 }, { type: "Percent", value: 100, periodSeconds: 15 }]);
  expect(isClimbLimited(usual, MINUTE_MS, 1, 500)).toBe(false);
  expect(isClimbLimited(usual, 15_000, 1, 500)).toBe(true);
  expect(isClimbLimited(up([pods(4, 5)]), MINUTE_MS, 2, 6)).toBe(true);
  expect(isClimbLimited(up([pods(4, 1)]), MINUTE_MS, 2, 6)).toBe(false);
  expect(isClimbLimited(up([pods(4, 5)], "Disabled"), MINUTE_MS, 2, 60)).toBe(false);
  expect(isClimbLimited(up([pods(100, 1), pods(4, 5)], "Min"), MINUTE_MS, 2, 60)).toBe(true);
});
