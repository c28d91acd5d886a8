// Fault by fault: what the reflector does when the server does its worst.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import type { OperatorError } from "../../src/errors.ts";
import { connect, createReflector } from "../../src/kube/index.ts";
import type { KubeConnection, KubeObject, Reflector } from "../../src/kube/index.ts";
import { list, refuse, startScriptedServer, statusOf, thing, watching } from "./scripted-server.ts";
import type { ScriptedServer } from "./scripted-server.ts";

const event = (type: string, object: object) => ({ type, object });
const bookmark = (version: string) => event("BOOKMARK", { metadata: { resourceVersion: version } });

let server: ScriptedServer;
let clock: ManualClock;
let connection: KubeConnection;
let stop: AbortController;
let changes: string[];
let errors: OperatorError[];
let running: Promise<void>;
let reflector: Reflector<string>;

beforeEach(async () => {
  server = await startScriptedServer();
  clock = createManualClock();
  connection = connect({ server: server.url, watchGraceMs: 20_000 });
  stop = new AbortController();
  changes = [];
  errors = [];
});
afterEach(async () => {
  stop.abort();
  await running;
  await connection.close();
  await server.close();
});

function start(options: { pageSize?: number; watchSeconds?: number; changed?: (key: string) => void; prune?: (object: KubeObject) => string } = {}): void {
  reflector = createReflector<string>({
    connection,
    clock,
    path: "/apis/x/v1/things",
    prune: options.prune ?? ((object) => object.metadata.resourceVersion ?? "?"),
    random: () => 0,
    onError: (error) => errors.push(error),
    handlers: {
      changed(key, value) {
        changes.push(`${key}=${value ?? "deleted"}`);
        options.changed?.(key);
      },
    },
    ...(options.pageSize === undefined ? {} : { pageSize: options.pageSize }),
    ...(options.watchSeconds === undefined ? {} : { watchSeconds: options.watchSeconds }),
  });
  running = reflector.run(stop.signal);
}

/** Waits for the nth request and says what was asked. */
async function asked(n: number): Promise<Record<string, string>> {
  const { timeoutSeconds: _drawn, allowWatchBookmarks: _always, ...query } = Object.fromEntries((await server.request(n)).query);
  return query;
}
const changed = (expected: readonly string[]) => vi.waitFor(() => expect(changes).toEqual(expected), { interval: 2 });
/** The reflector has come to a pause. */
const paused = () => vi.waitUntil(() => clock.pending > 0, { interval: 2 });

describe("lists", () => {
  test("the first list takes anything that is there, in pages, and is synced when the last page is in", async () => {
    start({ pageSize: 2 });
    expect(await asked(1)).toEqual({ resourceVersion: "0", limit: "2" });
    server.script(list("10", [thing("a", "1"), thing("b", "2")], "more"));
    expect(await asked(2)).toEqual({ limit: "2", continue: "more" });
    expect(reflector.synced()).toBe(false);
    expect(changes).toEqual([]);
    server.script(list("10", [thing("c", "3")]));
    expect(await asked(3)).toEqual({ watch: "true", resourceVersion: "10" });
    expect(reflector.synced()).toBe(true);
    expect(reflector.keys()).toEqual(["shop/a", "shop/b", "shop/c"]);
    expect(reflector.get("shop/b")).toBe("2");
    expect(changes).toEqual(["shop/a=1", "shop/b=2", "shop/c=3"]);
  });
  test("an expired continue token is answered by one full list, and nothing of the first pages is doubled or lost", async () => {
    start({ pageSize: 1 });
    server.script(list("10", [thing("a", "1")], "more"), refuse(410, "Expired"), list("12", [thing("b", "11")]));
    expect(await asked(3)).toEqual({ resourceVersion: "0" });
    expect(await asked(4)).toEqual({ watch: "true", resourceVersion: "12" });
    expect(changes).toEqual(["shop/b=11"]);
  });
  test("a failing list is tried again with growing pauses, and what is cached stays", async () => {
    start();
    server.script(list("10", [thing("a", "1")]), refuse(410, "Expired"));
    await asked(2);
    for (const [n, pauseMs] of [800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000].entries()) {
      await paused();
      const before = server.requests.length;
      await clock.advance(pauseMs - 1);
      expect(server.requests).toHaveLength(before);
      await clock.advance(1);
      expect(await asked(before + 1)).toEqual({ resourceVersion: "10" });
      expect(reflector.get("shop/a")).toBe("1");
      server.script(refuse(500, "InternalError"));
      await vi.waitFor(() => expect(errors).toHaveLength(n + 1));
    }
    expect(errors[0]).toMatchObject({ reason: "KubernetesUnreachable", status: 500 });
    expect(changes).toEqual(["shop/a=1"]);
  });
  test("429 waits as long as the server asks", async () => {
    start();
    server.script(refuse(429, "TooManyRequests", "slow down", { "retry-after": "7" }));
    await paused();
    await clock.advance(6_999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await asked(2);
  });
  test("a version that the server has not come to is given up for the newest", async () => {
    start();
    const tooLarge = refuse(504, "Timeout", "Too large resource version: 10", {}, { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] });
    server.script(list("10", [thing("a", "1")]), refuse(410, "Expired"));
    await paused();
    await clock.advance(800);
    server.script(tooLarge);
    expect(await asked(3)).toEqual({ resourceVersion: "10" });
    expect(await asked(4)).toEqual({ limit: "500" });
  });
  test("stopping during a list opens no watch", async () => {
    start();
    await asked(1);
    stop.abort();
    await running;
    server.script(list("10", []));
    expect(server.requests).toHaveLength(1);
    expect(reflector.synced()).toBe(false);
    expect(errors).toEqual([]);
  });
});

