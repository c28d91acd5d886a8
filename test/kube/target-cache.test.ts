// Targets as watches know them: nothing is asked while they are fresh, and nothing is ever told that is older than what was read or written before.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { createClock, createManualClock } from "../../src/clock.ts";
import type { OperatorError } from "../../src/errors.ts";
import { connect, createScales, createTargetCache, KubeError } from "../../src/kube/index.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { startPlaygroundKubernetes } from "../../src/playground/index.ts";
import { temporaryFolder } from "../control-plane/child-process.ts";

const TARGET = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" };
const PATH = "/apis/apps/v1/namespaces/shop/deployments/checkout";
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Setting {
  readonly namespaces?: readonly string[];
  /** Which of the two is refused. */
  readonly refused?: "list" | "watch";
}

/** A connection that can be made to refuse, to hold events back, and to lose the answer of a write. */
function troubled(connection: KubeConnection, refused: Setting["refused"]) {
  const asked: string[] = [];
  const trouble = { refused, isHeld: false, losesAnswers: false };
  const refuse = (verb: string) => new KubeError(`The operator may not ${verb} deployments.`, { reason: "Forbidden", retry: "backoff", status: 403 });
  const troubledConnection: KubeConnection = {
    ...connection,
    async request(request) {
      const path = request.path.split("?")[0]!;
      asked.push(`${request.method} ${path}`);
      if (trouble.refused === "list" && path.endsWith("/deployments")) throw refuse("list");
      const answer = await connection.request(request);
      if (trouble.losesAnswers && request.method === "PATCH") throw new KubeError("The answer was lost.", { reason: "KubernetesUnreachable", retry: "backoff" });
      return answer;
    },
    async *watch(path, signal) {
      if (trouble.refused === "watch") throw refuse("watch");
      for await (const event of connection.watch(path, signal)) {
        while (trouble.isHeld && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
        yield event;
      }
    },
  };
  return { asked, trouble, connection: troubledConnection };
}

async function setUp({ namespaces, refused }: Setting = {}) {
  const kubernetes = await startPlaygroundKubernetes({ clock: createClock(), readyDelayMs: 20 });
  const kubeconfig = join(temporaryFolder("targets-"), "kubeconfig");
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  const direct = connect({ kubeconfig });
  const stop = new AbortController();
  closing.push(() => kubernetes.close(), () => direct.close(), () => stop.abort());
  const post = (path: string, body: object) => direct.request({ method: "POST", path, body });
  await post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  const labels = { app: "checkout" };
  const spec = { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "a" }] } } };
  await post("/apis/apps/v1/namespaces/shop/deployments", { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "checkout", namespace: "shop" }, spec });
  const { asked, trouble, connection } = troubled(direct, refused);
  const clock = createManualClock(1_000_000);
  const told: OperatorError[] = [];
  const targets = createTargetCache({ connection, clock, namespaces, signal: stop.signal, onError: (error) => told.push(error) });
  const scales = createScales({ connection, clock, targets });
  const read = () => scales.read("shop", TARGET, stop.signal);
  const gets = () => asked.filter((line) => line === `GET ${PATH}`).length;
  /** Until a read asks nothing. */
  const untilKnown = () =>
    vi.waitFor(async () => {
      const before = gets();
      await read();
      expect(gets()).toBe(before);
    }, 5_000);
  const untilReady = (replicas: number) => vi.waitFor(async () => expect(await read()).toMatchObject({ replicas, readyReplicas: replicas, isRollingOut: false }), 5_000);
  const patch = (replicas: number) => direct.request({ method: "PATCH", path: PATH, body: { spec: { replicas } }, contentType: "application/merge-patch+json" });
  return { scales, stop, asked, trouble, told, clock, read, gets, untilKnown, untilReady, patch };
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
  expect(asked.filter((line) => line.includes("statefulsets"))).toEqual([]);
});

