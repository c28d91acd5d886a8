// The playground's API server beyond the contract: pods become Ready on its clock, bad manifests are refused by field, faults come on request.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import { startPlaygroundKubernetes } from "../../src/playground/index.ts";
import type { PlaygroundKubernetes } from "../../src/playground/index.ts";

const DELAY_MS = 600_000;
const START_MS = 1_000_000_000_000;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments";
const SCALERS = "/apis/predictivescaler.io/v1alpha1/namespaces/shop/predictivescalers";

type Fields = Readonly<Record<string, unknown>>;

let clock: ManualClock;
let server: PlaygroundKubernetes;

async function ask(method: string, path: string, body?: unknown, contentType = "application/json") {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "content-type": contentType } };
  const response = await fetch(server.url + path, init);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, Fields> };
}

const deployment = (replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: { replicas, selector: { matchLabels: { app: "web" } }, template: { metadata: { labels: { app: "web" } } } },
});
const scaler = (spec: object = {}) => ({
  apiVersion: "predictivescaler.io/v1alpha1",
  kind: "PredictiveScaler",
  metadata: { name: "web" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    maxReplicas: 10,
    metric: { query: "sum(x)", targetPerReplica: "50" },
    ...spec,
  },
});
const scaleTo = (replicas: number) => ask("PATCH", `${DEPLOYMENTS}/web/scale`, { spec: { replicas } }, "application/merge-patch+json");
const statusOf = async () => (await ask("GET", `${DEPLOYMENTS}/web`)).body["status"];

beforeEach(async () => {
  clock = createManualClock(START_MS);
  server = await startPlaygroundKubernetes({ clock, readyDelayMs: DELAY_MS });
  await ask("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
});
afterEach(() => server.close());

test("has the namespace default from the start, where a kubeconfig without one leads", async () => {
  expect((await ask("GET", "/api/v1/namespaces/default")).status).toBe(200);
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "held" }, spec: { holderIdentity: "me" } };
  expect((await ask("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", lease)).status).toBe(201);
});

describe("pods", () => {
  test("become Ready after the delay, not a moment earlier", async () => {
    await ask("POST", DEPLOYMENTS, deployment(3));
    expect(await statusOf()).toMatchObject({ replicas: 3, unavailableReplicas: 3, observedGeneration: 1 });
    await clock.advance(DELAY_MS - 1);
    expect((await statusOf())?.["readyReplicas"]).toBeUndefined();
    await clock.advance(1);
    expect(await statusOf()).toMatchObject({ replicas: 3, readyReplicas: 3 });
  });
  test("that are already there stay Ready while more are started", async () => {
    await ask("POST", DEPLOYMENTS, deployment(2));
    await clock.advance(DELAY_MS);
    await scaleTo(5);
    expect(await statusOf()).toMatchObject({ replicas: 5, readyReplicas: 2, unavailableReplicas: 3, observedGeneration: 2 });
  });
  test("are removed at once, those that are not Ready first", async () => {
    await ask("POST", DEPLOYMENTS, deployment(2));
    await clock.advance(DELAY_MS);
    await scaleTo(5);
    await scaleTo(3);
    expect(await statusOf()).toMatchObject({ replicas: 3, readyReplicas: 2 });
    await scaleTo(1);
    expect(await statusOf()).toMatchObject({ replicas: 1, readyReplicas: 1 });
    await clock.advance(2 * DELAY_MS);
    expect(await statusOf()).toMatchObject({ replicas: 1, readyReplicas: 1 });
  });
  test("asked for again after a removal wait their own delay", async () => {
    await ask("POST", DEPLOYMENTS, deployment(4));
    await scaleTo(1);
    await clock.advance(DELAY_MS / 2);
    await scaleTo(4);
    await clock.advance(DELAY_MS / 2);
    expect(await statusOf()).toMatchObject({ replicas: 4, readyReplicas: 1 });
  });
  test("are recorded: what was asked for and what was ready, when", async () => {
    await ask("POST", DEPLOYMENTS, deployment(2));
    await clock.advance(DELAY_MS + 60_000);
    await scaleTo(3);
    await clock.advance(DELAY_MS);
    expect(server.replicas("shop/web")).toEqual([
      { timeMs: START_MS, asked: 2, ready: 0 },
      { timeMs: START_MS + DELAY_MS, asked: 2, ready: 2 },
      { timeMs: START_MS + DELAY_MS + 60_000, asked: 3, ready: 2 },
      { timeMs: START_MS + 2 * DELAY_MS + 60_000, asked: 3, ready: 3 },
    ]);
  });
  test("are told to a watch in the order in which it happened", async () => {
    await ask("POST", DEPLOYMENTS, deployment(1));
    const { body } = await ask("GET", DEPLOYMENTS);
    const response = await fetch(`${server.url}${DEPLOYMENTS}?watch=true&resourceVersion=${String(body["metadata"]?.["resourceVersion"])}`);
    const lines = linesOf(response);
    await scaleTo(2);
    const first = (await lines.next()).value;
    const second = (await lines.next()).value;
    expect(first?.object).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 1 } });
    expect(second?.object).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 2 } });
    await lines.return(undefined);
  });
});

