// What is kept of a scaler's day: within its budget, exact in its times, and nothing where nothing was seen. A day is passed over HTTP servers.
import { expect, onTestFinished, test } from "vitest";
import { createJournals } from "../../src/controller/journal.ts";
import type { Passed } from "../../src/controller/journal.ts";
import { newMemory } from "../../src/controller/memory.ts";
import type { Decision, TraceEntry } from "../../src/decision/index.ts";
import type { TargetScale } from "../../src/kube/index.ts";
import { startOperator } from "./operator.ts";
import { DAY_MS, MINUTE_MS, planOf, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
const NOW_MS = START_MS + 20_000;

function decisionOf(timeMs: number, from: number, to: number): Decision {
  const trace: TraceEntry[] = Array.from({ length: 6 }, (_, i) => ({ rule: `rule${i}`, from, to, reason: "ForecastDemand", message: `Demand is forecast to reach ${timeMs} within 20m, which needs them.` }));
  return { kind: to === from ? "hold" : "scale", timeMs, from, to, reason: "ForecastDemand", message: "", trace, limitedBy: undefined, climb: 0, recommended: to };
}

const scaleOf = (replicas: number, readyReplicas: number): TargetScale => ({ replicas, readyReplicas, isRollingOut: false, resourceVersion: "1", uid: "u" });

const memoryOf = (step: string, leadTime: string) => newMemory(planOf({ metric: { query: "q", targetPerReplica: "50", step }, forecast: { leadTime } }), NOW_MS);
const FIVE_MINUTES = memoryOf("5m", "20m");
const ONE_MINUTE = memoryOf("1m", "20m");

function passed(memory: Passed["memory"], nowMs: number, from: number, to: number, given: Partial<Passed> = {}): Passed {
  return { memory, nowMs, shortSeconds: 0, scale: scaleOf(from, from), decision: decisionOf(nowMs, from, to), ...given };
}

test.each(["15s", "1m", "5m", "6m", "1h"])("with a step of %s two busy days stay within 8 KB a scaler and tell at most one of them", (step) => {
  const journals = createJournals();
  const memory = memoryOf(step, "2h");
  const { stepMs } = memory.plan;
  const endMs = NOW_MS + 2 * DAY_MS;
  for (let ms = NOW_MS, i = 0; ms <= endMs; ms += stepMs, i++) journals.take(passed(memory, ms, 2 + (i % 5), 2 + ((i + 1) % 5)));
  expect(journals.bytes("shop/checkout")).toBeLessThanOrEqual(8 * 1024 - 512);
  const journal = journals.read("shop/checkout", 0, endMs);
  const firstMs = journal?.slots[0]?.timeMs ?? NaN;
  expect(endMs - firstMs).toBeGreaterThanOrEqual(DAY_MS - HOUR_MS);
  expect(endMs - firstMs).toBeLessThanOrEqual(DAY_MS + 2 * HOUR_MS);
  expect(JSON.stringify(journal).length).toBeLessThan(80_000);
  expect(journal?.events.length).toBeGreaterThan(20);
});

test("a change is told at its second, and when all that it asked for were ready", () => {
  const journals = createJournals();
  for (const [minute, from, to, ready] of [[0, 4, 4, 4], [5, 4, 9, 4], [10, 9, 9, 4], [15, 9, 9, 9], [20, 9, 9, 9]] as const)
    journals.take(passed(FIVE_MINUTES, NOW_MS + minute * MINUTE_MS, from, to, { scale: scaleOf(from, ready) }));
  expect(journals.read("shop/checkout", 0, NOW_MS + 20 * MINUTE_MS)?.events).toEqual([
    { kind: "asked", timeMs: NOW_MS + 5 * MINUTE_MS, from: 4, to: 9, reason: "ForecastDemand", limitedBy: undefined },
    { kind: "ready", timeMs: NOW_MS + 15 * MINUTE_MS, replicas: 9 },
  ]);
});

test("a time without passes is not told as zero", () => {
  const journals = createJournals();
  journals.take(passed(FIVE_MINUTES, NOW_MS, 4, 4));
  journals.take(passed(FIVE_MINUTES, NOW_MS + HOUR_MS, 4, 4));
  const slots = journals.read("shop/checkout", 0, NOW_MS + HOUR_MS)?.slots ?? [];
  expect(slots).toHaveLength(13);
  expect(slots[6]).toMatchObject({ demand: NaN, forecast: NaN, raw: NaN, asked: NaN, ready: NaN, reason: undefined });
});

test("a failure is told by its reason, and short time adds up", () => {
  const journals = createJournals();
  const failure = { reason: "Forbidden" } as Passed["failure"];
  journals.take(passed(ONE_MINUTE, NOW_MS, 4, 4, { shortSeconds: 40 }));
  journals.take(passed(ONE_MINUTE, NOW_MS + MINUTE_MS, 4, 4, { shortSeconds: 60, decision: undefined, scale: undefined, failure }));
  expect(journals.read("shop/checkout", 0, NOW_MS + MINUTE_MS)?.slots[0]).toMatchObject({ shortSeconds: 100, reason: "Forbidden", asked: 4, ready: 4 });
});

test("only what was asked for is read, and nothing of a scaler that is gone or never was", () => {
  const journals = createJournals();
  journals.take(passed(FIVE_MINUTES, NOW_MS, 4, 6));
  journals.take(passed(FIVE_MINUTES, NOW_MS + HOUR_MS, 6, 8));
  const late = journals.read("shop/checkout", NOW_MS + 30 * MINUTE_MS, NOW_MS + HOUR_MS);
  expect(late?.slots[0]?.timeMs).toBe(START_MS + 30 * MINUTE_MS);
  expect(late?.events).toHaveLength(1);
  expect(journals.read("shop/other", 0, NOW_MS)).toBeUndefined();
  journals.forget("shop/checkout");
  expect(journals.read("shop/checkout", 0, NOW_MS)).toBeUndefined();
  expect(journals.bytes("shop/checkout")).toBe(0);
});

test("the forecast of a slot is the one that was made a lead before, beside the demand that came; the last decision has its numbers", async () => {
  const operator = await startOperator({ startMs: START_MS + 20 * DAY_MS });
  onTestFinished(() => operator.close());
  await operator.start();
  await operator.passes(3 * HOUR_MS);
  const slots = operator.journal()?.slots ?? [];
  const late = slots.slice(-12);
  expect(late).toHaveLength(12);
  for (const { demand, forecast, asked } of late) {
    expect(Math.abs(demand - forecast) / demand).toBeLessThan(0.1);
    expect(asked).toBeGreaterThanOrEqual(Math.ceil(demand / 50));
  }
  // No forecast had been made yet for the first slots of the live time.
  expect(slots[0]).toMatchObject({ forecast: NaN });
  const { decision, demand } = operator.journal() ?? {};
  expect(decision?.to).toBe(await operator.replicas());
  expect(decision?.trace[0]?.rule).toBe("demand");
  expect(demand).toMatchObject({ kind: "calibrated", now: operator.memory()?.track.demand().now });
});
