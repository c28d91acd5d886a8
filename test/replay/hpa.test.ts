// An HPA with a behavior of its own, against courses worked out by hand from the controller's rules.
import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { hpaReplicas } from "../../src/replay/index.ts";
import type { HpaBehavior, World } from "../../src/replay/index.ts";

const MINUTE = 60_000;
const world = (demand: readonly number[], more: Partial<World> = {}): World => ({
  demand: Float64Array.from(demand),
  stepMs: MINUTE,
  targetPerReplica: 10,
  readyDelayMs: 0,
  minReplicas: 1,
  maxReplicas: 1000,
  judgedFrom: 0,
  ...more,
});
const rules = (more: Partial<HpaBehavior["scaleUp"]> = {}): HpaBehavior["scaleUp"] => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  tolerance: 0.1,
  policies: [{ type: "Percent", value: 1000, periodSeconds: 15 }],
  ...more,
});
const asked = (demand: readonly number[], behavior: Partial<HpaBehavior>, more: Partial<World> = {}) => [
  ...hpaReplicas(world(demand, more), 1, { scaleUp: rules(), scaleDown: rules({ policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] }), ...behavior }),
];

test("pods per period: so many are added within a period, and the rest in the next ones", () => {
  const scaleUp = rules({ policies: [{ type: "Pods", value: 4, periodSeconds: 60 }] });
  expect(asked([20, 200, 200, 200, 200, 200, 200], { scaleUp })).toEqual([2, 6, 10, 14, 18, 20, 20]);
});

test("percent per period counts from the replicas at the period's start", () => {
  const scaleUp = rules({ policies: [{ type: "Percent", value: 50, periodSeconds: 120 }] });
  // 4 -> 6 is all that two minutes allow; then 6 -> 9, and 9 -> 14 (13.5 rounded up).
  expect(asked([40, 900, 900, 900, 900, 900], { scaleUp })).toEqual([4, 6, 6, 9, 9, 14]);
});

test("percent down is rounded so that at least the rest stays", () => {
  const scaleDown = rules({ policies: [{ type: "Percent", value: 10, periodSeconds: 60 }] });
  expect(asked([1000, 10, 10, 10], { scaleDown })).toEqual([100, 90, 81, 72]);
});

test("of two policies Max lets the larger change through, Min the smaller, Disabled none", () => {
  const policies = [{ type: "Pods", value: 5, periodSeconds: 60 }, { type: "Percent", value: 10, periodSeconds: 60 }] as const;
  const down = (selectPolicy: "Max" | "Min" | "Disabled") => asked([1000, 10], { scaleDown: rules({ policies, selectPolicy }) })[1];
  const up = (selectPolicy: "Max" | "Min" | "Disabled") => asked([1000, 9000], { scaleUp: rules({ policies, selectPolicy }) })[1];
  expect([down("Max"), down("Min"), down("Disabled")]).toEqual([90, 95, 100]);
  expect([up("Max"), up("Min"), up("Disabled")]).toEqual([110, 105, 100]);
});

test("scale-up stabilisation takes the least that was recommended in its window", () => {
  const scaleUp = rules({ stabilizationWindowSeconds: 180 });
  expect(asked([20, 80, 20, 80, 80, 80, 80], { scaleUp })).toEqual([2, 2, 2, 2, 2, 2, 8]);
});

test("scale-down stabilisation takes the most that was recommended in its window", () => {
  const scaleDown = rules({ stabilizationWindowSeconds: 120 });
  expect(asked([80, 20, 20, 20, 20], { scaleDown })).toEqual([8, 8, 8, 2, 2]);
});

test("each direction has its own tolerance", () => {
  const behavior = { scaleUp: rules({ tolerance: 0.3 }), scaleDown: rules({ tolerance: 0 }) };
  expect(asked([100, 129, 131], behavior)).toEqual([10, 10, 14]);
  expect(asked([100, 89], behavior)).toEqual([10, 9]);
});

test("a target above all that a replica should serve needs fewer replicas", () => {
  expect([...hpaReplicas(world([100, 100]), 2)]).toEqual([5, 5]);
});

test("within its bounds whatever the behavior, and still where the metric is missing", () => {
  const policy = record({ type: constantFrom("Pods" as const, "Percent" as const), value: integer({ min: 1, max: 200 }), periodSeconds: integer({ min: 1, max: 1800 }) });
  const direction = record({
    stabilizationWindowSeconds: integer({ min: 0, max: 3600 }),
    selectPolicy: constantFrom("Max" as const, "Min" as const, "Disabled" as const),
    tolerance: constantFrom(0, 0.1, 1),
    policies: array(policy, { minLength: 1, maxLength: 3 }),
  });
  assert(
    property(array(integer({ min: -1, max: 500 }), { minLength: 1, maxLength: 60 }), direction, direction, (demand, scaleUp, scaleDown) => {
      const values = demand.map((y) => (y < 0 ? NaN : y));
      const found = asked(values, { scaleUp, scaleDown }, { minReplicas: 2, maxReplicas: 30 });
      for (const [i, replicas] of found.entries()) {
        expect(replicas).toBeGreaterThanOrEqual(2);
        expect(replicas).toBeLessThanOrEqual(30);
        const change = i === 0 ? 0 : Math.sign(replicas - (found[i - 1] ?? NaN));
        const isMissing = Number.isNaN(values[i]);
        const allowed = [0, ...(isMissing || scaleUp.selectPolicy === "Disabled" ? [] : [1]), ...(isMissing || scaleDown.selectPolicy === "Disabled" ? [] : [-1])];
        expect(allowed).toContain(change);
      }
    }),
  );
});
