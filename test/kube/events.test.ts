// Events: series, bounds, the older API, and that nothing of it ever reaches the caller.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import { connect, createEvents } from "../../src/kube/index.ts";
import type { KubeConnection, KubeEvent } from "../../src/kube/index.ts";
import { json, refuse, startScriptedServer } from "./scripted-server.ts";
import type { ScriptedServer } from "./scripted-server.ts";

const EVENT: KubeEvent = {
  regarding: { apiVersion: "predictivescaler.io/v1alpha1", kind: "PredictiveScaler", namespace: "shop", name: "web", uid: "u" },
  type: "Normal",
  reason: "ForecastDemand",
  action: "Scale",
  note: "Replicas 3 -> 5",
};
const START_MS = 1_800_000_000_123;
let server: ScriptedServer;
let clock: ManualClock;
let connection: KubeConnection;
let warnings: string[];
let events: ReturnType<typeof createEvents>;

beforeEach(async () => {
  server = await startScriptedServer();
  clock = createManualClock(START_MS);
  connection = connect({ server: server.url });
  warnings = [];
  events = createEvents({ connection, clock, reportingInstance: "pod-1", log: { warn: (_, message) => void warnings.push(message) } });
});
afterEach(async () => {
  await connection.close();
  await server.close();
});
const sent = () => server.requests.map(({ method, path }) => `${method} ${path.replace(/\.[0-9a-f]{16}$/, ".*")}`);
const NEW = "POST /apis/events.k8s.io/v1/namespaces/shop/events";
const AGAIN = "PATCH /apis/events.k8s.io/v1/namespaces/shop/events/web.*";

test("an event carries everything that the API asks for", async () => {
  events.emit(EVENT);
  server.script(json({}));
  await events.flush();
  expect(sent()).toEqual([NEW]);
  expect(server.requests[0]?.body).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) as string, namespace: "shop" },
    eventTime: "2027-01-15T08:00:00.123000Z",
    reportingController: "predictivescaler.io/operator",
    reportingInstance: "pod-1",
    action: "Scale",
    reason: "ForecastDemand",
    regarding: EVENT.regarding,
    note: "Replicas 3 -> 5",
    type: "Normal",
  });
});
test("equal events within ten minutes are one series, written once a minute at most", async () => {
  server.script(...Array.from({ length: 10 }, () => json({})));
  for (let i = 0; i < 5; i++) {
    events.emit(EVENT);
    await events.flush();
    await clock.advance(1_000);
  }
  expect(sent()).toEqual([NEW, AGAIN]);
  await clock.advance(60_000);
  events.emit(EVENT);
  await events.flush();
  expect(sent()).toEqual([NEW, AGAIN, AGAIN]);
  expect(server.requests[2]?.body).toEqual({ series: { count: 6, lastObservedTime: "2027-01-15T08:01:05.123000Z" } });
  await clock.advance(600_000);
  events.emit(EVENT);
  await events.flush();
  expect(sent().at(-1)).toBe(NEW);
});
test("an event that differs in anything is another one", async () => {
  server.script(...Array.from({ length: 10 }, () => json({})));
  for (const other of [{}, { note: "other" }, { reason: "Fallback" }, { type: "Warning" as const }, { regarding: { ...EVENT.regarding, uid: "v" } }]) events.emit({ ...EVENT, ...other });
  await events.flush();
  expect(sent()).toEqual([NEW, NEW, NEW, NEW, NEW]);
});
test("equal events before the first is sent become one call with the count", async () => {
  for (let i = 0; i < 3; i++) events.emit({ ...EVENT, note: "first" });
  for (let i = 0; i < 3; i++) events.emit(EVENT);
  server.script(...Array.from({ length: 10 }, () => json({})));
  await events.flush();
  const last = server.requests.find(({ method, body }) => method === "POST" && (body as KubeEvent).note === EVENT.note);
  expect(last?.body).toMatchObject({ series: { count: 3 } });
});
test("a series that the server has forgotten is made anew", async () => {
  server.script(json({}), refuse(404, "NotFound"), json({}));
  events.emit(EVENT);
  await events.flush();
  events.emit(EVENT);
  await events.flush();
  expect(sent()).toEqual([NEW, AGAIN, NEW]);
  expect(server.requests[2]?.body).toMatchObject({ series: { count: 2 } });
});
test("a server without events.k8s.io gets core events", async () => {
  server.script(refuse(404, "NotFound"), refuse(404, "NotFound"), json({}), json({}));
  events.emit(EVENT);
  await events.flush();
  events.emit(EVENT);
  await events.flush();
  expect(sent()).toEqual([NEW, "GET /apis/events.k8s.io/v1", "POST /api/v1/namespaces/shop/events", "PATCH /api/v1/namespaces/shop/events/web.*"]);
  expect(server.requests[2]?.body).toMatchObject({ involvedObject: EVENT.regarding, message: EVENT.note, count: 1, firstTimestamp: "2027-01-15T08:00:00Z" });
  expect(server.requests[3]?.body).toMatchObject({ count: 2 });
});
test("a namespace that is missing does not look like a missing group", async () => {
  server.script(refuse(404, "NotFound"), json({ resources: [] }));
  events.emit(EVENT);
  await events.flush();
  expect(sent()).toEqual([NEW, "GET /apis/events.k8s.io/v1"]);
  expect(warnings).toHaveLength(1);
});
test("an unreachable server is tried again, then the event is given up and said so once", async () => {
  events.emit(EVENT);
  for (let i = 0; i < 4; i++) {
    server.script(refuse(503, "ServiceUnavailable"));
    await server.request(i + 1);
    if (i < 3) await vi.waitUntil(() => clock.pending > 0, { interval: 2 });
    expect(warnings).toEqual([]);
    await clock.advance(4_000);
  }
  await events.flush();
  expect(sent()).toHaveLength(4);
  expect(warnings).toEqual([expect.stringContaining("given up")]);
});
test("a refusal is not tried again", async () => {
  server.script(refuse(403, "Forbidden", "no"));
  events.emit(EVENT);
  await events.flush();
  expect(sent()).toHaveLength(1);
  expect(warnings).toHaveLength(1);
});
test("the queue is bounded: what is too much is dropped and counted", async () => {
  for (let i = 0; i < 600; i++) events.emit({ ...EVENT, note: `${i}` });
  server.script(...Array.from({ length: 600 }, () => json({})));
  await vi.waitUntil(() => warnings.length > 0, { interval: 5, timeout: 10_000 });
  expect(server.requests).toHaveLength(501);
  expect(warnings[0]).toContain("99 events were dropped");
});
test("texts are cut to the API's limits in bytes", async () => {
  server.script(json({}));
  events.emit({ ...EVENT, note: "ä😀".repeat(1000), action: "a".repeat(500) });
  await events.flush();
  const { note, action } = (await server.request(1)).body as KubeEvent;
  expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
  expect(Buffer.byteLength(note)).toBeGreaterThan(1000);
  expect(note.isWellFormed()).toBe(true);
  expect(Buffer.byteLength(action)).toBeLessThanOrEqual(128);
});
