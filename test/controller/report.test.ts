// What a scaler's status and series say where something is missing, changed meanwhile, or beyond all bounds.
import { afterEach, expect, test } from "vitest";
import { rfc3339 } from "../../src/clock.ts";
import { statusEveryMs } from "../../src/controller/report.ts";
import { knownBefore } from "../../src/controller/resume.ts";
import { startOperator } from "./operator.ts";
import type { Operator, Setting } from "./operator.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
const RISING_MS = START_MS + 20 * DAY_MS + 3 * HOUR_MS;

let operator: Operator | undefined;
afterEach(async () => {
  await operator?.close();
  operator = undefined;
});
const start = async (setting: Setting = {}) => {
  operator = await startOperator(setting);
  await operator.start();
  return operator;
};
const statusOf = async ({ scaler }: Operator) =>
  ((await scaler()).status ?? {}) as { demand?: { now?: string; atLead?: string; peak?: { replicas: number } }; model?: object; timeToReady?: { observed?: string[] }; desiredReplicas?: number };

test("demand and model are told on, also while the target is not there", async () => {
  const one = await start({ startMs: RISING_MS });
  const before = (await statusOf(one)).demand?.now;
  await one.request("DELETE", one.deploymentPath);
  await one.clock.advance(2 * HOUR_MS);
  await one.pass();
  const { demand, model } = await statusOf(one);
  expect(Number(demand?.now)).toBeGreaterThan(Number(before) * 1.1);
  expect(model).toBeDefined();
});

test("while the metric is missing the status shows no demand of now", async () => {
  const goneMs = RISING_MS + 10 * MINUTE_MS;
  const one = await start({ startMs: RISING_MS, value: (t) => (t > goneMs ? undefined : demandAt(t)) });
  expect((await statusOf(one)).demand?.now).toBeDefined();
  await one.passes(HOUR_MS);
  expect((await statusOf(one)).demand?.now).toBeUndefined();
  expect((await statusOf(one)).demand?.atLead).toBeDefined();
});

test("a demand that would need more replicas than can be counted is told within what the API server takes", async () => {
  const one = await start({ startMs: RISING_MS, value: (t) => demandAt(t) * 1e12 });
  expect(await one.pass()).toMatchObject({ kind: "again" });
  await one.passes(30 * MINUTE_MS);
  expect(await statusOf(one)).toMatchObject({ desiredReplicas: 40, demand: { peak: { replicas: 2 ** 31 - 1 } } });
  expect(await one.condition("ScalingLimited")).toMatchObject({ reason: "TooManyReplicas" });
});

test("times to Ready of another target are not kept for the new one", async () => {
  const one = await start({ startMs: RISING_MS });
  await one.passes(HOUR_MS);
  expect((await statusOf(one)).timeToReady?.observed?.length).toBeGreaterThan(0);
  await one.request("PATCH", one.scalerPath, { spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "other" } } });
  await one.pass();
  expect((await statusOf(one)).timeToReady).toBeUndefined();
});

test("a label that somebody sets during the pass does not keep the status from being written", async () => {
  const one = await start({ startMs: RISING_MS });
  const cached = await one.scaler();
  await one.request("PATCH", one.scalerPath, { metadata: { labels: { team: "shop" } } });
  await one.clock.advance(10 * MINUTE_MS);
  await one.pass(cached);
  const { metadata, status } = await one.scaler();
  expect(metadata.labels).toEqual({ team: "shop" });
  expect(status?.["decision"]).toMatchObject({ time: expect.stringMatching(/T03:10:/) as string });
});

test("an edit during the pass is not called observed; the next pass says all that this one could not", async () => {
  const one = await start({ startMs: RISING_MS, replicas: 20 });
  const cached = await one.scaler();
  await one.request("PATCH", one.scalerPath, { spec: { mode: "ScaleOutOnly" } });
  await one.request("DELETE", one.deploymentPath);
  await one.clock.advance(10 * MINUTE_MS);
  expect(await one.pass(cached)).toMatchObject({ reason: "TargetNotFound" });
  expect((await one.scaler()).status).toMatchObject({ observedGeneration: 1 });
  expect(one.events.filter(({ reason }) => reason === "TargetNotFound")).toHaveLength(0);
  await one.pass();
  expect((await one.scaler()).status).toMatchObject({ observedGeneration: 2 });
  expect(await one.condition("AbleToScale")).toMatchObject({ status: "False", reason: "TargetNotFound" });
  expect(one.events.filter(({ reason }) => reason === "TargetNotFound")).toHaveLength(1);
});

test("statuses of a large fleet are written anew less often, but for those that others are answered from", () => {
  expect([1, 5_000, 10_000].map((scalers) => statusEveryMs(scalers, false) / MINUTE_MS)).toEqual([5, 5, 10]);
  expect(statusEveryMs(10_000, true)).toBe(5 * MINUTE_MS);
});

test("a manifest that cannot be used has its condition as a series, and no others", async () => {
  const one = await start({ startMs: RISING_MS });
  const stored = await one.scaler();
  await one.pass({ ...stored, spec: {} } as never);
  const text = await one.metrics.render();
  expect(text).toMatch(/predictive_scaler_condition\{[^}]*name="checkout",type="Ready",reason="InvalidSpec"\} 0/);
  expect(text).not.toMatch(/predictive_scaler_demand\{[^}]*name="checkout"/);
  await one.passWithoutScaler();
  expect(await one.metrics.render()).not.toContain('name="checkout"');
});

test("a restart tells nothing anew", async () => {
  const one = await start({ startMs: RISING_MS });
  await one.passes(30 * MINUTE_MS);
  const before = one.events.length;
  one.restart();
  await one.start();
  const told = one.events.slice(before).filter(({ action }) => action !== "Scale");
  expect(told).toEqual([]);
});

test("time in which no operator looked does not count as covered", () => {
  const nowMs = START_MS + 10 * DAY_MS;
  const decision = { time: rfc3339(nowMs - 3 * DAY_MS), from: 3, to: 3, reason: "NothingToDo" as const, message: "" };
  const serviceLevel = { met: "90%", since: rfc3339(nowMs - 4 * DAY_MS) };
  const metadata = { name: "checkout" };
  const met = (status: object) => {
    const { service } = knownBefore({ metadata, status }, nowMs);
    service.take(nowMs, DAY_MS / 1000, true);
    return service.met().share;
  };
  expect(met({ serviceLevel, decision })).toBeCloseTo((0.9 + 1) / 2, 2);
  expect(met({ serviceLevel })).toBeCloseTo((4 * 0.9 + 1) / 5, 2);
  expect(met({ serviceLevel, decision: { ...decision, time: rfc3339(nowMs - 30 * DAY_MS) } })).toBeCloseTo(1, 5);
});
