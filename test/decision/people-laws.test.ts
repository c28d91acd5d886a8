// What holds for every decision with schedules, pauses and conflicts, whatever the demand.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ceilingAt, decide, floorAt, startHistory } from "../../src/decision/index.ts";
import type { DecisionInput, Policy } from "../../src/decision/index.ts";

const NOW_MS = 1_767_571_200_000;
const direction = { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: [{ type: "Percent", value: 50, periodSeconds: 60 }], tolerance: 0 } as const;

const schedule = fc.record({
  isOn: fc.boolean(),
  minReplicas: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  maxReplicas: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
});
const input: fc.Arbitrary<DecisionInput> = fc
  .record({
    schedules: fc.array(schedule, { maxLength: 4 }),
    min: fc.integer({ min: 1, max: 30 }),
    span: fc.integer({ min: 0, max: 40 }),
    raise: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
    mode: fc.constantFrom("Active" as const, "Active" as const, "ScaleOutOnly" as const, "Recommend" as const),
    from: fc.integer({ min: 1, max: 80 }),
    need: fc.integer({ min: 1, max: 100 }),
    isMissing: fc.boolean(),
    isRollingOut: fc.boolean(),
    pause: fc.option(fc.record({ scaleIn: fc.boolean(), scaleOut: fc.boolean(), sentence: fc.constant("Paused.") }), { nil: undefined }),
    conflict: fc.constantFrom(undefined, undefined, { reason: "ChangedByOther" as const, sentence: "Somebody." }),
  })
  .map(({ schedules, min, span, raise, mode, from, need, isMissing, isRollingOut, pause, conflict }) => {
    const policy: Policy = {
      minReplicas: min, maxReplicas: min + span, maxReplicasCeiling: raise === undefined ? undefined : min + span + raise, mode,
      scaleUp: direction, scaleDown: direction, fallback: undefined,
      schedules: schedules.map(({ isOn, ...bounds }, i) => ({ ...bounds, name: `s${i}`, clock: { stretchAt: () => ({ isOn, fromMs: -Infinity, untilMs: Infinity }) } })),
    };
    const counts = { raw: need, stabilized: need, wanted: need, unlimited: need };
    const demand = { kind: isMissing ? "missing" : "calibrated", control: "forecast", ...counts, now: need * 50, present: !isMissing, point: need * 50, margin: 0, scale: 1, targetPerReplica: 50, leadMs: 1_200_000 } as const;
    return {
      nowMs: NOW_MS, demand, expectedAtMost: NaN, lastSampleMs: isMissing ? NaN : NOW_MS, missingBecause: isMissing ? "No sample." : undefined,
      target: { replicas: from, ready: from, isRollingOut }, policy, history: startHistory(NOW_MS - 86_400_000, from), pause, conflict,
    };
  });

/** `law` expects something of each. */
function expectAlways(law: (given: DecisionInput) => void): void {
  fc.assert(fc.property(input, law), { seed: 8, numRuns: 2_000 });
}

test("a pause holds its direction, a conflict both, against everything else", () => {
  expectAlways((given) => {
    const { kind, to, from } = decide(given);
    const [isUp, isDown] = [kind === "scale" && to > from, kind === "scale" && to < from];
    expect(isUp && (given.conflict !== undefined || given.pause?.scaleOut === true)).toBe(false);
    expect(isDown && (given.conflict !== undefined || given.pause?.scaleIn === true)).toBe(false);
  });
});

test("without them the number is within the bounds of the moment, and the floor wins where they collide", () => {
  expectAlways((given) => {
    const { policy } = given;
    const { to, from } = decide({ ...given, pause: undefined, conflict: undefined });
    const [floor, ceiling] = [floorAt(policy, NOW_MS).replicas, ceilingAt(policy, NOW_MS).replicas];
    expect(ceiling).toBeGreaterThanOrEqual(floor);
    expect(to).toBeGreaterThanOrEqual(floor);
    expect(to).toBeLessThanOrEqual(policy.mode === "ScaleOutOnly" ? Math.max(from, ceiling) : ceiling);
  });
});

test("nothing is removed on missing samples but what a ceiling asks for, and every decision replays the same", () => {
  expectAlways((given) => {
    const decision = decide(given);
    expect(decide(given)).toEqual(decision);
    const least = given.demand.kind === "missing" ? Math.min(decision.from, ceilingAt(given.policy, NOW_MS).replicas) : 0;
    expect(decision.to).toBeGreaterThanOrEqual(least);
  });
});
