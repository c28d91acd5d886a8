// One scaler from manifest to replicas over HTTP: the good path, each thing that a user or a server can get wrong, and what must never happen.
import { afterEach, expect, test } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { startOperator } from "./operator.ts";
import type { Operator, Setting } from "./operator.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
/** 20 days after the start at 03:00: demand rises until 06:00. */
const RISING_MS = START_MS + 20 * DAY_MS + 3 * HOUR_MS;
/** 14:00: demand falls until 18:00. */
const FALLING_MS = START_MS + 20 * DAY_MS + 14 * HOUR_MS;

let operator: Operator;
afterEach(() => operator.close());
const start = async (setting: Setting = {}) => {
  operator = await startOperator(setting);
  await operator.start();
};

test("a scaler that has learned says so, and its status reads well", async () => {
  await start({ startMs: RISING_MS });
  expect(await operator.condition("Forecasting")).toMatchObject({ status: "True", reason: "ModelFitted" });
  expect(await operator.condition("Ready")).toMatchObject({ status: "True", reason: "AsExpected" });
  const { status } = await operator.scaler();
  expect(status).toMatchObject({
    observedGeneration: 1,
    demand: { now: expect.stringMatching(/^\d+(\.\d+)?$/) as string, atLead: expect.stringMatching(/^\d/) as string },
    model: { leadTime: "20m", present: expect.stringContaining("%") as string },
    decision: { trace: expect.arrayContaining([expect.objectContaining({ rule: "demand", reason: "ForecastDemand" })]) as unknown[] },
  });
  const events = operator.events.map(({ reason }) => reason);
  expect(events).toContain("HistoryLoading");
  expect(events).toContain("ScaleUpLimit");
});

test("capacity for what comes within the lead is asked for before it comes", async () => {
  await start({ startMs: RISING_MS });
  await operator.passes(HOUR_MS);
  const comesIn20Minutes = demandAt(operator.clock.nowMs() + 20 * MINUTE_MS);
  expect(comesIn20Minutes).toBeGreaterThan(demandAt(operator.clock.nowMs()) * 1.02);
  expect((await operator.replicas()) * 50).toBeGreaterThanOrEqual(comesIn20Minutes);
});

test("until history is here the scaler says HistoryLoading and follows the present demand", async () => {
  operator = await startOperator({ startMs: RISING_MS, replicas: 15 });
  await operator.pass();
  expect(await operator.condition("Forecasting")).toMatchObject({ status: "False", reason: "HistoryLoading" });
  expect(await operator.replicas()).toBe(Math.ceil(demandAt(RISING_MS) / (0.8 * 50)));
});

test("a restart lowers nothing before one scale-down window has been seen", async () => {
  await start({ startMs: FALLING_MS, replicas: 30 });
  expect(await operator.replicas()).toBe(30);
  expect((await operator.scaler()).status?.["decision"]).toMatchObject({ trace: expect.arrayContaining([expect.objectContaining({ reason: "RestartGuard" })]) as unknown[] });
  await operator.passes(5 * MINUTE_MS);
  expect(await operator.replicas()).toBe(30);
  await operator.passes(30 * MINUTE_MS);
  const settled = await operator.replicas();
  expect(settled).toBeLessThan(20);
  operator.restart();
  await operator.pass();
  expect(await operator.replicas()).toBeGreaterThanOrEqual(settled);
});

test.each([
  ["a syntax error", "sum(", "QueryRejected", /parse error/],
  ["several series", "other", "QueryAmbiguous", /2 .*sum\(\)/s],
  ["no series", "sum(nothing)", "NoData", /no series/],
  ["only NaN", "sum(demand) * NaN", "NoData", /no numbers/],
])("a query with %s is told, and replicas stay", async (_name, query, reason, message) => {
  operator = await startOperator({ query, replicas: 7, startMs: FALLING_MS });
  await operator.pass();
  await operator.passes(40 * MINUTE_MS);
  for (const type of ["MetricAvailable", "Forecasting", "Ready"]) expect(await operator.condition(type)).toMatchObject({ status: "False", reason });
  expect((await operator.condition("MetricAvailable"))?.message).toMatch(message);
  expect(await operator.replicas()).toBe(7);
  expect(operator.events.filter((event) => event.reason === reason && event.type === "Warning")).not.toHaveLength(0);
});

test.each([
  ["shorter than a day", 5 * HOUR_MS, "False", "HistoryTooShort", /[45]h.* of history; 1d/],
  ["shorter than two weeks", 9 * DAY_MS, "True", "ModelFitted", /seasons: day\. There is no week season yet: it needs 14d/],
])("history %s is told", async (_name, ageMs, status, reason, message) => {
  const startMs = START_MS + 20 * DAY_MS;
  await start({ startMs, value: (t) => (t < startMs - ageMs ? undefined : demandAt(t)) });
  const condition = await operator.condition("Forecasting");
  expect(condition).toMatchObject({ status, reason });
  expect(condition?.message).toMatch(message);
});

