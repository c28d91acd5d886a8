// Placeholder pods beside a scaler over a rising day: as many as the forecast needs beyond the lead, in step with the replicas, and left alone on what is not known.
import { afterEach, expect, test } from "vitest";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "./world.ts";

const PATH = "/apis/apps/v1/namespaces/shop/deployments/checkout-headroom";
const AHEAD_MS = 120 * MINUTE_MS;
const LEAD_MS = 20 * MINUTE_MS;
const nodeHeadroom = { ahead: "2h" };
const PER_REPLICA = 50;

let operator: Operator;
afterEach(() => operator.close());

/** A target whose pods ask for something, since 20 days; the first model is fitted. */
async function started(setting: Parameters<typeof startOperator>[0] = {}, requests: object = { cpu: "100m" }): Promise<void> {
  operator = await startOperator({ ...setting, spec: { nodeHeadroom, ...setting.spec } });
  const containers = [{ name: "a", image: "a", resources: { requests } }];
  await operator.request("PATCH", operator.deploymentPath, { spec: { template: { spec: { containers } } } });
  await operator.start();
}
const placeholders = () =>
  operator.request("GET", PATH).then(
    (object) => (object as { spec: { replicas: number } }).spec.replicas,
    () => undefined,
  );
const condition = () => operator.condition("NodeHeadroom");
const change = (spec: object) => operator.request("PATCH", operator.scalerPath, { spec });
/** The replicas that the demand itself needs at most between now and the end of the time looked at. */
const needAhead = () => {
  const now = operator.clock.nowMs();
  const times = Array.from({ length: (LEAD_MS + AHEAD_MS) / (5 * MINUTE_MS) }, (_, i) => now + i * 5 * MINUTE_MS);
  return Math.max(...times.map(demandAt)) / PER_REPLICA;
};

test("on a rise, replicas and placeholder pods together are what is needed later, with a margin and not more than that", async () => {
  await started();
  for (let i = 0; i < 12; i++) {
    await operator.passes(15 * MINUTE_MS);
    const total = (await operator.replicas()) + ((await placeholders()) ?? 0);
    expect(total).toBeGreaterThanOrEqual(Math.floor(needAhead()));
    expect(total).toBeLessThanOrEqual(Math.ceil(needAhead() * 1.15) + 1);
  }
  expect(await condition()).toMatchObject({ status: "True", reason: "HeadroomKept", message: expect.stringMatching(/^\d+ placeholder pods?.*for the \d+ replicas that are needed within 2h20m\.$/) });
});

test("on a fall there are none once the need of the last ten minutes has passed", async () => {
  await started({ startMs: START_MS + 20 * DAY_MS + 9 * 60 * MINUTE_MS, replicas: 16 });
  await operator.passes(2 * 60 * MINUTE_MS);
  expect(await placeholders()).toBe(undefined);
  expect(await condition()).toMatchObject({ status: "True", message: expect.stringMatching(/^0 placeholder pods/) });
});

test("replicas and placeholder pods together stay within maxReplicas", async () => {
  await started({ spec: { maxReplicas: 13 } });
  await operator.passes(40 * MINUTE_MS);
  expect((await operator.replicas()) + ((await placeholders()) ?? 0)).toBe(13);
  expect(await placeholders()).toBeGreaterThan(0);
});

test("the number changes once a step at most", async () => {
  await started();
  await operator.passes(30 * MINUTE_MS);
  const before = await placeholders();
  await operator.setReplicas((await operator.replicas()) + 2);
  const { clock } = operator;
  await clock.advance(Math.ceil(clock.nowMs() / (5 * MINUTE_MS)) * 5 * MINUTE_MS + 1_000 - clock.nowMs());
  await operator.pass();
  const once = await placeholders();
  expect(once).not.toBe(before);
  await operator.setReplicas((await operator.replicas()) + 2);
  await clock.advance(MINUTE_MS);
  await operator.pass();
  expect(await placeholders()).toBe(once);
  await clock.advance(5 * MINUTE_MS);
  await operator.pass();
  expect(await placeholders()).not.toBe(once);
});