describe("watches", () => {
  test("events and bookmarks move the version, and a closed watch goes on from there without a new list", async () => {
    start();
    server.script(list("10", [thing("a", "1")]));
    server.script(watching([event("MODIFIED", thing("a", "11")), event("ADDED", thing("b", "12")), event("DELETED", thing("a", "13")), bookmark("20")], "close"));
    expect(await asked(3)).toEqual({ watch: "true", resourceVersion: "20" });
    expect(changes).toEqual(["shop/a=1", "shop/a=11", "shop/b=12", "shop/a=deleted"]);
    const { query } = await server.request(3);
    expect(query.get("allowWatchBookmarks")).toBe("true");
    expect(query.get("timeoutSeconds")).toBe("300");
    expect(clock.pending).toBe(0);
  });
  test("410 as an answer leads to a list, which reports what went missing meanwhile", async () => {
    start();
    server.script(list("10", [thing("a", "1"), thing("b", "2")]), refuse(410, "Expired", "too old resource version"));
    await paused();
    await clock.advance(800);
    server.script(list("30", [thing("b", "25"), thing("c", "26")]));
    expect(await asked(4)).toEqual({ watch: "true", resourceVersion: "30" });
    expect(changes).toEqual(["shop/a=1", "shop/b=2", "shop/a=deleted", "shop/b=25", "shop/c=26"]);
    expect(errors).toEqual([]);
  });
  test("410 within the stream leads to a list", async () => {
    start();
    server.script(list("10", []), watching([event("ERROR", statusOf(410, "Expired"))], "open"));
    await paused();
    await clock.advance(800);
    expect(await asked(3)).toEqual({ resourceVersion: "10" });
  });
  test.each([
    ["a reset", watching([event("ADDED", thing("a", "11"))], "reset")],
    ["half a line", watching([event("ADDED", thing("a", "11"))], "half")],
    ["an internal error within the stream", watching([event("ADDED", thing("a", "11")), event("ERROR", statusOf(500, "InternalError"))], "open")],
  ])("after %s the watch goes on from the last whole event", async (_, trouble) => {
    start();
    server.script(list("10", []), trouble);
    await paused();
    expect(errors).toHaveLength(1);
    await clock.advance(800);
    expect(await asked(3)).toEqual({ watch: "true", resourceVersion: "11" });
    expect(changes).toEqual(["shop/a=11"]);
  });
  test("500 to a watch is tried again at the same version, and after five times the list is read anew", async () => {
    start();
    server.script(list("10", []));
    for (let n = 2; n <= 7; n++) {
      expect(await asked(n)).toEqual({ watch: "true", resourceVersion: "10" });
      server.script(refuse(500, "InternalError"));
      await paused();
      await clock.advance(30_000);
    }
    expect(await asked(8)).toEqual({ resourceVersion: "10" });
  });
  test("429 to a watch waits as long as the server asks and keeps the version", async () => {
    start();
    server.script(list("10", []), refuse(429, "TooManyRequests", "later", { "retry-after": "5" }));
    await paused();
    await clock.advance(4_999);
    expect(server.requests).toHaveLength(2);
    await clock.advance(1);
    expect(await asked(3)).toEqual({ watch: "true", resourceVersion: "10" });
  });
  test("an error within the stream that nobody knows leads to a list", async () => {
    start();
    server.script(list("10", []), watching([event("ERROR", statusOf(418, "Teapot", "short and stout"))], "open"));
    await paused();
    expect(errors[0]?.message).toContain("short and stout");
    await clock.advance(800);
    expect(await asked(3)).toEqual({ resourceVersion: "10" });
  });
  test("a watch that closes at once is not opened again in a loop", async () => {
    start();
    server.script(list("10", []), watching([], "close"));
    await paused();
    expect(server.requests).toHaveLength(2);
    expect(errors[0]?.message).toContain("closed at once");
  });
  test("a silent dead connection is left when its time is over", async () => {
    await connection.close();
    connection = connect({ server: server.url, watchGraceMs: 50 });
    start({ watchSeconds: 0 });
    server.script(list("10", []), watching([], "open"));
    await paused();
    expect(errors[0]).toMatchObject({ reason: "KubernetesUnreachable" });
    await clock.advance(800);
    expect(await asked(3)).toEqual({ watch: "true", resourceVersion: "10" });
  });
  test("a watch that goes silent is taken up again from where it was, without a list, and nothing is told: no fault is known", async () => {
    await connection.close();
    connection = connect({ server: server.url, watchSilenceMs: 60 });
    start();
    server.script(list("10", []), watching([event("ADDED", thing("a", "11")), bookmark("15")], "open"));
    expect(await asked(3)).toEqual({ watch: "true", resourceVersion: "15" });
    server.script(watching([event("MODIFIED", thing("a", "16"))], "open"));
    await changed(["shop/a=11", "shop/a=16"]);
    expect(errors).toEqual([]);
  });
  test("a watch that is never answered is told of, and asked for again after a pause", async () => {
    await connection.close();
    connection = connect({ server: server.url, watchSilenceMs: 60 });
    start();
    server.script(list("10", []));
    await paused();
    expect(errors[0]).toMatchObject({ reason: "KubernetesUnreachable" });
    await clock.advance(800);
    expect(await asked(3)).toEqual({ watch: "true", resourceVersion: "10" });
  });
  test("stopping ends an open watch without an error", async () => {
    start();
    server.script(list("10", []), watching([], "open"));
    await asked(2);
    stop.abort();
    await running;
    expect(errors).toEqual([]);
  });
});

