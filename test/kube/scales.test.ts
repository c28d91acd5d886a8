// What is read of a target, what is written to it, and what is said when that cannot be.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import { connect, createScales, KubeError } from "../../src/kube/index.ts";
import { pruneScaler } from "../../src/kube/scaler-cache.ts";
import type { KubeConnection, Scales } from "../../src/kube/index.ts";
import { availableReplicas, isRollingOut, readyReplicas } from "../../src/kube/workloads.ts";
import { json, list, refuse, startScriptedServer } from "./scripted-server.ts";
import type { ScriptedServer } from "./scripted-server.ts";

const WEB = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const ROLLOUT = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web" };
const never = new AbortController().signal;
let server: ScriptedServer;
let clock: ManualClock;
let connection: KubeConnection;
let scales: Scales;

beforeEach(async () => {
  server = await startScriptedServer();
  clock = createManualClock();
  connection = connect({ server: server.url });
  scales = createScales({ connection, clock });
});
afterEach(async () => {
  await connection.close();
  await server.close();
});

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => new Error("nothing failed"),
    (error: unknown) => error,
  );
const deployment = (spec: object, status: object) => ({ metadata: { uid: "u", resourceVersion: "7", generation: 2 }, spec, status: { observedGeneration: 2, ...status } });
const resources = (...names: string[]) => json({ resources: names.map((name) => ({ name, kind: name.includes("/") ? "Scale" : "Rollout", namespaced: true })) });
const pod = (name: string, ready: string, more: object = {}) => ({
  metadata: { name, namespace: "shop", ...more },
  status: { conditions: [{ type: "Ready", status: ready }] },
});

describe("apps/v1", () => {
  test("a Deployment's own object tells everything", async () => {
    server.script(json(deployment({ replicas: 5 }, { replicas: 5, updatedReplicas: 5, readyReplicas: 4 })));
    expect(await scales.read("shop", WEB, never)).toEqual({ replicas: 5, readyReplicas: 4, isRollingOut: false, resourceVersion: "7", uid: "u" });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /apis/apps/v1/namespaces/shop/deployments/web"]);
  });
  test("ready replicas are unknown until a controller has looked, and 0 when it then names none", () => {
    expect(readyReplicas({ metadata: {} })).toBeNaN();
    expect(readyReplicas({ metadata: {}, status: {} })).toBeNaN();
    expect(readyReplicas({ metadata: {}, status: { observedGeneration: 1 } })).toBe(0);
  });
  test("with minReadySeconds replicas are there once they have been ready for so long", () => {
    const status = { observedGeneration: 1, readyReplicas: 5, availableReplicas: 3 };
    expect(availableReplicas({ metadata: {}, spec: { minReadySeconds: 60 }, status })).toBe(3);
    expect(availableReplicas({ metadata: {}, spec: { minReadySeconds: 60 } })).toBe(0);
    expect(availableReplicas({ metadata: {}, spec: {}, status })).toBeUndefined();
  });
  const seen = { metadata: { generation: 2 } };
  test.each<[boolean, string, string, object, object]>([
    [false, "Deployment", "settled", { replicas: 5 }, { replicas: 5, updatedReplicas: 5 }],
    [false, "Deployment", "scaling up", { replicas: 9 }, { replicas: 5, updatedReplicas: 5 }],
    [false, "Deployment", "at zero", { replicas: 0 }, {}],
    [true, "Deployment", "with old pods", { replicas: 5 }, { replicas: 6, updatedReplicas: 2 }],
    [true, "Deployment", "not observed yet", { replicas: 5 }, { observedGeneration: 1, replicas: 5, updatedReplicas: 5 }],
    [true, "Deployment", "paused", { replicas: 5, paused: true }, { replicas: 5, updatedReplicas: 5 }],
    [false, "StatefulSet", "settled", { replicas: 3 }, { currentRevision: "a", updateRevision: "a", updatedReplicas: 3 }],
    [true, "StatefulSet", "updating", { replicas: 3 }, { currentRevision: "a", updateRevision: "b", updatedReplicas: 1 }],
    [false, "StatefulSet", "held by its partition", { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } }, { currentRevision: "a", updateRevision: "b", updatedReplicas: 1 }],
    [true, "StatefulSet", "on its way to the partition", { replicas: 3, updateStrategy: { rollingUpdate: { partition: 1 } } }, { currentRevision: "a", updateRevision: "b", updatedReplicas: 1 }],
    [false, "StatefulSet", "updated by deletion only", { replicas: 3, updateStrategy: { type: "OnDelete" } }, { currentRevision: "a", updateRevision: "b" }],
    [false, "ReplicaSet", "settled", { replicas: 3 }, { replicas: 3 }],
    [true, "ReplicaSet", "not observed yet", { replicas: 3 }, { observedGeneration: 1 }],
  ])("rollout is %s for a %s %s", (expected, kind, _, spec, status) => {
    expect(isRollingOut(kind, { ...seen, spec, status: { observedGeneration: 2, ...status } })).toBe(expected);
  });
  test("the write goes through /scale and holds the version that was read", async () => {
    server.script(json({}));
    await scales.write("shop", WEB, 6, "7", never);
    const { headers, ...request } = await server.request(1);
    expect(request).toMatchObject({ method: "PATCH", path: "/apis/apps/v1/namespaces/shop/deployments/web/scale", body: { metadata: { resourceVersion: "7" }, spec: { replicas: 6 } } });
    expect(headers["content-type"]).toBe("application/merge-patch+json");
  });
});

