// What a running operator says of its own forecast: rolled back and given back, surprised, too small a maximum, samples that are unusual, service as it was met.
import { afterEach, expect, test } from "vitest";
import { startOperator } from "./operator.ts";
import type { Operator, Setting } from "./operator.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
/** 20 days after the start at 03:00: demand rises until 06:00. */
const RISING_MS = START_MS + 20 * DAY_MS + 3 * HOUR_MS;

let operator: Operator;
afterEach(() => operator.close());
const start = async (setting: Setting = {}) => {
  operator = await startOperator(setting);
  await operator.start();
};
const told = (reason: string) => operator.events.filter((event) => event.reason === reason);

test("a season turned upside down: rolled back within hours, told with figures, and given back within two days", async () => {
  const turned = RISING_MS + HOUR_MS;
  await start({ startMs: RISING_MS, value: (t) => (t < turned ? demandAt(t) : demandAt(t + 12 * HOUR_MS)) });
  let hours = 0;
  while ((await operator.condition("Forecasting"))?.status === "True" && hours < 24) {
    await operator.passes(HOUR_MS);
    hours++;
  }
  expect(hours).toBeLessThan(12);
  const condition = await operator.condition("Forecasting");
  expect(condition).toMatchObject({ status: "False", reason: "AccuracyBelowGate" });
  expect(condition?.message).toMatch(/its skill is -\d+\.\d% over 6 hours and -?\d+\.\d% over 24.*Since 2026-01-25T/);
  expect(told("AccuracyBelowGate")).toMatchObject([{ type: "Warning" }]);
  const { status } = await operator.scaler();
  expect(JSON.stringify(status?.["decision"])).toContain("The forecast has lost control");
  expect(await operator.metrics.render()).toMatch(/predictive_scaler_condition\{[^}]*type="Forecasting",reason="AccuracyBelowGate"\} 0/);
  await operator.passes(DAY_MS - 2 * HOUR_MS);
  expect(await operator.condition("Forecasting")).toMatchObject({ reason: "AccuracyBelowGate" });
  await operator.passes(DAY_MS);
  expect(await operator.condition("Forecasting")).toMatchObject({ status: "True", reason: "ModelFitted" });
  expect(told("ModelFitted").at(-1)).toMatchObject({ type: "Normal" });
  expect(told("AccuracyBelowGate")).toHaveLength(1);
}, 60_000);

test("a surge above the bound raises at once, and the decision says so", async () => {
  const surgeMs = RISING_MS + HOUR_MS;
  await start({ startMs: RISING_MS, value: (t) => demandAt(t) * (t > surgeMs ? 1.8 : 1) });
  await operator.passes(50 * MINUTE_MS);
  const before = await operator.replicas();
  await operator.passes(15 * MINUTE_MS);
  const nowMs = operator.clock.nowMs();
  expect((await operator.replicas()) * 50).toBeGreaterThanOrEqual(demandAt(nowMs) * 1.7);
  expect(await operator.replicas()).toBeGreaterThan(before * 1.3);
  expect(told("DemandAboveForecast")[0]?.note).toMatch(/above the \d+ that was to be expected at most \(99\.9 %\)/);
});

test("a maximum that the coming peak will exceed is told at least 40 minutes before it is reached", async () => {
  await start({ startMs: RISING_MS - HOUR_MS, replicas: 8, spec: { maxReplicas: 15 } });
  const firstTold = async (reason: string) => {
    for (let i = 0; i < 60; i++) {
      await operator.passes(5 * MINUTE_MS);
      const condition = await operator.condition("ScalingLimited");
      if (condition?.reason === reason) return { atMs: operator.clock.nowMs(), message: condition.message };
    }
    return undefined;
  };
  const warned = await firstTold("ForecastAboveMax");
  expect(warned?.message).toMatch(/forecast to reach \d+ at 2026-01-25T\d\d:\d\d:\d\dZ, which needs 1[6-9] replicas with its margin; maxReplicas is 15/);
  expect(told("ForecastAboveMax")).toMatchObject([{ type: "Warning" }]);
  expect(await operator.metrics.render()).toMatch(/predictive_scaler_peak_replicas\{[^}]*horizon="1h"\} 1[6-9]/);
  const limited = await firstTold("TooManyReplicas");
  const demandAboveMax = (t: number) => demandAt(t) > 15 * 50;
  let aboveMs = warned?.atMs ?? NaN;
  while (!demandAboveMax(aboveMs)) aboveMs += MINUTE_MS;
  expect(aboveMs - (warned?.atMs ?? NaN)).toBeGreaterThanOrEqual(40 * MINUTE_MS);
  expect(limited?.atMs).toBeGreaterThan(warned?.atMs ?? NaN);
  expect(told("ForecastAboveMax")).toHaveLength(1);
});