test("a target that is missing is told, and forecasting goes on", async () => {
  await start({ spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "gone" } } });
  expect(await operator.pass()).toMatchObject({ reason: "TargetNotFound" });
  expect(await operator.condition("AbleToScale")).toMatchObject({ status: "False", reason: "TargetNotFound" });
  expect((await operator.condition("AbleToScale"))?.message).toContain("gone");
  expect(await operator.condition("Forecasting")).toMatchObject({ status: "True" });
});

test("a target without /scale is told", async () => {
  operator = await startOperator({ spec: { scaleTargetRef: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name: "checkout" } } });
  expect(await operator.pass()).toMatchObject({ reason: "TargetNotScalable" });
  expect(await operator.condition("AbleToScale")).toMatchObject({ status: "False", reason: "TargetNotScalable" });
});

test("a target with 0 replicas is left alone", async () => {
  await start({ replicas: 0, startMs: RISING_MS });
  expect(await operator.replicas()).toBe(0);
  expect(await operator.condition("AbleToScale")).toMatchObject({ status: "False", reason: "ScalingDisabled" });
});

test("a zone that does not exist is told with its name, and nothing is scaled", async () => {
  operator = await startOperator({});
  const stored = await operator.scaler();
  const bad = { ...stored, spec: { ...(stored as unknown as { spec: object }).spec, forecast: { timeZone: "Europe/Berlinn" } } };
  await operator.pass(bad);
  expect(await operator.condition("Ready")).toMatchObject({ status: "False", reason: "InvalidSpec" });
  expect((await operator.condition("Ready"))?.message).toContain("Europe/Berlinn");
  expect(await operator.replicas()).toBe(4);
});

test("a missing permission is told with its verb and resource", async () => {
  await start({ startMs: RISING_MS, replicas: 4 });
  await operator.setReplicas(4);
  await operator.clock.advance(5 * MINUTE_MS);
  operator.kubernetes.failNext({ fault: 403, pathIncludes: "/scale", method: "PATCH" });
  const failure = await operator.pass();
  expect(failure).toBeInstanceOf(OperatorError);
  expect(failure).toMatchObject({ reason: "Forbidden" });
  const message = (await operator.condition("AbleToScale"))?.message;
  expect(message).toMatch(/patch/);
  expect(message).toMatch(/deployments\/scale/);
  await operator.clock.advance(5 * MINUTE_MS);
  await operator.pass();
  expect(await operator.condition("AbleToScale")).toMatchObject({ status: "True" });
});

test("Prometheus down at the start: told, held, and well again by itself", async () => {
  operator = await startOperator({ replicas: 6, startMs: FALLING_MS });
  operator.prometheus.failNext({ fault: 503, times: 1_000 });
  await operator.pass();
  expect(await operator.condition("Forecasting")).toMatchObject({ status: "False", reason: "PrometheusUnreachable" });
  expect(await operator.replicas()).toBe(6);
}, 60_000);

test("Prometheus down later: replicas hold through the outage and one window after it", async () => {
  await start({ startMs: FALLING_MS });
  await operator.passes(30 * MINUTE_MS);
  const held = await operator.replicas();
  operator.prometheus.failNext({ fault: 400, times: 100_000 });
  for (let i = 0; i < 12; i++) {
    await operator.passes(5 * MINUTE_MS);
    expect(await operator.replicas()).toBeGreaterThanOrEqual(held);
  }
  expect(await operator.condition("MetricAvailable")).toMatchObject({ status: "False" });
  operator.prometheus.failNext({ fault: 400, times: 0 });
});

test("a clock that was an hour ahead: held while it was, and demand is seen again as soon as it is right", async () => {
  let nowMs = FALLING_MS;
  await start({ startMs: FALLING_MS, value: (t) => (t > nowMs ? undefined : demandAt(t)) });
  const passFor = async (minutes: number) => {
    for (let i = 0; i < minutes; i += 5) {
      nowMs += 5 * MINUTE_MS;
      await operator.passes(5 * MINUTE_MS);
    }
  };
  await passFor(15);
  const held = await operator.replicas();
  await operator.clock.advance(HOUR_MS);
  await passFor(40);
  expect(await operator.condition("MetricAvailable")).toMatchObject({ status: "False", reason: "MetricStale" });
  expect(await operator.replicas()).toBeGreaterThanOrEqual(held);
  await operator.clock.advance(-HOUR_MS);
  await operator.pass();
  expect(await operator.condition("MetricAvailable")).toMatchObject({ status: "True" });
  expect(await operator.replicas()).toBeGreaterThanOrEqual(held);
  await passFor(60);
  expect(await operator.replicas()).toBeLessThan(held);
});