describe("failures", () => {
  test("a target that is not there", async () => {
    server.script(refuse(404, "NotFound"));
    const error = await failureOf(scales.read("shop", WEB, never));
    expect(error).toMatchObject({ reason: "TargetNotFound", retry: "nextInterval", message: 'The target Deployment "web" does not exist in namespace "shop".' });
  });
  test("a target that was changed meanwhile", async () => {
    server.script(refuse(409, "Conflict"));
    expect(await failureOf(scales.write("shop", WEB, 6, "7", never))).toMatchObject({ reason: "Conflict", retry: "backoff", status: 409 });
  });
  test("no permission to write keeps the words of the role", async () => {
    server.script(refuse(403, "Forbidden", 'User "u" cannot patch resource "deployments/scale" in API group "apps"'));
    expect(await failureOf(scales.write("shop", WEB, 6, "7", never))).toMatchObject({
      reason: "Forbidden",
      message: 'The operator may not patch deployments/scale in namespace "shop".',
    });
  });
  test("a server in trouble", async () => {
    server.script(refuse(503, "ServiceUnavailable", "etcd is away"));
    expect(await failureOf(scales.read("shop", WEB, never))).toMatchObject({ reason: "KubernetesUnreachable", retry: "backoff" });
  });
  test("a kind that the server does not know", async () => {
    server.script(refuse(404, "NotFound"));
    const error = await failureOf(scales.read("shop", ROLLOUT, never));
    expect(error).toMatchObject({ reason: "TargetNotFound", message: "The API server knows no kind Rollout in argoproj.io/v1alpha1, which is the target shop/web." });
  });
  test("a kind without /scale", async () => {
    server.script(resources("rollouts", "rollouts/status"));
    const error = await failureOf(scales.read("shop", ROLLOUT, never));
    expect(error).toMatchObject({ reason: "TargetNotScalable", message: "shop/Rollout web cannot be scaled: Rollout in argoproj.io/v1alpha1 has no /scale subresource." });
  });
  test("an answer without a version is not written to later", async () => {
    server.script(json({ metadata: {}, spec: { replicas: 3 } }));
    expect(await failureOf(scales.read("shop", WEB, never))).toBeInstanceOf(KubeError);
  });
});

