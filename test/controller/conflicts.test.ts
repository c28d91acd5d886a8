// Others who scale the same target, pauses and schedules: over HTTP against the playground, on a clock that the tests move.
import { afterEach, expect, test } from "vitest";
import type { Neighbours, Writers } from "../../src/kube/index.ts";
import { startOperator } from "./operator.ts";
import type { Operator, Setting } from "./operator.ts";
import { DAY_MS, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
/** 20 days after the start at 03:00: demand rises until 06:00. */
const RISING_MS = START_MS + 20 * DAY_MS + 3 * HOUR_MS;

let operator: Operator;
afterEach(() => operator.close());
const start = async (setting: Setting = {}) => {
  operator = await startOperator({ startMs: RISING_MS, ...setting });
  await operator.start();
};
const writtenBy = (manager: string): Writers => ({ ofReplicas: async () => ({ replicas: NaN, manager }) });
const neighbours = (seen: Partial<Neighbours>): Neighbours => ({
  run: async () => {}, autoscalersOf: () => [], changed: () => {}, olderScalerOf: () => undefined, ...seen,
});
const conflict = async () => operator.condition("Conflict");
const annotate = (annotations: object) => operator.request("PATCH", operator.scalerPath, { metadata: { annotations } });

test("a change after our write stops us for ten minutes, twice as long each time, and an hour undisturbed clears it", async () => {
  await start({ others: { writers: writtenBy("argocd-controller") } });
  expect(await conflict()).toMatchObject({ status: "False", reason: "NoConflict" });
  for (const minutes of [10, 20, 40, 60, 60]) {
    // Our write of this round, and theirs after it.
    await operator.interfere(3);
    await operator.passes(5 * MINUTE_MS);
    expect(await conflict()).toMatchObject({ status: "True", reason: "ChangedByOther", message: expect.stringContaining("argocd-controller set Deployment checkout to 3") as string });
    expect(await operator.condition("Ready")).toMatchObject({ status: "False", reason: "ChangedByOther" });
    await operator.passes((minutes - 6) * MINUTE_MS);
    expect(await operator.replicas()).toBe(3);
    await operator.passes(6 * MINUTE_MS);
    expect(await operator.replicas()).toBeGreaterThan(3);
    expect(await conflict()).toMatchObject({ status: "False" });
  }
  await operator.passes(70 * MINUTE_MS);
  expect((await operator.scaler()).status?.["conflict"]).toBeUndefined();
  const told = operator.events.filter(({ reason }) => reason === "ChangedByOther");
  expect(told).toHaveLength(5);
  expect(told[0]).toMatchObject({ type: "Warning", action: "Conflict", note: expect.stringContaining("Git") as string });
}, 60_000);

test("a restart does not forget the stop", async () => {
  await start({ others: { writers: writtenBy("kubectl") } });
  await operator.interfere(3);
  await operator.passes(5 * MINUTE_MS);
  expect((await operator.scaler()).status?.["conflict"]).toMatchObject({ manager: "kubectl", times: 1 });
  operator.restart();
  await operator.pass();
  expect(await conflict()).toMatchObject({ status: "True", reason: "ChangedByOther" });
  expect(await operator.replicas()).toBe(3);
});

test.each<[string, Writers, number]>([
  ["what was read was older than our own write", { ofReplicas: async () => ({ replicas: 8, manager: "kubectl" }) }, 3],
  ["it was an earlier write of our own", writtenBy("predictive-scaler"), 3],
  ["the owner has switched the target off", writtenBy("kubectl"), 0],
])("no conflict: %s", async (_why, writers, count) => {
  await start({ replicas: 4, others: { writers } });
  expect(await operator.replicas()).toBe(8);
  await operator.interfere(count);
  await operator.passes(5 * MINUTE_MS);
  expect(await conflict()).toMatchObject({ status: "False" });
});

test("beside an HPA nothing is ever written; without it scaling goes on", async () => {
  let found: ReturnType<Neighbours["autoscalersOf"]> = [{ name: "web", scaledObject: undefined }];
  await start({ replicas: 4, others: { neighbours: neighbours({ autoscalersOf: () => found }) } });
  await operator.passes(30 * MINUTE_MS);
  expect(await operator.replicas()).toBe(4);
  expect(await conflict()).toMatchObject({ status: "True", reason: "AnotherAutoscaler", message: expect.stringContaining("HorizontalPodAutoscaler web scales Deployment checkout too") as string });
  // The watch begins anew with the process: until it is there, what was known holds.
  found = undefined;
  operator.restart();
  await operator.pass();
  expect(await operator.replicas()).toBe(4);
  found = [];
  await operator.passes(5 * MINUTE_MS);
  expect(await operator.replicas()).toBeGreaterThan(4);
});

test("KEDA is named by its ScaledObject, an older scaler by its name; mode Recommend is in nobody's way", async () => {
  const keda = neighbours({ autoscalersOf: () => [{ name: "keda-hpa-web", scaledObject: "web" }] });
  await start({ others: { neighbours: keda } });
  expect((await conflict())?.message).toMatch(/KEDA's ScaledObject web \(HPA keda-hpa-web\).*External/);
  await operator.close();
  await start({ others: { neighbours: neighbours({ olderScalerOf: () => "old" }) } });
  expect(await conflict()).toMatchObject({ status: "True", reason: "AnotherScaler", message: expect.stringMatching(/older PredictiveScaler old/) as string });
  await operator.close();
  await start({ spec: { mode: "Recommend" }, others: { neighbours: keda } });
  expect(await conflict()).toMatchObject({ status: "False" });
});

test("a pause by annotation holds, is told, and ends at its time without anybody writing", async () => {
  await start({ replicas: 4 });
  const before = await operator.replicas();
  const until = new Date(operator.clock.nowMs() + 12 * MINUTE_MS).toISOString().replace(/\.\d+Z/, "Z");
  await annotate({ "predictivescaler.io/paused": "true", "predictivescaler.io/paused-until": until });
  await operator.passes(11 * MINUTE_MS);
  expect(await operator.replicas()).toBe(before);
  expect(await operator.condition("Paused")).toMatchObject({ status: "True", reason: "Paused", message: expect.stringContaining(until) as string });
  expect(await operator.condition("Ready")).toMatchObject({ status: "True" });
  expect(operator.events.map(({ reason }) => reason)).toContain("Paused");
  // A pass is due at the end itself, between two steps.
  await operator.passes(1.5 * MINUTE_MS);
  expect(await operator.replicas()).toBeGreaterThan(before);
  expect(await operator.condition("Paused")).toMatchObject({ status: "False", message: expect.stringContaining("ended") as string });
});

test("a word that is no pause pauses both ways and says what was expected", async () => {
  await start({ replicas: 4 });
  const before = await operator.replicas();
  await annotate({ "predictivescaler.io/paused": "yes", "predictivescaler.io/paused-until": "tomorrow" });
  await operator.passes(10 * MINUTE_MS);
  expect(await operator.replicas()).toBe(before);
  const message = (await operator.condition("Paused"))?.message;
  expect(message).toMatch(/"yes"; expected "true", "scale-in" or "scale-out"/);
  expect(message).toMatch(/"tomorrow"; expected a time such as/);
});

test("a schedule's floor holds from its minute on, and status says what is on and what comes next", async () => {
  const schedules = [{ name: "launch", cron: "12 3 * * *", duration: "10m", minReplicas: 38 }];
  await start({ spec: { schedules } });
  expect((await operator.scaler()).status?.["schedule"]).toEqual({ active: [], next: { time: "2026-01-25T03:12:00Z", name: "launch", minReplicas: 38, maxReplicas: 40 } });
  await operator.passes(12 * MINUTE_MS);
  expect(await operator.replicas()).toBe(38);
  const status = (await operator.scaler()).status?.["schedule"];
  expect(status).toEqual({ active: ["launch"], next: { time: "2026-01-25T03:22:00Z", name: "launch", minReplicas: 1, maxReplicas: 40 } });
  await operator.passes(30 * MINUTE_MS);
  expect(await operator.replicas()).toBeLessThan(38);
});