describe("objects", () => {
  test("made again under the same name between lists: deleted, then added", async () => {
    start();
    server.script(list("10", [thing("a", "1", "first")]), refuse(410, "Expired"));
    await paused();
    await clock.advance(800);
    server.script(list("30", [thing("a", "20", "second")]));
    await asked(4);
    expect(changes).toEqual(["shop/a=1", "shop/a=deleted", "shop/a=20"]);
  });
  test("unchanged between lists: nothing is reported", async () => {
    start();
    server.script(list("10", [thing("a", "1")]), refuse(410, "Expired"));
    await paused();
    await clock.advance(800);
    server.script(list("30", [thing("a", "1")]));
    await asked(4);
    expect(changes).toEqual(["shop/a=1"]);
  });
  test("a handler that throws is told to the log, and the rest goes on", async () => {
    start({
      changed: (key) => {
        if (key === "shop/a") throw new Error("handler trouble");
      },
    });
    server.script(list("10", [thing("a", "1"), thing("b", "2")]), watching([event("MODIFIED", thing("a", "11")), event("ADDED", thing("c", "12"))], "open"));
    await changed(["shop/a=1", "shop/b=2", "shop/a=11", "shop/c=12"]);
    expect(errors.map((error) => error.reason)).toEqual(["InternalError", "InternalError"]);
    expect(reflector.get("shop/a")).toBe("11");
  });
  test("an object that cannot be pruned keeps its last good state", async () => {
    start({
      prune({ metadata: { resourceVersion = "" } }) {
        if (resourceVersion === "11") throw new Error("odd");
        return resourceVersion;
      },
    });
    server.script(list("10", [thing("a", "1")]), watching([event("MODIFIED", thing("a", "11")), event("ADDED", thing("b", "12"))], "open"));
    await changed(["shop/a=1", "shop/b=12"]);
    expect(reflector.get("shop/a")).toBe("1");
    expect(errors[0]?.message).toContain("shop/a");
  });
  test("events that are not understood are told and left out", async () => {
    start();
    server.script(list("10", []), watching([event("SURPRISE", thing("a", "11")), { nothing: 1 }, event("ADDED", {}), event("ADDED", thing("b", "12"))], "open"));
    await changed(["shop/b=12"]);
    expect(errors).toHaveLength(3);
  });
});
