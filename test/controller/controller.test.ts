// The controller over a watch: which changes ask for a pass, what the end of a term leaves, and what a replica does that leads no more.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createClock, createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import { createController } from "../../src/controller/index.ts";
import type { Controller, StoredScaler } from "../../src/controller/index.ts";
import { learnModel } from "../../src/controller/model.ts";
import { connect, createAutoscalers, createClaims, createHeadrooms, createScalerCache, createScales, createStatuses, guardWrites } from "../../src/kube/index.ts";
import type { KubeConnection, KubeEvent, Reflector } from "../../src/kube/index.ts";
import { startPlaygroundKubernetes, startPlaygroundPrometheus } from "../../src/playground/index.ts";
import { createPrometheusClient } from "../../src/prometheus/index.ts";
import { createMetrics } from "../../src/telemetry/index.ts";
import type { Metrics } from "../../src/telemetry/index.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "./world.ts";

const NOW_MS = START_MS + 20 * DAY_MS + 3 * 60 * MINUTE_MS + 20_000;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments";
const SCALERS = "/apis/predictivescaler.io/v1alpha1/namespaces/shop/predictivescalers";
const KEY = "shop/checkout";

let clock: ManualClock;
let closing: (() => unknown)[] = [];
let connection: KubeConnection;
let scalers: Reflector<StoredScaler>;
let metrics: Metrics;
let controller: Controller | undefined;
let makeController: () => Controller;
let leads = true;
/** Another member has the scaler. */
let isAnothers = false;
const forgotten: string[] = [];
const events: KubeEvent[] = [];
const logged: string[] = [];

beforeEach(async () => {
  leads = true;
  isAnothers = false;
  forgotten.length = 0;
  controller = undefined;
  events.length = logged.length = 0;
  clock = createManualClock(NOW_MS);
  const wallClock = createClock();
  const kubernetes = await startPlaygroundKubernetes({ clock, readyDelayMs: MINUTE_MS });
  const prometheus = await startPlaygroundPrometheus({ clock });
  prometheus.addSeries({ name: "demand", labels: {}, value: demandAt });
  connection = connect({ server: kubernetes.url });
  const client = createPrometheusClient({ url: prometheus.url, clock: wallClock, random: () => 0 });
  const stop = new AbortController();
  const create = (path: string, body: object) => connection.request({ method: "POST", path, body });
  await create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  const labels = { app: "checkout" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "a", image: "a" }] } };
  await create(DEPLOYMENTS, { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "checkout" }, spec: { replicas: 4, selector: { matchLabels: labels }, template } });
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" };
  const spec = { scaleTargetRef, maxReplicas: 40, metric: { query: "sum(demand)", targetPerReplica: "50", step: "5m" } };
  await create(SCALERS, { apiVersion: "predictivescaler.io/v1alpha1", kind: "PredictiveScaler", metadata: { name: "checkout" }, spec });
  scalers = createScalerCache<StoredScaler>({
    connection,
    clock: wallClock,
    namespaces: undefined,
    handlers: { changed: (key, scaler) => controller?.changed(key, scaler) },
  });
  const watching = scalers.run(stop.signal);
  await vi.waitUntil(() => scalers.synced(), { interval: 2, timeout: 5_000 });
  metrics = createMetrics();
  const writing = guardWrites(connection, () => leads);
  const say = (_: object, text: string) => void logged.push(text);
  makeController = () =>
    createController({
      clock,
      prometheus: client,
      scales: createScales({ connection: writing, clock: wallClock }),
      autoscalers: createAutoscalers({ connection: writing }),
      claims: createClaims({ connection: writing }),
      headrooms: createHeadrooms({ connection: writing, image: "pause" }),
      statuses: createStatuses({ connection: writing }),
      events: { emit: (event) => void events.push(event) },
      metrics,
      log: { debug() {}, info() {}, warn: say, error: say },
      thread: { learn: async (request) => learnModel(request), close: async () => {} },
      random: () => 0.5,
      onForgotten: (key) => void forgotten.push(key),
    });
  closing = [() => stop.abort(), () => watching, () => client.close(), () => connection.close(), () => kubernetes.close(), () => prometheus.close()];
});
afterEach(async () => {
  for (const close of closing) await close();
});

