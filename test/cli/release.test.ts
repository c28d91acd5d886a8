// What the pre-delete hook does, against a small API server: the lease first, then the truth in every status, as often as it is run.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CONDITION_TYPES } from "../../src/api/index.ts";
import { createManualClock } from "../../src/clock.ts";
import { releaseCommand } from "../../src/cli/release.ts";
import { markRemoved } from "../../src/cli/release/mark-removed.ts";
import { readScalers } from "../../src/cli/release/scalers.ts";
import { connect, createHeadrooms, createLeases, createMemberLeases, KubeError } from "../../src/kube/index.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { startPlaygroundKubernetes } from "../../src/playground/index.ts";
import { takeLease } from "../../src/cli/release/lease.ts";
import { runCaptured } from "./capture.ts";

const SCALERS = "/apis/predictivescaler.io/v1alpha1/namespaces";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/system/leases";
const LEASE = { namespace: "system", name: "predictive-scaler" };
const NOW_MS = 1_800_000_000_000;
const signal = new AbortController().signal;

let kubernetes: Awaited<ReturnType<typeof startPlaygroundKubernetes>>;
let connection: KubeConnection;
let folder = "";
let kubeconfig = "";

beforeEach(async () => {
  kubernetes = await startPlaygroundKubernetes({ clock: createManualClock(NOW_MS), readyDelayMs: 0 });
  folder = mkdtempSync(join(tmpdir(), "release-"));
  kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  connection = connect({ kubeconfig });
  for (const name of ["system", "shop", "web", "a", "b"])
    await connection.request({ method: "POST", path: "/api/v1/namespaces", body: { apiVersion: "v1", kind: "Namespace", metadata: { name } } });
});
afterEach(async () => {
  await connection.close();
  await kubernetes.close();
  rmSync(folder, { recursive: true });
});

const release = (...args: string[]) => runCaptured(releaseCommand, ["--kubeconfig", kubeconfig, "--leader-elect-namespace", "system", ...args]);
const get = (path: string) => connection.request({ method: "GET", path }) as Promise<{ metadata: object; spec: object; status?: { conditions?: object[] } }>;

async function makeScaler(namespace: string, name: string, status?: object): Promise<string> {
  const spec = { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, maxReplicas: 40, metric: { query: "q", targetPerReplica: "50" } };
  const path = `${SCALERS}/${namespace}/predictivescalers`;
  const body = { apiVersion: "predictivescaler.io/v1alpha1", kind: "PredictiveScaler", metadata: { name, namespace }, spec };
  await connection.request({ method: "POST", path, body });
  if (status !== undefined) await connection.request({ method: "PATCH", path: `${path}/${name}/status`, body: { status } });
  return `${path}/${name}`;
}

async function makeLease(spec: object): Promise<void> {
  const metadata = { name: LEASE.name, namespace: LEASE.namespace, labels: { "app.kubernetes.io/managed-by": "Helm" } };
  await connection.request({ method: "POST", path: LEASES, body: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec } });
}

const ready = { type: "Ready", status: "True", reason: "AsExpected", message: "Forecasting and scaling.", lastTransitionTime: "2026-03-02T08:00:00Z" };

test("no lease, no scaler: nothing to do is no failure", async () => {
  const { code, out, err } = await release();
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("There is no lease system/predictive-scaler");
});

test("a lease that nobody holds is kept from others for five minutes, and stays the chart's object", async () => {
  await makeLease({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 4 });
  expect((await release()).code).toBe(0);
  expect(await get(`${LEASES}/predictive-scaler`)).toMatchObject({
    metadata: { labels: { "app.kubernetes.io/managed-by": "Helm" } },
    spec: { holderIdentity: expect.stringMatching(/^release_/), leaseDurationSeconds: 300, leaseTransitions: 5 },
  });
});

