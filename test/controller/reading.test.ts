// When a metric counts as missing, and which slots may be read.
import { expect, test } from "vitest";
import { missingReason, newestSlotMs } from "../../src/controller/reading.ts";
import { nextPassMs } from "../../src/controller/reconcile.ts";
import { OperatorError } from "../../src/errors.ts";
import { planOf, seriesOf } from "./world.ts";

const MINUTE = 60_000;
const answer = (notANumber = 0) => ({ kind: "answer", series: seriesOf(0, 1, MINUTE), notANumber }) as const;

test("a slot may be read once its scrapes have had a quarter step, at most 15 seconds", () => {
  expect(newestSlotMs(MINUTE, 10 * MINUTE + 14_999)).toBe(9 * MINUTE);
  expect(newestSlotMs(MINUTE, 10 * MINUTE + 15_000)).toBe(10 * MINUTE);
  expect(newestSlotMs(20_000, 60_000 + 4_999)).toBe(40_000);
  expect(newestSlotMs(20_000, 60_000 + 5_000)).toBe(60_000);
});

test("the next pass comes when the next slot can be read, in the scaler's own place", () => {
  const plan = planOf({ metric: { query: "a", targetPerReplica: "1", step: "1m" } });
  const passes = Array.from({ length: 120 }, (_, i) => nextPassMs(plan, i * 1_000));
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
  ["nothing new to read is judged by the last sample", { kind: "nothingNew" }, 2 * MINUTE, "MetricStale"],
] as const)("%s", (_name, reading, lastSampleMs, reason) => {
  expect(missingReason(reading, lastSampleMs, MINUTE, 10 * MINUTE)?.reason).toBe(reason);
});
