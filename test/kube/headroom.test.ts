// The placeholders' Deployment on a small API server: made, scaled, made anew, taken away, and never touched where it is not the scaler's own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { connect, createHeadrooms, guardWrites, headroomName, KubeError } from "../../src/kube/index.ts";
import type { Headrooms, KubeConnection } from "../../src/kube/index.ts";
import { startPlaygroundKubernetes } from "../../src/playground/index.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments";
const OWNER = { namespace: "shop", name: "web", uid: "11111111-2222-4333-8444-555555555555" };
const TARGET = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const signal = new AbortController().signal;
const want = (replicas: number, priorityClassName = "low") => ({ replicas, priorityClassName });

interface Shown {
  readonly metadata: { readonly uid: string; readonly generation: number; readonly labels: Record<string, string>; readonly ownerReferences: readonly object[] };
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: { readonly containers: readonly object[] } } };
}

let kubernetes: Awaited<ReturnType<typeof startPlaygroundKubernetes>>;
let connection: KubeConnection;
let headrooms: Headrooms;
let folder = "";

beforeEach(async () => {
  kubernetes = await startPlaygroundKubernetes({ clock: createManualClock(1_800_000_000_000), readyDelayMs: 0 });
  folder = mkdtempSync(join(tmpdir(), "headroom-"));
  writeFileSync(join(folder, "kubeconfig"), kubernetes.kubeconfig);
  connection = connect({ kubeconfig: join(folder, "kubeconfig") });
  headrooms = createHeadrooms({ connection, image: "pause" });
  await connection.request({ method: "POST", path: "/api/v1/namespaces", body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } } });
  await make("web", { cpu: "250m" });
});
afterEach(async () => {
  await connection.close();
  await kubernetes.close();
  rmSync(folder, { recursive: true });
});

async function make(name: string, requests: object, labels: object = { app: name }): Promise<void> {
  const containers = [{ name: "a", image: "a", resources: { requests } }];
  const spec = { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } };
  await connection.request({ method: "POST", path: DEPLOYMENTS, body: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "shop", labels }, spec } });
}
const get = (name: string) => connection.request({ method: "GET", path: `${DEPLOYMENTS}/${name}` }) as Promise<Shown>;
const isThere = (name: string) => get(name).then(() => true, () => false);
const failure = async (work: Promise<unknown>) => (await work.then(() => undefined, (error: unknown) => error)) as KubeError;

test("it is made with the number wanted, owned by the scaler, and asks for what the target asks for", async () => {
  expect(await headrooms.keep(OWNER, TARGET, want(3), signal)).toEqual({ replicas: 3, ready: 0, refused: undefined });
  const { metadata, spec } = await get("web-headroom");
  expect(metadata.ownerReferences).toEqual([{ apiVersion: "predictivescaler.io/v1alpha1", kind: "PredictiveScaler", name: "web", uid: OWNER.uid, controller: true }]);
  expect(metadata.labels).not.toHaveProperty("app");
  expect(spec.replicas).toBe(3);
  expect(spec.template.spec.containers).toMatchObject([{ image: "pause", resources: { requests: { cpu: "250m" } } }]);
});

test("another number goes through /scale; the same one writes nothing", async () => {
  await headrooms.keep(OWNER, TARGET, want(3), signal);
  const { metadata } = await get("web-headroom");
  await headrooms.keep(OWNER, TARGET, want(5), signal);
  const scaled = await get("web-headroom");
  expect([scaled.spec.replicas, scaled.metadata.uid]).toEqual([5, metadata.uid]);
  const reading = createHeadrooms({ connection: guardWrites(connection, () => false), image: "pause" });
  await expect(reading.keep(OWNER, TARGET, want(5), signal)).resolves.toMatchObject({ replicas: 5 });
  expect((await failure(reading.keep(OWNER, TARGET, want(4), signal))).reason).toBe("NotLeader");
});

test("none wanted and none there makes none; none wanted and some there leaves an empty one", async () => {
  await headrooms.keep(OWNER, TARGET, want(0), signal);
  expect(await isThere("web-headroom")).toBe(false);
  await headrooms.keep(OWNER, TARGET, want(2), signal);
  await headrooms.keep(OWNER, { ...TARGET, name: "gone" }, want(0), signal);
  expect((await get("web-headroom")).spec.replicas).toBe(0);
});