test("a metric that is missing and a restart leave them as they are", async () => {
  let isGone = false;
  await started({ value: (timeMs) => (isGone ? undefined : demandAt(timeMs)) });
  await operator.passes(30 * MINUTE_MS);
  isGone = true;
  await operator.passes(20 * MINUTE_MS);
  expect((await operator.condition("MetricAvailable"))?.status).toBe("False");
  const before = (await placeholders()) ?? 0;
  expect(before).toBeGreaterThan(0);
  await operator.passes(60 * MINUTE_MS);
  expect(await placeholders()).toBe(before);
  operator.restart();
  await operator.pass();
  await operator.passes(15 * MINUTE_MS);
  expect(await placeholders()).toBe(before);
});

test("a pause of scaling out leaves them as they are", async () => {
  await started();
  await operator.passes(30 * MINUTE_MS);
  const before = await placeholders();
  await operator.request("PATCH", operator.scalerPath, { metadata: { annotations: { "predictivescaler.io/paused": "true" } } });
  await operator.passes(120 * MINUTE_MS);
  expect(await placeholders()).toBe(before);
  expect((await condition())?.message).toMatch(/as they were/);
});

test("mode Recommend, and a scaler without the field, have none; status forgets them when they are gone", async () => {
  await started();
  await operator.passes(30 * MINUTE_MS);
  expect((await operator.scaler()).status).toMatchObject({ nodeHeadroom: { replicas: expect.any(Number) } });
  await change({ mode: "Recommend" });
  await operator.pass();
  expect(await placeholders()).toBeUndefined();
  expect(await condition()).toMatchObject({ status: "True", reason: "RecommendOnly" });
  expect((await operator.scaler()).status).not.toHaveProperty("nodeHeadroom");
  await change({ mode: "Active" });
  await operator.passes(30 * MINUTE_MS);
  expect(await placeholders()).toBeGreaterThan(0);
  operator.restart();
  await change({ nodeHeadroom: null });
  await operator.pass();
  expect(await placeholders()).toBeUndefined();
  expect(await condition()).toBeUndefined();
  expect((await operator.scaler()).status).not.toHaveProperty("nodeHeadroom");
});

test("a target that is switched off, or gone, needs no room", async () => {
  await started();
  await operator.passes(30 * MINUTE_MS);
  const replicas = await operator.replicas();
  await operator.setReplicas(0);
  await operator.passes(10 * MINUTE_MS);
  expect(await placeholders()).toBe(0);
  await operator.setReplicas(replicas);
  await operator.passes(15 * MINUTE_MS);
  expect(await placeholders()).toBeGreaterThan(0);
  await operator.request("DELETE", operator.deploymentPath);
  await operator.passes(10 * MINUTE_MS);
  expect(await placeholders()).toBe(0);
});

test("where there can be none it is said, and the replicas are decided all the same", async () => {
  await started({}, {});
  await operator.passes(90 * MINUTE_MS);
  expect(await condition()).toMatchObject({ status: "False", reason: "HeadroomUnsupported" });
  expect(await operator.condition("Ready")).toMatchObject({ status: "False", reason: "HeadroomUnsupported" });
  expect(await operator.replicas()).toBeGreaterThanOrEqual(Math.ceil(demandAt(operator.clock.nowMs() + LEAD_MS) / PER_REPLICA) - 1);
});

test("what somebody has deleted or scaled is put right within minutes", async () => {
  await started();
  await operator.passes(30 * MINUTE_MS);
  await operator.request("PATCH", PATH, { spec: { replicas: 0 } });
  await operator.passes(10 * MINUTE_MS);
  expect(await placeholders()).toBeGreaterThan(0);
  await operator.request("DELETE", PATH);
  await operator.passes(10 * MINUTE_MS);
  expect(await placeholders()).toBeGreaterThan(0);
});

test("the gauge says how many are wanted; without the field there is none", async () => {
  await started();
  await operator.passes(30 * MINUTE_MS);
  const exported = async () => /^predictive_scaler_headroom_pods\{.*kind="wanted"\} (\d+)$/m.exec(await operator.metrics.render())?.[1];
  expect(Number(await exported())).toBe(await placeholders());
  await change({ nodeHeadroom: null });
  await operator.passes(5 * MINUTE_MS);
  expect(await exported()).toBeUndefined();
});