test("while the watch lags behind a write of ours the server is asked; once it has caught up, nobody", async () => {
  const { scales, stop, trouble, read, gets, untilKnown, untilReady } = await setUp();
  await untilKnown();
  await untilReady(3);
  for (let replicas = 4; replicas < 8; replicas++) {
    const { resourceVersion } = await read();
    trouble.isHeld = true;
    await scales.write("shop", TARGET, replicas, resourceVersion, stop.signal);
    const before = gets();
    expect((await read()).replicas).toBe(replicas);
    expect((await read()).replicas).toBe(replicas);
    expect(gets()).toBe(before + 2);
    trouble.isHeld = false;
    await untilKnown();
    await untilReady(replicas);
  }
});

test("what was read is not followed by something older", async () => {
  const { scales, stop, trouble, read, gets, untilKnown, untilReady, patch } = await setUp();
  await untilKnown();
  await untilReady(3);
  const { resourceVersion } = await read();
  trouble.isHeld = true;
  await patch(9);
  // The watch still has 3. The write on it is refused, and from then on nobody is told of the 3.
  const refusal = await scales.write("shop", TARGET, 5, resourceVersion, stop.signal).catch((error: KubeError) => error.reason);
  expect(refusal).toBe("Conflict");
  const before = gets();
  for (let i = 0; i < 3; i++) expect((await read()).replicas).toBe(9);
  expect(gets()).toBe(before + 3);
  trouble.isHeld = false;
  await untilReady(9);
  await untilKnown();
});

test("after a write whose answer was lost the server is asked", async () => {
  const { scales, stop, trouble, read, gets, untilKnown, untilReady } = await setUp();
  await untilKnown();
  await untilReady(3);
  const { resourceVersion } = await read();
  Object.assign(trouble, { isHeld: true, losesAnswers: true });
  await expect(scales.write("shop", TARGET, 6, resourceVersion, stop.signal)).rejects.toMatchObject({ reason: "KubernetesUnreachable" });
  const before = gets();
  expect((await read()).replicas).toBe(6);
  expect(gets()).toBe(before + 1);
});

test("a watch that has been silent for minutes is not relied on", async () => {
  const { clock, read, gets, untilKnown, untilReady } = await setUp();
  await untilKnown();
  await untilReady(3);
  const before = gets();
  await clock.advance(140_000);
  await read();
  expect(gets()).toBe(before);
  await clock.advance(20_000);
  await read();
  expect(gets()).toBe(before + 1);
});

test.each(["list", "watch"] as const)("where the operator may not %s each read asks, it is told once, and tried again minutes later", async (refused) => {
  const { clock, trouble, told, asked, read, gets, untilKnown } = await setUp({ refused });
  const lists = () => asked.filter((line) => line === "GET /apis/apps/v1/deployments").length;
  expect((await read()).replicas).toBe(3);
  await vi.waitFor(() => expect(told).toHaveLength(1), 5_000);
  for (let i = 0; i < 2; i++) expect((await read()).replicas).toBe(3);
  expect(gets()).toBe(3);
  await clock.advance(240_000);
  expect((await read()).replicas).toBe(3);
  expect([gets(), lists()]).toEqual([4, 1]);
  expect(told.map(({ message }) => message)).toEqual([`The operator may not ${refused} deployments.`]);
  await clock.advance(120_000);
  trouble.refused = undefined;
  await untilKnown();
  expect(lists()).toBe(2);
});

test("fifty namespaces are watched at the same time, each by itself", async () => {
  const others = Array.from({ length: 49 }, (_, i) => `other-${i}`);
  const { scales, stop, read, gets, untilKnown, patch } = await setUp({ namespaces: [...others, "shop"] });
  const outcomes = await Promise.allSettled(others.map((namespace) => scales.read(namespace, TARGET, stop.signal)));
  expect(outcomes.map(({ status }) => status)).toEqual(others.map(() => "rejected"));
  await untilKnown();
  const before = gets();
  await patch(7);
  await vi.waitFor(async () => expect((await read()).replicas).toBe(7), 5_000);
  expect(gets()).toBe(before);
});

test("a target that is gone is told as such", async () => {
  const { scales, stop, untilKnown } = await setUp();
  await untilKnown();
  const missing = scales.read("shop", { ...TARGET, name: "missing" }, stop.signal);
  await expect(missing).rejects.toMatchObject({ reason: "TargetNotFound" });
});