describe("scalers", () => {
  test("get the defaults of the CRD", async () => {
    const { body } = await ask("POST", SCALERS, scaler());
    expect(body["spec"]).toMatchObject({ minReplicas: 1, mode: "Active", forecast: { leadTime: "20m", serviceLevel: "99%" } });
  });
  test.each([
    ["a missing field", { maxReplicas: undefined }, "spec.maxReplicas: Required value"],
    ["a wrong type", { maxReplicas: "many" }, "spec.maxReplicas: Invalid value"],
    ["fields that contradict each other", { minReplicas: 20 }, "spec.minReplicas"],
    ["a wrong step", { metric: { query: "x", targetPerReplica: "1", step: "1 minute" } }, "spec.metric.step"],
  ])("%s is refused with 422 that names the field", async (_name, spec, message) => {
    const { status, body } = await ask("POST", SCALERS, scaler(spec));
    expect(status).toBe(422);
    expect(body).toMatchObject({ kind: "Status", reason: "Invalid" });
    expect(body["message"]).toContain(message);
  });
  test("unknown fields are dropped, or refused where the client is strict", async () => {
    const odd = scaler({ minReplica: 3 });
    expect((await ask("POST", SCALERS, odd)).body["spec"]).not.toHaveProperty("minReplica");
    const strict = await ask("POST", `${SCALERS}?fieldValidation=Strict`, { ...odd, metadata: { name: "strict" } });
    expect(strict.status).toBe(400);
    expect(strict.body["message"]).toContain('unknown field "spec.minReplica"');
  });
  test("a status of a wrong shape is refused", async () => {
    await ask("POST", SCALERS, scaler());
    const { status, body } = await ask("PATCH", `${SCALERS}/web/status`, { status: { currentReplicas: "3" } }, "application/merge-patch+json");
    expect(status).toBe(422);
    expect(body["message"]).toContain("status.currentReplicas");
  });
});

describe("faults", () => {
  test("a status comes as often as asked for, with its headers, on the paths asked for", async () => {
    server.failNext({ fault: 429, pathIncludes: "namespaces/shop", times: 2, headers: { "retry-after": "7" } });
    expect((await ask("GET", "/api/v1/namespaces")).status).toBe(200);
    const first = await ask("GET", DEPLOYMENTS);
    expect([first.status, first.headers.get("retry-after"), first.body["reason"]]).toEqual([429, "7", "TooManyRequests"]);
    expect((await ask("GET", DEPLOYMENTS)).status).toBe(429);
    expect((await ask("GET", DEPLOYMENTS)).status).toBe(200);
  });
  test("403 says which verb on what", async () => {
    server.failNext({ fault: 403, method: "PATCH" });
    expect((await scaleTo(2)).body["message"]).toContain('cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"');
  });
  test("a reset ends the connection, garbage is no JSON", async () => {
    server.failNext({ fault: "reset" });
    await expect(fetch(server.url + DEPLOYMENTS)).rejects.toThrow("fetch failed");
    server.failNext({ fault: "garbage" });
    await expect((await fetch(server.url + DEPLOYMENTS)).json()).rejects.toThrow("JSON");
  });
  test("a hanging request ends with the server", async () => {
    server.failNext({ fault: "hang" });
    const waiting = fetch(server.url + DEPLOYMENTS).then(
      () => "answered",
      () => "ended",
    );
    await ask("GET", DEPLOYMENTS);
    await server.close();
    expect(await waiting).toBe("ended");
  });
  test("watches can be ended, as a restart does", async () => {
    const response = await fetch(`${server.url}${DEPLOYMENTS}?watch=true`);
    server.closeWatches();
    expect(await response.text()).toBe("");
  });
});

async function* linesOf(response: Response): AsyncGenerator<{ readonly object: unknown }, undefined, undefined> {
  let rest = "";
  for await (const chunk of response.body ?? []) {
    rest += Buffer.from(chunk).toString();
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as { readonly object: unknown };
  }
  return undefined;
}