test("a lease that is held is taken all the same, and its holder is named", async () => {
  await makeLease({ holderIdentity: "operator-1", leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(await takeLease(createLeases(connection, 5_000), LEASE, createManualClock(NOW_MS), signal)).toEqual({ kind: "taken", from: "operator-1" });
});

test("the Leases of members go too, whoever they are of; other Leases stay", async () => {
  const leases = createMemberLeases({ connection, clock: createManualClock(NOW_MS), namespace: "system", timeoutMs: 5_000 });
  for (const name of ["member-1", "member-2"]) await leases.write({ name, identity: name, leaseMs: 15_000, setHash: "x", isReleased: false }, undefined, signal);
  await makeLease({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 0 });
  expect(await leases.list(signal)).toHaveLength(2);
  const { code, out } = await release();
  expect(code).toBe(0);
  expect(out).toContain("Removed the leases of 2 members.");
  expect(await leases.list(signal)).toEqual([]);
  expect(await get(`${LEASES}/predictive-scaler`)).toMatchObject({ spec: { holderIdentity: expect.stringMatching(/^release_/) } });
});

test("a member's Lease is made and changed only as it was seen, and removed once", async () => {
  const leases = createMemberLeases({ connection, clock: createManualClock(NOW_MS), namespace: "system", timeoutMs: 5_000 });
  const own = { name: "member-1", identity: "pod-1", leaseMs: 15_000, setHash: "x", isReleased: false };
  const first = await leases.write(own, undefined, signal);
  expect(await leases.write(own, undefined, signal)).toBeUndefined();
  const second = await leases.write({ ...own, setHash: "y" }, first, signal);
  expect(await leases.write({ ...own, setHash: "z" }, first, signal)).toBeUndefined();
  expect(await leases.list(signal)).toEqual([{ name: "member-1", identity: "pod-1", version: second, setHash: "y", leaseMs: 15_000, isReleased: false }]);
  await leases.write({ ...own, setHash: "", isReleased: true }, second, signal);
  expect(await leases.list(signal)).toMatchObject([{ isReleased: true, leaseMs: 1_000 }]);
  const [left] = await leases.list(signal);
  await leases.remove("member-1", left?.version ?? "", signal);
  await leases.remove("member-1", left?.version ?? "", signal);
  expect(await leases.list(signal)).toEqual([]);
});

test("every status says that nobody acts; the rest of it, other scalers' times and a second run change nothing", async () => {
  const decision = { time: "2026-03-02T08:00:00Z", from: 3, to: 8, reason: "ForecastDemand", message: "…" };
  const served = await makeScaler("shop", "checkout", { desiredReplicas: 8, decision, conditions: [ready] });
  const never = await makeScaler("web", "new");
  const { code, out } = await release();
  expect(code).toBe(0);
  expect(out).toContain("2 of 2");
  const { status } = await get(served);
  expect(status).toMatchObject({ desiredReplicas: 8, decision: { to: 8 } });
  const removed = { status: "Unknown", reason: "OperatorRemoved", message: expect.stringMatching(/Install the operator again/) };
  for (const type of CONDITION_TYPES)
    for (const one of [status, (await get(never)).status]) expect(one?.conditions).toContainEqual(expect.objectContaining({ type, ...removed }));
  const before = await get(served);
  expect((await release()).out).toContain("0 of 2");
  expect(await get(served)).toEqual(before);
});

test("placeholder pods of scalers are taken away, other Deployments stay", async () => {
  const deployments = "/apis/apps/v1/namespaces/shop/deployments";
  const made = await makeScaler("shop", "checkout", { nodeHeadroom: { replicas: 3 }, conditions: [ready] });
  const { uid } = (await get(made)).metadata as { uid: string };
  const labels = { app: "checkout" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "a", image: "a", resources: { requests: { cpu: "1" } } }] } };
  const target = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" };
  await connection.request({ method: "POST", path: deployments, body: { ...target, metadata: { name: "checkout" }, spec: { selector: { matchLabels: labels }, template } } });
  await createHeadrooms({ connection, image: "pause" }).keep({ namespace: "shop", name: "checkout", uid }, target, { replicas: 3, priorityClassName: "low" }, signal);
  expect((await release()).out).toContain("Scalers whose placeholder pods were removed: 1.");
  const { items } = (await connection.request({ method: "GET", path: deployments })) as { items: { metadata: { name: string } }[] };
  expect(items.map(({ metadata }) => metadata.name)).toEqual(["checkout"]);
  const { status } = await get(made);
  expect(status).not.toHaveProperty("nodeHeadroom");
  expect(status?.conditions).toContainEqual(expect.objectContaining({ type: "Ready", reason: "OperatorRemoved" }));
  expect((await release()).out).not.toContain("placeholder");
});

test("with namespaces given, scalers elsewhere are left as they are", async () => {
  const inside = await makeScaler("a", "x", { conditions: [ready] });
  const outside = await makeScaler("b", "x", { conditions: [ready] });
  expect((await release("--watch-namespaces", "a")).code).toBe(0);
  expect((await get(inside)).status?.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "Unknown" }));
  expect((await get(outside)).status?.conditions).toEqual([ready]);
});

test("a scaler that is deleted meanwhile is passed over", async () => {
  const said: string[] = [];
  const gone = { metadata: { name: "gone", namespace: "shop", resourceVersion: "1" }, conditions: [] };
  await markRemoved([gone], { connection, clock: createManualClock(NOW_MS), signal, say: (sentence) => void said.push(sentence) });
  expect(said).toHaveLength(1);
});

test.each([
  { status: 404, says: /The CRD is not installed/ },
  { status: 403, says: /^Scalers are passed over: / },
])("scalers that are not there or may not be seen are passed over, and told ($status)", async ({ status, says }) => {
  const said: string[] = [];
  const refusing: KubeConnection = {
    ...connection,
    request: () => Promise.reject(new KubeError("No.", { status, reason: "Forbidden", retry: "backoff" })),
  };
  const parts = { connection: refusing, clock: createManualClock(NOW_MS), signal, say: (sentence: string) => void said.push(sentence) };
  expect(await readScalers(["a"], parts)).toEqual([]);
  await markRemoved([{ metadata: { name: "x", namespace: "a" }, conditions: [] }], { ...parts, say: () => undefined });
  expect(said).toEqual([expect.stringMatching(says)]);
});

test("an API server that does not answer is an error that says so", async () => {
  await kubernetes.close();
  await expect(release()).rejects.toThrow(/No usable answer from the Kubernetes API server/);
});