describe("other kinds", () => {
  const scale = (spec: object, status: object) => json({ metadata: { uid: "u", resourceVersion: "7" }, spec, status });
  test("replicas come from /scale and ready replicas from the selector's pods, page by page", async () => {
    server.script(resources("rollouts", "rollouts/scale"), scale({ replicas: 4 }, { replicas: 4, selector: "app=web,tier in (a,b)" }));
    server.script(list("9", [pod("a", "True"), pod("b", "False"), pod("c", "True", { deletionTimestamp: "2026-01-01T00:00:00Z" })], "more"), list("9", [pod("d", "True")]));
    expect(await scales.read("shop", ROLLOUT, never)).toEqual({ replicas: 4, readyReplicas: 2, isRollingOut: false, resourceVersion: "7", uid: "u" });
    expect(server.requests.map(({ path }) => path)).toEqual([
      "/apis/argoproj.io/v1alpha1",
      "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/scale",
      "/api/v1/namespaces/shop/pods",
      "/api/v1/namespaces/shop/pods",
    ]);
    expect(server.requests[2]?.query.get("labelSelector")).toBe("app=web,tier in (a,b)");
  });
  test("ready replicas are unknown without a selector, or when pods may not be listed", async () => {
    server.script(resources("rollouts", "rollouts/scale"), scale({ replicas: 4 }, {}));
    expect((await scales.read("shop", ROLLOUT, never)).readyReplicas).toBeNaN();
    server.script(scale({}, { selector: "a=b" }), refuse(403, "Forbidden"));
    expect(await scales.read("shop", ROLLOUT, never)).toMatchObject({ replicas: 0, readyReplicas: NaN });
  });
  test("what kinds there are is asked again after ten minutes, and after half a minute for one that had no /scale", async () => {
    server.script(resources("rollouts"));
    await failureOf(scales.write("shop", ROLLOUT, 1, "7", never));
    await clock.advance(30_000);
    await failureOf(scales.write("shop", ROLLOUT, 1, "7", never));
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    server.script(resources("rollouts", "rollouts/scale"), json({}));
    await scales.write("shop", ROLLOUT, 1, "7", never);
    await clock.advance(600_000);
    server.script(json({}));
    await scales.write("shop", ROLLOUT, 1, "7", never);
    await clock.advance(1);
    server.script(resources("rollouts", "rollouts/scale"), json({}));
    await scales.write("shop", ROLLOUT, 1, "7", never);
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "GET", "PATCH", "PATCH", "GET", "PATCH"]);
  });
  test("a failed question is not remembered", async () => {
    server.script(refuse(500, "InternalError"), resources("rollouts", "rollouts/scale"), json({}));
    expect(await failureOf(scales.write("shop", ROLLOUT, 1, "7", never))).toMatchObject({ status: 500 });
    await scales.write("shop", ROLLOUT, 1, "7", never);
    expect(server.requests).toHaveLength(3);
  });
});

describe("scalers", () => {
  test("pruning leaves specification, the user's annotations and what the operator reads of a status", () => {
    const last = "kubectl.kubernetes.io/last-applied-configuration";
    const metadata = { name: "a", uid: "u", annotations: { [last]: "{}", mine: "1" }, managedFields: [{}] };
    expect(pruneScaler({ metadata, spec: 1, status: 2 } as never)).toEqual({ metadata: { name: "a", uid: "u", annotations: { mine: "1" } }, spec: 1, status: 2 });
    const status = { conditions: [{ type: "Ready" }], demand: { now: "1" }, decision: { time: "t", to: 3, trace: [{ rule: "floor" }] }, desiredReplicas: 3 };
    expect(pruneScaler({ metadata: { name: "a" }, status } as never)).toEqual({
      metadata: { name: "a" }, status: { conditions: [{ type: "Ready" }], decision: { time: "t", to: 3 }, desiredReplicas: 3 },
    });
    expect(pruneScaler({ metadata: { name: "a" }, status: { decision: null } } as never)).toEqual({ metadata: { name: "a" }, status: { decision: null } });
  });
});
