// Targets as watches know them: nothing is asked while they are fresh, and nothing stale is ever told.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { createClock, createManualClock } from "../../src/clock.ts";
import { connect, createScales, createTargetCache, KubeError } from "../../src/kube/index.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { startPlaygroundKubernetes } from "../../src/playground/index.ts";

const TARGET = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" };
const PATH = "/apis/apps/v1/namespaces/shop/deployments/checkout";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Setting {
  readonly namespaces?: readonly string[];
  readonly isForbidden?: boolean;
}

async function setUp({ namespaces, isForbidden = false }: Setting = {}) {
  const kubernetes = await startPlaygroundKubernetes({ clock: createClock(), readyDelayMs: 1_000 });
  const kubeconfig = join(mkdtempSync(join(tmpdir(), "targets-")), "kubeconfig");
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  const connection = connect({ kubeconfig });
  const stop = new AbortController();
  closing.push(() => kubernetes.close(), () => connection.close(), () => stop.abort());
  const post = (path: string, body: object) => connection.request({ method: "POST", path, body });
  await post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  const labels = { app: "checkout" };
  const spec = { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "a" }] } } };
  await post("/apis/apps/v1/namespaces/shop/deployments", { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "checkout", namespace: "shop" }, spec });
  const asked: string[] = [];
  const counted: KubeConnection = {
    ...connection,
    async request(request) {
      asked.push(`${request.method} ${request.path.split("?")[0]}`);
      if (isForbidden && request.path.split("?")[0]!.endsWith("/deployments")) throw new KubeError("No.", { reason: "Forbidden", retry: "backoff", status: 403 });
      return connection.request(request);
    },
  };
  const clock = createManualClock(1_000_000);
  const targets = createTargetCache({ connection: counted, clock, namespaces, signal: stop.signal, onError: () => undefined });
  const scales = createScales({ connection: counted, clock, targets });
  const read = () => scales.read("shop", TARGET, stop.signal);
  const gets = () => asked.filter((line) => line === `GET ${PATH}`).length;
  /** Until a read asks nothing. */
  const untilKnown = () =>
    vi.waitFor(async () => {
      const before = gets();
      await read();
      expect(gets()).toBe(before);
    }, 5_000);
  const patch = (replicas: number) => connection.request({ method: "PATCH", path: PATH, body: { spec: { replicas } }, contentType: "application/merge-patch+json" });
  return { scales, stop, asked, clock, read, gets, untilKnown, patch };
}

test.each([
  ["all namespaces", {}, "GET /apis/apps/v1/deployments"],
  ["those that are named", { namespaces: ["shop"] }, "GET /apis/apps/v1/namespaces/shop/deployments"],
])("a target is asked for once and then watched: %s", async (_, setting, list) => {
  const { asked, read, gets, untilKnown, patch } = await setUp(setting);
  expect((await read()).replicas).toBe(3);
  expect(gets()).toBe(1);
  await untilKnown();
  expect(asked).toContain(list);
  const before = gets();
  await patch(7);
  await vi.waitFor(async () => expect((await read()).replicas).toBe(7), 5_000);
  expect(gets()).toBe(before);
});

test("after our own write no read tells what was there before it", async () => {
  const { scales, stop, read, untilKnown } = await setUp();
  await untilKnown();
  for (let replicas = 4; replicas < 12; replicas++) {
    const { resourceVersion } = await read();
    // The status of pods that become ready changes the version as well: then it is a conflict, and the next read asks.
    const outcome = await scales.write("shop", TARGET, replicas, resourceVersion, stop.signal).then(() => "written", (error: KubeError) => error.reason);
    const after = await read();
    expect([outcome, after.replicas === replicas]).toEqual(outcome === "written" ? ["written", true] : ["Conflict", expect.any(Boolean)]);
    expect(after.resourceVersion).not.toBe(resourceVersion);
  }
});

test("a watch that has been silent for minutes is not relied on", async () => {
  const { clock, read, gets, untilKnown } = await setUp();
  await untilKnown();
  const before = gets();
  await clock.advance(140_000);
  await read();
  expect(gets()).toBe(before);
  await clock.advance(20_000);
  await read();
  expect(gets()).toBe(before + 1);
});

test("where nothing may be watched each read asks, and a target that is gone is told as such", async () => {
  const { read, gets } = await setUp({ isForbidden: true });
  for (let i = 1; i <= 3; i++) {
    expect((await read()).replicas).toBe(3);
    expect(gets()).toBe(i);
  }
});

test("other kinds are asked for as before", async () => {
  const { scales, stop, asked } = await setUp();
  const other = scales.read("shop", { apiVersion: "apps/v1", kind: "Deployment", name: "missing" }, stop.signal);
  await expect(other).rejects.toMatchObject({ reason: "TargetNotFound" });
  expect(asked.filter((line) => line.includes("statefulsets"))).toEqual([]);
});
