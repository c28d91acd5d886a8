// When a metric counts as missing, and which slots may be read.
import { expect, test } from "vitest";
import { missingReason, newestSlotMs, readSlots } from "../../src/controller/reading.ts";
import { nextPassMs } from "../../src/controller/reconcile.ts";
import { OperatorError } from "../../src/errors.ts";
import { planOf, seriesOf } from "./world.ts";

const MINUTE = 60_000;
const answer = (notANumber = 0, lowest = Infinity) => ({ kind: "answer", series: seriesOf(0, 1, MINUTE), notANumber, lowest }) as const;

test("a slot may be read once its scrapes have had a quarter step, at most 15 seconds", () => {
  expect(newestSlotMs(MINUTE, 10 * MINUTE + 14_999)).toBe(9 * MINUTE);
  expect(newestSlotMs(MINUTE, 10 * MINUTE + 15_000)).toBe(10 * MINUTE);
  expect(newestSlotMs(20_000, 60_000 + 4_999)).toBe(40_000);
  expect(newestSlotMs(20_000, 60_000 + 5_000)).toBe(60_000);
});

test("the next pass comes when the next slot can be read, in the scaler's own place", () => {
  const plan = planOf({ metric: { query: "a", targetPerReplica: "1", step: "1m" } });
  const passes = Array.from({ length: 120 }, (_, i) => nextPassMs(plan, i * 1_000, 1));
  for (const [i, pass] of passes.entries()) {
    expect(pass).toBeGreaterThan(i * 1_000);
    expect(pass - i * 1_000).toBeLessThanOrEqual(MINUTE);
    expect(pass % MINUTE).toBeGreaterThanOrEqual(15_000);
    expect(pass % MINUTE).toBeLessThan(20_001);
  }
});

test.each([
  ["a failure is the reason itself", { kind: "failure", error: new OperatorError("Down.", { reason: "PrometheusUnreachable", retry: "backoff" }) }, 0, "PrometheusUnreachable"],
  ["a fresh sample is not missing", answer(), 10 * MINUTE, undefined],
  ["one or two gaps are ordinary", answer(), 8 * MINUTE, undefined],
  ["a longer gap is stale", answer(), 5 * MINUTE, "MetricStale"],
  ["nothing ever is no data", answer(), NaN, "NoData"],
  ["only NaN ever is no data", answer(3), NaN, "NoData"],
  ["NaN of late is stale", answer(3), 2 * MINUTE, "MetricStale"],
  ["only values below 0 ever are no data", answer(0, -3), NaN, "NoData"],
  ["values below 0 of late are stale", answer(0, -3), 2 * MINUTE, "MetricStale"],
  ["a value below 0 among fresh ones is a gap", answer(0, -3), 10 * MINUTE, undefined],
  ["nothing new to read is judged by the last sample", { kind: "nothingNew" }, 2 * MINUTE, "MetricStale"],
] as const)("%s", (_name, reading, lastSampleMs, reason) => {
  expect(missingReason(reading, lastSampleMs, MINUTE, 10 * MINUTE)?.reason).toBe(reason);
});

test("values below 0 are named, with what to do about them", async () => {
  const plan = planOf({ metric: { query: "a - b", targetPerReplica: "1", step: "1m" } });
  const values = Float64Array.of(-2, -3.5, NaN, Infinity);
  const answered = { samples: { timesMs: values.map((_, i) => i * MINUTE), values }, notANumber: 2 };
  const prometheus = { queryRange: () => Promise.resolve(answered) };
  const reading = await readSlots(prometheus, plan, -MINUTE, 4 * MINUTE, AbortSignal.timeout(1_000));
  const missing = missingReason(reading, NaN, MINUTE, 10 * MINUTE);
  expect(missing?.message).toContain("values below 0, down to -3.5; demand is 0 or more, so they count as missing");
  expect(missing?.hint).toMatch(/clamp_min/);
});

test("the more scalers, the wider their decisions are spread, never beyond the step", () => {
  const plans = Array.from({ length: 200 }, (_, i) => planOf({ metric: { query: "sum(a)", targetPerReplica: "50", step: "1m" } }, `uid-${i}`));
  const widthOf = (scalers: number) => {
    const offsets = plans.map((plan) => nextPassMs(plan, 15_000, scalers));
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(15_000);
    return Math.max(...offsets) - 15_000;
  };
  const widths = [10, 1_000, 4_000, 10_000, 100_000].map(widthOf);
  const atMost = [5_000, 5_000, 20_000, 50_000, 50_000];
  for (const [i, width] of widths.entries()) {
    expect(width).toBeLessThanOrEqual(atMost[i]!);
    expect(width).toBeGreaterThan(0.95 * atMost[i]!);
  }
});