test("with Raise the replicas go above maxReplicas, which is told once, and the warning before the peak speaks of the ceiling", async () => {
  await start({ startMs: RISING_MS - HOUR_MS, replicas: 8, spec: { maxReplicas: 12, maxCapacityBreach: "Raise", maxReplicasCeiling: 15 } });
  const warnings = new Set<string>();
  for (let i = 0; i < 48; i++) {
    await operator.passes(5 * MINUTE_MS);
    const condition = await operator.condition("ScalingLimited");
    if (condition?.reason === "ForecastAboveMax") warnings.add(condition.message);
  }
  expect([...warnings].join("\n")).toMatch(/needs 1[6-9] replicas with its margin; maxReplicasCeiling is 15/);
  expect(told("RaisedAboveMax")).toMatchObject([{ type: "Warning", note: expect.stringMatching(/above maxReplicas \(12\).*up to 15/) as string }]);
  expect(await operator.replicas()).toBe(15);
  expect(await operator.metrics.render()).toMatch(/predictive_scaler_replicas\{[^}]*kind="max"\} 15/);
});

test("a spike is told, counted, and taken for what it is", async () => {
  const spikeMs = RISING_MS + HOUR_MS;
  await start({ startMs: RISING_MS, value: (t) => demandAt(t) + (Math.abs(t - spikeMs) < MINUTE_MS ? 2000 : 0) });
  await operator.passes(HOUR_MS + 10 * MINUTE_MS);
  const condition = await operator.condition("MetricAvailable");
  expect(condition).toMatchObject({ status: "True", reason: "OutlierIgnored" });
  expect(condition?.message).toMatch(/A sample of \d{4} at 2026-01-25T04:00:00Z, where \d{3} was expected/);
  expect(told("OutlierIgnored")).toHaveLength(1);
  expect(await operator.metrics.render()).toMatch(/predictive_scaler_anomalies_total\{[^}]*kind="outlier"\} \d/);
  await operator.passes(2 * HOUR_MS);
  expect(await operator.condition("MetricAvailable")).toMatchObject({ reason: "SamplesReceived" });
});

test("a value that is stuck while demand falls counts as missing and lowers nothing; once it moves again all is well", async () => {
  const stuckMs = START_MS + 20 * DAY_MS + 9 * HOUR_MS;
  const movesMs = stuckMs + 5 * HOUR_MS;
  await start({ startMs: stuckMs - HOUR_MS, value: (t) => (t > stuckMs && t < movesMs ? 123.4 : demandAt(t)) });
  await operator.passes(2 * HOUR_MS);
  const condition = await operator.condition("MetricAvailable");
  expect(condition).toMatchObject({ status: "False", reason: "ValueStuck" });
  expect(condition?.message).toMatch(/123 since 2026-01-25T09:/);
  const held = await operator.replicas();
  for (let i = 0; i < 4; i++) {
    await operator.passes(30 * MINUTE_MS);
    expect(await operator.replicas()).toBeGreaterThanOrEqual(held);
  }
  expect(told("ValueStuck")).toMatchObject([{ type: "Warning" }]);
  expect(await operator.metrics.render()).toMatch(/predictive_scaler_anomalies_total\{[^}]*kind="stuck"\} 1/);
  await operator.passes(150 * MINUTE_MS);
  expect(await operator.condition("MetricAvailable")).toMatchObject({ status: "True" });
});

test("how well demand was covered is in the status, and a restart goes on from it", async () => {
  await start({ startMs: RISING_MS, replicas: 4 });
  await operator.passes(4 * HOUR_MS);
  const { status } = await operator.scaler();
  expect(status?.serviceLevel).toMatchObject({ window: "7d", target: "99%", met: expect.stringMatching(/^\d\d(\.\d+)?%$/) as string });
  const met = Number.parseFloat(status?.serviceLevel?.met ?? "");
  // Four replicas at the start were too few until the first ones became Ready.
  expect(met).toBeGreaterThan(80);
  expect(met).toBeLessThan(100);
  operator.restart();
  await operator.start();
  await operator.passes(10 * MINUTE_MS);
  const after = (await operator.scaler()).status?.serviceLevel;
  expect(after?.since).toBe(status?.serviceLevel?.since);
  expect(Math.abs(Number.parseFloat(after?.met ?? "") - met)).toBeLessThan(1);
});