/** Leads until the returned function is called. */
function lead(): () => Promise<void> {
  const term = new AbortController();
  const current = (controller = makeController());
  const work = current.run({ ...scalers, get: (key) => (isAnothers ? undefined : scalers.get(key)) }, term.signal);
  return () => {
    term.abort(new Error("the lease was lost"));
    return work;
  };
}
const conditionIn = (type: string) => scalers.get(KEY)?.status?.conditions?.find((condition) => condition.type === type);
const fitted = () => vi.waitUntil(() => conditionIn("Forecasting")?.reason === "ModelFitted", { interval: 2, timeout: 10_000 });
const passes = async (outcome: string) => Number(new RegExp(`reconcile_total\\{outcome="${outcome}"\\} (\\d+)`).exec(await metrics.render())?.[1] ?? 0);
const replicas = async () => ((await connection.request({ method: "GET", path: `${DEPLOYMENTS}/checkout` })) as { spec: { replicas: number } }).spec.replicas;
/** Long enough for what is under way to show. */
const settle = async () => {
  for (let i = 0; i < 10; i++) await replicas();
};

test("our own status writes ask for no pass; a new specification asks for one", async () => {
  const end = lead();
  await fitted();
  await settle();
  expect(await passes("ok")).toBe(2); // the first, and that which the model woke
  const merge = "application/merge-patch+json";
  await connection.request({ method: "PATCH", path: `${SCALERS}/checkout`, body: { metadata: { labels: { a: "b" } } }, contentType: merge });
  await settle();
  expect(await passes("ok")).toBe(2);
  await connection.request({ method: "PATCH", path: `${SCALERS}/checkout`, body: { spec: { mode: "ScaleOutOnly" } }, contentType: merge });
  await vi.waitUntil(async () => (await passes("ok")) === 3, { interval: 5, timeout: 5_000 });
  await end();
});

test("a term that ends takes the series with it, and the next one begins anew without telling again what is known", async () => {
  const end = lead();
  await fitted();
  await settle();
  expect(await metrics.render()).toContain('name="checkout"');
  await end();
  expect(await metrics.render()).not.toContain('name="checkout"');
  expect(await metrics.render()).toContain("predictive_scaler_history_loads_waiting 0");
  const told = events.filter(({ action }) => action !== "Scale").length;
  const decidedAt = () => scalers.get(KEY)?.status?.decision?.time ?? "";
  const before = decidedAt();
  await clock.advance(10 * MINUTE_MS);
  const endAgain = lead();
  await vi.waitUntil(() => decidedAt() > before && conditionIn("Forecasting")?.status === "True", { interval: 2, timeout: 10_000 });
  await settle();
  expect(await metrics.render()).toContain('name="checkout"');
  expect(events.filter(({ action }) => action !== "Scale")).toHaveLength(told);
  await endAgain();
});

test("a replica that leads no more writes nothing and says nothing, and goes on if its lease is renewed after all", async () => {
  leads = false;
  const end = lead();
  await vi.waitUntil(async () => /predictive_scaler_workqueue_retries_total [1-9]/.test(await metrics.render()), { interval: 5, timeout: 5_000 });
  await settle();
  expect(await replicas()).toBe(4);
  expect(scalers.get(KEY)?.status).toBeUndefined();
  expect({ events, logged, failed: await passes("error") }).toEqual({ events: [], logged: [], failed: 0 });
  leads = true;
  await clock.advance(MINUTE_MS);
  await fitted();
  expect(await replicas()).toBeGreaterThan(4);
  await end();
});

test("a scaler that is taken away ends its series and is told as forgotten; when it comes back it begins anew and lowers nothing first", async () => {
  const end = lead();
  await fitted();
  await settle();
  isAnothers = true;
  controller?.changed(KEY, undefined);
  await vi.waitUntil(() => forgotten.length > 0, { interval: 2, timeout: 5_000 });
  expect(forgotten).toEqual([KEY]);
  expect(await metrics.render()).not.toContain('name="checkout"');
  expect(controller?.journal(KEY, 0)).toBeUndefined();
  // Its owner in between has raised it far above what is needed.
  await connection.request({ method: "PATCH", path: `${DEPLOYMENTS}/checkout`, body: { spec: { replicas: 39 } }, contentType: "application/merge-patch+json" });
  const decidedAt = () => scalers.get(KEY)?.status?.decision?.time ?? "";
  const before = decidedAt();
  await clock.advance(10 * MINUTE_MS);
  expect(decidedAt()).toBe(before);
  isAnothers = false;
  controller?.changed(KEY, scalers.get(KEY));
  await vi.waitUntil(() => decidedAt() > before && conditionIn("Forecasting")?.status === "True", { interval: 2, timeout: 10_000 });
  await settle();
  expect(await replicas()).toBe(39);
  await end();
});