test("a clock that has gone back an hour: told, and nothing is lowered on demand of an hour ago", async () => {
  await start({ startMs: RISING_MS });
  await operator.passes(2 * HOUR_MS);
  const held = await operator.replicas();
  await operator.clock.advance(-HOUR_MS);
  await operator.passes(40 * MINUTE_MS);
  expect(await operator.replicas()).toBeGreaterThanOrEqual(held);
  const { message } = (await operator.condition("MetricAvailable")) ?? {};
  expect(message).toMatch(/minutes ahead of the operator's clock/);
  await operator.clock.advance(HOUR_MS);
  await operator.pass();
  expect(await operator.condition("MetricAvailable")).toMatchObject({ status: "True" });
});

test("a metric that vanishes holds the replicas; the fallback raises them, once it is due", async () => {
  const goneMs = FALLING_MS + 30 * MINUTE_MS;
  await start({ startMs: FALLING_MS, value: (t) => (t > goneMs ? undefined : demandAt(t)), spec: { fallback: { replicas: 25, after: "30m" } } });
  await operator.passes(35 * MINUTE_MS);
  const held = await operator.replicas();
  await operator.passes(20 * MINUTE_MS);
  expect(await operator.replicas()).toBeGreaterThanOrEqual(held);
  expect(await operator.replicas()).toBeLessThan(25);
  await operator.passes(15 * MINUTE_MS);
  expect(await operator.condition("MetricAvailable")).toMatchObject({ status: "False", reason: "MetricStale" });
  expect(await operator.replicas()).toBe(25);
  await operator.passes(6 * HOUR_MS);
  expect(await operator.replicas()).toBe(25);
});

test("Recommend changes nothing and says what it would do", async () => {
  await start({ startMs: RISING_MS, replicas: 4, spec: { mode: "Recommend" } });
  await operator.passes(HOUR_MS);
  expect(await operator.replicas()).toBe(4);
  const { status } = await operator.scaler();
  const recommendation = status?.["recommendation"] as { from: number; to: number; reason: string; advice: string };
  expect(recommendation).toMatchObject({ from: 4, reason: "ForecastDemand" });
  expect(recommendation.advice).toMatch(/^Earned: the forecast is off by \d\S* % of demand, \d+ % less than assuming that demand stays as it is\.$/);
  expect(recommendation.to).toBeGreaterThan(10);
});

test("ScaleOutOnly raises and never lowers", async () => {
  await start({ startMs: FALLING_MS, spec: { mode: "ScaleOutOnly" } });
  let highest = 0;
  for (let i = 0; i < 36; i++) {
    await operator.passes(5 * MINUTE_MS);
    const now = await operator.replicas();
    expect(now).toBeGreaterThanOrEqual(highest);
    highest = now;
  }
  expect(highest).toBeGreaterThan(4);
});

test("an edited manifest counts from the next pass, and its new bounds hold", async () => {
  await start({ startMs: RISING_MS });
  await operator.request("PATCH", operator.scalerPath, { spec: { maxReplicas: 9 } });
  await operator.passes(10 * MINUTE_MS);
  expect(await operator.replicas()).toBe(9);
  expect(await operator.condition("ScalingLimited")).toMatchObject({ status: "True", reason: "TooManyReplicas" });
  expect((await operator.scaler()).status?.observedGeneration).toBe(2);
});

test("a target that changes between read and write is read and decided on anew", async () => {
  await start({ startMs: RISING_MS });
  await operator.setReplicas(5);
  await operator.clock.advance(5 * MINUTE_MS);
  operator.kubernetes.failNext({ fault: 409, pathIncludes: "/scale", method: "PATCH" });
  expect(await operator.pass()).toMatchObject({ kind: "again" });
  expect(await operator.replicas()).toBeGreaterThan(5);
});

test("a target that never stops changing is left, told, and tried again later", async () => {
  await start({ startMs: RISING_MS });
  await operator.setReplicas(5);
  await operator.clock.advance(5 * MINUTE_MS);
  operator.kubernetes.failNext({ fault: 409, pathIncludes: "/scale", method: "PATCH", times: 4 });
  expect(await operator.pass()).toMatchObject({ reason: "Conflict", retry: "backoff" });
  expect(await operator.replicas()).toBe(5);
  expect(await operator.condition("AbleToScale")).toMatchObject({ status: "False", reason: "Conflict" });
  await operator.passes(10 * MINUTE_MS);
  expect(await operator.replicas()).toBeGreaterThan(10);
});

test("status is written when something changed, else every five minutes at most", async () => {
  await start({ startMs: RISING_MS, spec: { metric: { query: "sum(demand)", targetPerReplica: "10000", step: "1m" } } });
  const versions = new Set<string | undefined>();
  for (let i = 0; i < 30; i++) {
    await operator.passes(MINUTE_MS);
    versions.add((await operator.scaler()).metadata.resourceVersion);
  }
  expect(versions.size).toBeGreaterThanOrEqual(6);
  expect(versions.size).toBeLessThanOrEqual(8);
});

test("a scaler that is deleted leaves the replicas and its series end", async () => {
  await start({ startMs: RISING_MS });
  const held = await operator.replicas();
  expect(await operator.metrics.render()).toContain('predictive_scaler_demand{namespace="shop",name="checkout"}');
  await operator.request("DELETE", operator.scalerPath);
  expect(await operator.passWithoutScaler()).toEqual({ kind: "waitForChange" });
  expect(await operator.replicas()).toBe(held);
  expect(await operator.metrics.render()).not.toContain('name="checkout"');
});
