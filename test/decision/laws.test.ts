// What holds for every decision, whatever the demand, the policy and the past.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decide, remember, startHistory } from "../../src/decision/index.ts";
import type { DecisionInput, Demand, LineDemand, DirectionPolicy, Policy, ScaleHistory } from "../../src/decision/index.ts";

const NOW_MS = 1_767_571_200_000;
const MINUTE_MS = 60_000;

const direction = fc.record<DirectionPolicy>({
  stabilizationWindowSeconds: fc.constantFrom(0, 60, 300, 600),
  selectPolicy: fc.constantFrom("Max" as const, "Max" as const, "Min" as const, "Disabled" as const),
  policies: fc.array(
    fc.record({
      type: fc.constantFrom("Pods" as const, "Percent" as const),
      value: fc.integer({ min: 1, max: 120 }),
      periodSeconds: fc.integer({ min: 1, max: 1800 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  tolerance: fc.constantFrom(0, 0.1),
});

const policy: fc.Arbitrary<Policy> = fc
  .record({
    minReplicas: fc.integer({ min: 1, max: 30 }),
    span: fc.integer({ min: 0, max: 60 }),
    mode: fc.constantFrom("Active" as const, "Active" as const, "ScaleOutOnly" as const, "Recommend" as const),
    scaleUp: direction,
    scaleDown: direction,
    fallback: fc.option(fc.record({ replicas: fc.integer({ min: 1, max: 60 }), afterMs: fc.constantFrom(0, 10 * MINUTE_MS) }), { nil: undefined }),
    raise: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
  })
  .map(({ span, raise, ...rest }) => {
    const maxReplicas = rest.minReplicas + span;
    return { ...rest, maxReplicas, maxReplicasCeiling: raise === undefined ? undefined : maxReplicas + raise };
  });

/** The most that a policy allows. */
const most = ({ maxReplicas, maxReplicasCeiling = maxReplicas }: Policy) => maxReplicasCeiling;

const demand: fc.Arbitrary<LineDemand> = fc
  .record({
    kind: fc.constantFrom("calibrated" as const, "calibrated" as const, "reactive" as const, "missing" as const),
    unlimited: fc.integer({ min: 0, max: 120 }),
    stabilized: fc.integer({ min: 0, max: 40 }),
    kept: fc.integer({ min: 0, max: 10 }),
    present: fc.boolean(),
    margin: fc.integer({ min: -2, max: 5 }),
    needs: fc.option(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 120 }), { nil: undefined }),
  })
  .map(({ kind, unlimited, stabilized, kept, present, margin, needs }) => ({
    ...demandOf(kind, unlimited, stabilized, kept, present && kind !== "missing", margin),
    ahead: needs === undefined ? undefined : { stepMs: MINUTE_MS, needs: Float64Array.from(needs) },
  }));

function demandOf(kind: Demand["kind"], unlimited: number, stabilized: number, kept: number, present: boolean, margin: number): LineDemand {
  const raw = Math.max(1, unlimited);
  const numbers = { raw, stabilized: raw + stabilized, wanted: raw + stabilized + kept, unlimited };
  const forecast = { now: unlimited * 45, point: unlimited * 50, margin: kind === "reactive" ? NaN : margin, scale: 10 };
  return { kind, present, ...numbers, ...forecast, targetPerReplica: 50, leadMs: 20 * MINUTE_MS, control: "forecast" };
}

const ago = fc.integer({ min: 0, max: 2000 }).map((seconds) => NOW_MS - seconds * 1000);

const history: fc.Arbitrary<ScaleHistory> = fc.record({
  startedMs: ago,
  startReplicas: fc.integer({ min: 1, max: 60 }),
  events: fc.array(fc.record({ timeMs: ago, change: fc.integer({ min: -20, max: 20 }) }), { maxLength: 6 }),
  recommendations: fc.array(fc.record({ timeMs: ago, replicas: fc.integer({ min: 1, max: 100 }) }), { maxLength: 6 }),
  climbs: fc.array(fc.record({ timeMs: ago, replicas: fc.integer({ min: 1, max: 100 }) }), { maxLength: 3 }),
  recoveredMs: fc.option(ago, { nil: undefined }),
});

const input: fc.Arbitrary<DecisionInput> = fc.record({
  nowMs: fc.constant(NOW_MS),
  demand,
  expectedAtMost: fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.constant(NaN)),
  lastSampleMs: fc.oneof(ago, fc.constant(NaN)),
  missingBecause: fc.constantFrom(undefined, undefined, "The metrics server does not answer."),
  target: fc.record({ replicas: fc.integer({ min: 0, max: 100 }), ready: fc.integer({ min: 0, max: 100 }), isRollingOut: fc.boolean() }),
  policy,
  history,
});

function always(law: (input: DecisionInput) => void): void {
  fc.assert(fc.property(input, law), { seed: 7, numRuns: 3000 });
}

test("the number is within the bounds, but where a target is off or may only grow", () => {
  always((given) => {
    const { to, from } = decide(given);
    const { minReplicas, mode } = given.policy;
    const isOff = from === 0;
    expect(to).toBeGreaterThanOrEqual(isOff ? 0 : minReplicas);
    expect(to).toBeLessThanOrEqual(isOff ? 0 : mode === "ScaleOutOnly" ? Math.max(from, most(given.policy)) : most(given.policy));
    expect(Number.isInteger(to)).toBe(true);
  });
});

test("the floor of an autoscaler stays between what that had and what it may run, whatever the bounds of the scaler; the sentence says whose floor", () => {
  const bounds = fc.record({ minReplicas: fc.integer({ min: 1, max: 30 }), span: fc.integer({ min: 0, max: 60 }), at: fc.double({ min: 0, max: 1, noNaN: true }) });
  const law = (given: DecisionInput, { minReplicas, span, at }: { minReplicas: number; span: number; at: number }) => {
    const autoscaler = { name: "the autoscaler", minReplicas, maxReplicas: minReplicas + span };
    const replicas = minReplicas + Math.round(at * span);
    const { to, message } = decide({ ...given, policy: { ...given.policy, autoscaler }, target: { ...given.target, replicas } });
    expect(to).toBeGreaterThanOrEqual(minReplicas);
    expect(to).toBeLessThanOrEqual(minReplicas + span);
    expect(message).toContain("the floor of the autoscaler");
  };
  fc.assert(fc.property(input, bounds, law), { seed: 7, numRuns: 3000 });
});

test("more demand never gets fewer replicas", () => {
  fc.assert(
    fc.property(input, fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), (given, raw, stabilized, wanted) => {
      const { demand } = given;
      const more = {
        ...demand,
        unlimited: demand.unlimited + raw,
        raw: Math.max(1, demand.unlimited + raw),
        stabilized: demand.stabilized + raw + stabilized,
        wanted: demand.wanted + raw + stabilized + wanted,
      };
      expect(decide({ ...given, demand: more }).to).toBeGreaterThanOrEqual(decide(given).to);
    }),
    { seed: 8, numRuns: 3000 },
  );
});

test("nothing missing ever lowers below what is there, but for the user's own maximum", () => {
  always((given) => {
    const isMissing = given.demand.kind === "missing" || !given.demand.present || given.missingBecause !== undefined;
    if (!isMissing) return;
    const decision = decide(given);
    expect(decision.to).toBeGreaterThanOrEqual(Math.min(decision.from, most(given.policy)));
  });
});

test("with less known than there is, no fewer replicas", () => {
  always((given) => {
    const seen = { ...given, missingBecause: undefined, demand: { ...given.demand, kind: "calibrated" as const, present: true, margin: 1 } };
    const unseen = { ...seen, missingBecause: "The metrics server does not answer." };
    const absent = { ...seen, demand: { ...seen.demand, present: false } };
    expect(decide(unseen).to).toBeGreaterThanOrEqual(decide(seen).to);
    expect(decide(absent).to).toBeGreaterThanOrEqual(decide(seen).to);
  });
});

test("a decision that has been carried out is not followed by another at the same instant", () => {
  always((given) => {
    const first = decide(given);
    if (first.kind !== "scale") return;
    const isMissing = given.missingBecause !== undefined;
    const after = remember(given.history, first, { nowMs: NOW_MS, policy: given.policy, isMissing });
    const second = decide({ ...given, target: { ...given.target, replicas: first.to }, history: after });
    expect({ kind: second.kind, to: second.to }).toEqual({ kind: "hold", to: first.to });
  });
});

test("Recommend never writes and recommends what Active would reach without a pace; ScaleOutOnly never lowers and else agrees with Active", () => {
  always((given) => {
    const { policy } = given;
    const inMode = (mode: Policy["mode"]) => decide({ ...given, policy: { ...policy, mode } });
    const active = inMode("Active");
    const recommended = inMode("Recommend");
    const unpaced = (direction: DirectionPolicy): DirectionPolicy => ({ ...direction, selectPolicy: "Max", policies: [] });
    const free = { ...policy, mode: "Active" as const, scaleUp: unpaced(policy.scaleUp), scaleDown: unpaced(policy.scaleDown) };
    expect(recommended.kind).toBe(active.from === 0 ? "hold" : "recommend");
    expect(recommended.to).toBe(decide({ ...given, policy: free }).to);
    expect(inMode("ScaleOutOnly").to).toBe(Math.max(active.from, active.to));
  });
});

test("the trace is a chain from what is there to the decision, and every entry says why", () => {
  always((given) => {
    const { trace, from, to, kind, message, limitedBy } = decide(given);
    const last = trace.at(-1);
    expect([trace[0]?.from, last?.to]).toEqual([from, to]);
    expect(trace.slice(1).map((entry) => entry.from)).toEqual(trace.slice(0, -1).map((entry) => entry.to));
    for (const entry of trace) {
      expect(entry.message).toMatch(/^[A-Z0-9].*\.$/);
      expect(entry.message).not.toMatch(/NaN|undefined|unknown|Infinity/);
    }
    expect(message).toMatch(/^[A-Z0-9].*\.$/);
    expect(kind === "hold" || kind === "recommend" || to !== from).toBe(true);
    expect(limitedBy?.to ?? to).toBe(to);
  });
});

test("the past is kept no longer than the windows that read it", () => {
  always((given) => {
    const { policy } = given;
    const kept = remember(given.history, decide(given), { nowMs: NOW_MS, policy, isMissing: false });
    const longestMs = 1000 * Math.max(...[policy.scaleUp, policy.scaleDown].flatMap(({ policies }) => policies.map(({ periodSeconds }) => periodSeconds)));
    expect(kept.events.every(({ timeMs }) => timeMs > NOW_MS - longestMs)).toBe(true);
    expect(kept.recommendations.every(({ timeMs }) => timeMs > NOW_MS - policy.scaleUp.stabilizationWindowSeconds * 1000)).toBe(true);
    expect(kept.startedMs).toBe(given.history.startedMs);
  });
});

test("a start remembers only what was there", () => {
  expect(startHistory(NOW_MS, 4)).toEqual({ startedMs: NOW_MS, startReplicas: 4, events: [], recommendations: [], climbs: [], recoveredMs: undefined });
});
