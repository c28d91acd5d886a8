// What it costs not to trust a demand that falls at once: next to nothing where nothing falls, little where it does, and fewer overloaded minutes after it.
import { expect, test } from "vitest";
import { newLine } from "../../src/controller/index.ts";
import type { Line } from "../../src/decision/index.ts";
import { measure, replayLine } from "../../src/replay/index.ts";
import { planOf } from "../controller/world.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, uniform } from "../forecast/series.ts";

const STEP_MS = 5 * MINUTE_MS;
const DAYS = 20;

/** A day's wave with noise and bursts; `outages`: day, hour, length in minutes, and the share of demand that is left. */
function demand(bursts: number, seed: number, outages: readonly (readonly [number, number, number, number])[]): Float64Array {
  const next = uniform(seed);
  let [drift, burst] = [0, 0];
  return Float64Array.from({ length: (DAYS * DAY_MS) / STEP_MS }, (_, i) => {
    const minute = (i * STEP_MS) / MINUTE_MS;
    drift = 0.9 * drift + 0.015 * (next() + next() + next() - 1.5);
    burst = burst > 0 ? burst - 1 : next() < bursts ? 4 : 0;
    const level = 1000 + 700 * Math.sin(2 * Math.PI * ((minute / 1440) % 1 - 0.3));
    const left = outages.find(([day, hour, length]) => minute >= day * 1440 + hour * 60 && minute < day * 1440 + hour * 60 + length)?.[3] ?? 1;
    return level * (1 + drift) * (burst > 0 ? 2.5 : 1) * left;
  });
}

/** The same line that knows nothing of collapses. */
function trusting(line: Line): Line {
  return { ...line, demand: () => ({ ...line.demand(), collapse: undefined }) };
}

function replayed(values: Float64Array) {
  const plan = planOf({ maxReplicas: 100, minReplicas: 2, metric: { query: "x", targetPerReplica: 100, step: "5m" }, forecast: { leadTime: "10m" } });
  const numbers = (line: Line) => {
    const trace = { startMs: MONDAY_MS, stepMs: STEP_MS, values };
    const { judgedFrom, wanted } = replayLine({ line, trace, split: Math.floor(0.7 * values.length), readyDelayMs: 2 * STEP_MS, policy: plan.policy });
    return measure({ demand: values, stepMs: STEP_MS, targetPerReplica: 100, readyDelayMs: 2 * STEP_MS, minReplicas: 2, maxReplicas: 100, judgedFrom }, wanted);
  };
  const [careful, careless] = [numbers(newLine(plan.model)), numbers(trusting(newLine(plan.model)))];
  return { careful, careless, cost: careful.podHours / careless.podHours - 1 };
}

test("without an outage the replicas are the same, and bursts that end cost less than 1 %", () => {
  expect(replayed(demand(0, 1, [])).cost).toBe(0);
  expect(replayed(demand(0.01, 2, [])).cost).toBeLessThan(0.01);
});

test("two outages within a week cost less than 2 % of its pod-hours and are followed by less overload", () => {
  const { careful, careless, cost } = replayed(demand(0, 3, [[15, 13, 30, 0.05], [17, 14, 60, 0]]));
  expect(cost).toBeGreaterThan(0);
  expect(cost).toBeLessThan(0.02);
  expect(careful.unservedShare).toBeLessThan(0.6 * careless.unservedShare);
});
