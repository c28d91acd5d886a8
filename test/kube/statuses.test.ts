// Every status is written on the version of the scaler that it was decided on: against a scripted server, and against one that keeps versions.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { connect, createStatuses, guardWrites } from "../../src/kube/index.ts";
import type { KubeConnection, KubeObject, Statuses } from "../../src/kube/index.ts";
import { startPlaygroundKubernetes } from "../../src/playground/index.ts";
import { json, refuse, startScriptedServer } from "./scripted-server.ts";
import type { ScriptedServer } from "./scripted-server.ts";

const SCALERS = "/apis/predictivescaler.io/v1alpha1/namespaces/shop/predictivescalers";
const never = new AbortController().signal;
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => new Error("nothing failed"),
    (error: unknown) => error,
  );

describe("by script", () => {
  let server: ScriptedServer;
  let connection: KubeConnection;
  let statuses: Statuses;
  beforeEach(async () => {
    server = await startScriptedServer();
    connection = connect({ server: server.url });
    statuses = createStatuses({ connection });
  });
  afterEach(async () => {
    await connection.close();
    await server.close();
  });

  const scaler = (resourceVersion: string, more: object = {}): KubeObject => ({
    metadata: { name: "a", namespace: "shop", uid: "u", generation: 4, resourceVersion, ...more },
  });
  const versions = () => server.requests.map(({ method, body }) => (method === "GET" ? "GET" : (body as KubeObject).metadata.resourceVersion));

  test("one call to /status, with the version of the cache", async () => {
    server.script(json(scaler("8")));
    expect(await statuses.patch(scaler("7"), { desiredReplicas: 3 }, never)).toBe("written");
    const body = { metadata: { resourceVersion: "7" }, status: { desiredReplicas: 3 } };
    expect(server.requests).toMatchObject([{ method: "PATCH", path: `${SCALERS}/a/status`, body }]);
  });

  test("while the cache has not heard of our own write, the version that its answer brought is taken", async () => {
    const cached = scaler("7");
    server.script(json(scaler("8")), json(scaler("9")), json(scaler("10")));
    for (let i = 0; i < 2; i++) await statuses.patch(cached, {}, never);
    await statuses.patch(scaler("9"), {}, never);
    expect(versions()).toEqual(["7", "8", "9"]);
  });

  test("a change of something else is read once, and written on", async () => {
    const cached = scaler("7");
    server.script(refuse(409, "Conflict"), json(scaler("9", { labels: { a: "b" } })), json(scaler("10")), json(scaler("11")));
    expect(await statuses.patch(cached, {}, never)).toBe("written");
    await statuses.patch(cached, {}, never);
    expect(versions()).toEqual(["7", "GET", "9", "10"]);
    expect(server.requests[1]?.path).toBe(`${SCALERS}/a`);
  });

  test.each([
    ["another specification", { generation: 5 }],
    ["another object of the same name", { uid: "v", generation: 4 }],
  ])("%s gets nothing that was decided on the one before", async (_name, more) => {
    server.script(refuse(409, "Conflict"), json(scaler("9", more)));
    expect(await statuses.patch(scaler("7"), {}, never)).toBe("changed");
    expect(versions()).toEqual(["7", "GET"]);
  });

  test("what changes without end is a conflict, after one more attempt", async () => {
    server.script(refuse(409, "Conflict"), json(scaler("9")), refuse(409, "Conflict"));
    expect(await failureOf(statuses.patch(scaler("7"), {}, never))).toMatchObject({ reason: "Conflict", retry: "backoff" });
    expect(versions()).toEqual(["7", "GET", "9"]);
  });

  test("a scaler that is gone is no error, also when that shows on the second look; other refusals are", async () => {
    server.script(refuse(404, "NotFound"), refuse(409, "Conflict"), refuse(404, "NotFound"), refuse(422, "Invalid"));
    expect(await statuses.patch(scaler("7"), {}, never)).toBe("gone");
    expect(await statuses.patch(scaler("7"), {}, never)).toBe("gone");
    expect(await failureOf(statuses.patch(scaler("7"), {}, never))).toMatchObject({ reason: "KubernetesRejected" });
  });

  test("whoever does not lead sends nothing, not even after a conflict", async () => {
    let leads = true;
    const guarded = createStatuses({ connection: guardWrites(connection, () => leads) });
    server.script(
      (response, request) => {
        leads = false;
        refuse(409, "Conflict")(response, request);
      },
      json(scaler("9")),
    );
    expect(await failureOf(guarded.patch(scaler("7"), {}, never))).toMatchObject({ reason: "NotLeader" });
    expect(await failureOf(guarded.patch(scaler("7"), {}, never))).toMatchObject({ reason: "NotLeader" });
    expect(versions()).toEqual(["7", "GET"]);
  });
});

test("on a server that keeps versions: own writes follow each other, a label does not stand in the way, an edit does", async () => {
  const kubernetes = await startPlaygroundKubernetes({ clock: createManualClock(), readyDelayMs: 0 });
  const connection = connect({ server: kubernetes.url });
  const statuses = createStatuses({ connection });
  const ask = async (method: "GET" | "POST" | "PATCH", path: string, body?: object) =>
    (await connection.request({ method, path, ...(body === undefined ? {} : { body }), ...(method === "PATCH" ? { contentType: "application/merge-patch+json" } : {}) })) as KubeObject & {
      readonly status?: { readonly desiredReplicas?: number };
    };
  try {
    await ask("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
    const spec = { scaleTargetRef, maxReplicas: 9, metric: { query: "q", targetPerReplica: "50" } };
    const cached = await ask("POST", SCALERS, { apiVersion: "predictivescaler.io/v1alpha1", kind: "PredictiveScaler", metadata: { name: "a" }, spec });
    const desired = async () => (await ask("GET", `${SCALERS}/a`)).status?.desiredReplicas;
    for (const desiredReplicas of [3, 4]) expect(await statuses.patch(cached, { desiredReplicas }, never)).toBe("written");
    expect(await desired()).toBe(4);
    await ask("PATCH", `${SCALERS}/a`, { metadata: { labels: { a: "b" } } });
    expect(await statuses.patch(cached, { desiredReplicas: 5 }, never)).toBe("written");
    expect(await desired()).toBe(5);
    await ask("PATCH", `${SCALERS}/a`, { spec: { maxReplicas: 12 } });
    expect(await statuses.patch(cached, { desiredReplicas: 6 }, never)).toBe("changed");
    expect(await desired()).toBe(5);
  } finally {
    await connection.close();
    await kubernetes.close();
  }
});