test("other requests of the target, another PriorityClass and another image make all anew", async () => {
  await headrooms.keep(OWNER, TARGET, want(3), signal);
  let { uid } = (await get("web-headroom")).metadata;
  const isNew = async () => {
    const before = uid;
    ({ uid } = (await get("web-headroom")).metadata);
    return uid !== before;
  };
  await headrooms.keep(OWNER, TARGET, want(3, "lower"), signal);
  expect(await isNew()).toBe(true);
  const other = createHeadrooms({ connection, image: "other" });
  await other.keep(OWNER, TARGET, want(3, "lower"), signal);
  expect(await isNew()).toBe(true);
  const containers = [{ name: "a", image: "a", resources: { requests: { cpu: "300m" } } }];
  const patch = { method: "PATCH", path: `${DEPLOYMENTS}/web`, contentType: "application/merge-patch+json" } as const;
  await connection.request({ ...patch, body: { spec: { template: { spec: { containers } } } } });
  await other.keep(OWNER, TARGET, want(4, "lower"), signal);
  expect(await isNew()).toBe(true);
  expect((await get("web-headroom")).spec.template.spec.containers).toMatchObject([{ resources: { requests: { cpu: "300m" } } }]);
  await connection.request({ ...patch, body: { metadata: { annotations: { a: "b" } } } });
  await other.keep(OWNER, TARGET, want(4, "lower"), signal);
  expect(await isNew()).toBe(false);
});

test("a Deployment of that name that the scaler does not own is neither changed nor deleted", async () => {
  await make("web-headroom", { cpu: "1" }, { "predictivescaler.io/headroom": OWNER.uid });
  const before = await get("web-headroom");
  for (const replicas of [0, 3]) {
    const error = await failure(headrooms.keep(OWNER, TARGET, want(replicas), signal));
    expect(error).toMatchObject({ reason: "HeadroomRefused", message: expect.stringContaining('"web-headroom" in namespace "shop"') });
  }
  expect(await headrooms.remove(OWNER, signal)).toBe(false);
  expect(await get("web-headroom")).toEqual(before);
});

test("it is removed once, and the second time it is not there", async () => {
  await headrooms.keep(OWNER, TARGET, want(3), signal);
  expect(await headrooms.remove({ ...OWNER, uid: "other" }, signal)).toBe(false);
  expect(await headrooms.remove(OWNER, signal)).toBe(true);
  expect(await isThere("web-headroom")).toBe(false);
  expect(await headrooms.remove(OWNER, signal)).toBe(false);
  expect(await isThere("web")).toBe(true);
});

test("a target whose pods are not known, or ask for nothing, is said with what to do", async () => {
  const controller = { apiVersion: "v1", kind: "ReplicationController", name: "web" };
  expect(await failure(headrooms.keep(OWNER, controller, want(1), signal))).toMatchObject({ reason: "HeadroomUnsupported", message: expect.stringContaining("ReplicationController") });
  await make("bare", {});
  const error = await failure(headrooms.keep(OWNER, { ...TARGET, name: "bare" }, want(1), signal));
  expect(error).toMatchObject({ reason: "HeadroomUnsupported", hint: expect.stringContaining("requests") });
  expect(await isThere("web-headroom")).toBe(false);
});

test("what the API server refuses its pods for is passed on", async () => {
  await headrooms.keep(OWNER, TARGET, want(3), signal);
  const message = 'pods "x" is forbidden: no PriorityClass with name low was found';
  const status = { readyReplicas: 1, conditions: [{ type: "ReplicaFailure", status: "True", message }] };
  await connection.request({ method: "PATCH", path: `${DEPLOYMENTS}/web-headroom/status`, body: { status }, contentType: "application/merge-patch+json" });
  expect(await headrooms.keep(OWNER, TARGET, want(3), signal)).toMatchObject({ replicas: 3, refused: message });
  expect(await headrooms.keep(OWNER, TARGET, want(0), signal)).toMatchObject({ refused: undefined });
});

test("a missing permission names the value of the chart that grants it", async () => {
  const said = 'deployments.apps is forbidden: User "operator" cannot create resource "deployments" in API group "apps" in the namespace "shop"';
  const refused = new KubeError("The operator may not create deployments in namespace \"shop\".", { status: 403, reason: "Forbidden", retry: "nextInterval", hint: "Add a rule.", cause: new Error(said) });
  const refusing: KubeConnection = { ...connection, request: (request) => (request.method === "POST" ? Promise.reject(refused) : connection.request(request)) };
  const error = await failure(createHeadrooms({ connection: refusing, image: "pause" }).keep(OWNER, TARGET, want(1), signal));
  expect(error.hint).toBe("Add a rule. In the chart nodeHeadroom.enabled=true grants it.");
});

test("a long name is cut and told apart by the uid; it stays a name", () => {
  expect(headroomName({ name: "web", uid: OWNER.uid })).toBe("web-headroom");
  const long = headroomName({ name: `${"a".repeat(44)}.${"b".repeat(60)}`, uid: OWNER.uid });
  expect(long).toBe(`${"a".repeat(44)}-11111111-headroom`);
  expect(headroomName({ name: "c".repeat(54), uid: OWNER.uid })).toBe(`${"c".repeat(54)}-headroom`);
  expect(headroomName({ name: "c".repeat(253), uid: OWNER.uid })).toHaveLength(63);
});
