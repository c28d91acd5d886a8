// How calls fail, and what they say; credentials and sockets.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, KubeError } from "../../src/kube/index.ts";
import type { KubeConnection, KubeRequest } from "../../src/kube/index.ts";
import { readLines, readStart, readText } from "../../src/kube/body.ts";
import { json, refuse, startScriptedServer, watching } from "./scripted-server.ts";
import type { ScriptedServer } from "./scripted-server.ts";

const SCALE = "/apis/apps/v1/namespaces/shop/deployments/web/scale";
let server: ScriptedServer;
let connection: KubeConnection;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kube-"));
  server = await startScriptedServer();
  connection = connect({ server: server.url });
});
afterEach(async () => {
  await connection.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function failure(request: KubeRequest, over = connection): Promise<KubeError> {
  const error: unknown = await over.request(request).catch((error: unknown) => error);
  if (error instanceof KubeError) return error;
  throw new Error(`expected a KubeError, found ${JSON.stringify(error)}`, { cause: error });
}
async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
const get = (path: string): KubeRequest => ({ method: "GET", path });

function kubeconfig(user: object, file = "config"): string {
  const path = join(folder, file);
  const config = {
    clusters: [{ name: "c", cluster: { server: server.url } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe("refusals", () => {
  test("403 names the verb and the resource, and the rule that is missing", async () => {
    const said = 'deployments.apps "web" is forbidden: User "system:serviceaccount:ps:ps" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"';
    server.script(refuse(403, "Forbidden", said));
    const error = await failure({ method: "PATCH", path: SCALE, body: {} });
    expect(error).toMatchObject({ reason: "Forbidden", retry: "nextInterval", status: 403 });
    expect(error.message).toBe('The operator may not patch deployments/scale in namespace "shop".');
    expect(error.hint).toBe('Add to a role of system:serviceaccount:ps:ps: apiGroups ["apps"], resources ["deployments/scale"], verbs ["patch"].');
    expect(String(error.cause)).toContain(said);
  });
  test.each<[string, KubeRequest, string]>([
    ["list", get("/apis/a.b/v1/things"), "list things"],
    ["list of a namespace", get("/api/v1/namespaces/shop/pods?limit=1"), 'list pods in namespace "shop"'],
    ["watch", get("/apis/a.b/v1/things?watch=true"), "watch things"],
    ["get", get("/api/v1/namespaces/shop/pods/a"), 'get pods in namespace "shop"'],
    ["create", { method: "POST", path: "/api/v1/namespaces/shop/events", body: {} }, 'create events in namespace "shop"'],
    ["update", { method: "PUT", path: "/api/v1/namespaces/shop/pods/a/status", body: {} }, 'update pods/status in namespace "shop"'],
    ["delete", { method: "DELETE", path: "/api/v1/namespaces/shop" }, "delete namespaces"],
  ])("403 to a %s says so", async (_, request, words) => {
    server.script(refuse(403, "Forbidden", 'x is forbidden: User "u" cannot list resource "x"'));
    expect((await failure(request)).message).toBe(`The operator may not ${words}.`);
  });
  test("403 of an admission policy keeps what the policy says", async () => {
    server.script(refuse(403, "Forbidden", 'admission webhook "policy.example" denied the request: too many replicas'));
    const error = await failure({ method: "PATCH", path: SCALE, body: {} });
    expect(error.message).toContain("too many replicas");
    expect(error.hint).not.toContain("apiGroups");
  });
  test.each<[number, string, string, string]>([
    [400, "BadRequest", "KubernetesRejected", "nextInterval"],
    [401, "Unauthorized", "Forbidden", "backoff"],
    [404, "NotFound", "TargetNotFound", "nextInterval"],
    [409, "Conflict", "Conflict", "backoff"],
    [410, "Expired", "KubernetesUnreachable", "backoff"],
    [422, "Invalid", "KubernetesRejected", "nextInterval"],
    [429, "TooManyRequests", "KubernetesUnreachable", "backoff"],
    [500, "InternalError", "KubernetesUnreachable", "backoff"],
    [503, "ServiceUnavailable", "KubernetesUnreachable", "backoff"],
  ])("%i %s is %s, to be tried again: %s", async (status, word, reason, retry) => {
    server.script(refuse(status, word, "what the server says"), refuse(status, word, "what the server says"));
    const error = await failure(get("/api/v1/pods"));
    expect(error).toMatchObject({ status, statusReason: word, reason, retry });
    expect(error.message).toContain("what the server says");
  });
  test("Retry-After is kept, from the header or the body, up to five minutes", async () => {
    server.script(refuse(429, "TooManyRequests", "", { "retry-after": "3" }), refuse(503, "x", "", {}, { retryAfterSeconds: 4 }), refuse(429, "x", "", { "retry-after": "99999" }));
    expect((await failure(get("/a"))).retryAfterMs).toBe(3_000);
    expect((await failure(get("/a"))).retryAfterMs).toBe(4_000);
    expect((await failure(get("/a"))).retryAfterMs).toBe(300_000);
  });
});

describe("answers that are none", () => {
  test("a page of HTML is no answer of an API server", async () => {
    server.script((response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Please log in"));
    const error = await failure(get("/api"));
    expect(error.reason).toBe("KubernetesUnreachable");
    expect(error.message).toContain("Please log in");
  });
  test("a server that is silent is left after the limit", async () => {
    const error = await failure({ ...get("/api"), timeoutMs: 50 });
    expect(error).toMatchObject({ reason: "KubernetesUnreachable", retry: "backoff", status: undefined });
    expect(error.message).toContain("no complete answer within 0.05 s");
  });
  test("a server that stops in the middle of an answer is left after the limit", async () => {
    server.script((response) => void response.writeHead(200, { "content-length": "100" }).write("{"));
    expect((await failure({ ...get("/api"), timeoutMs: 100 })).reason).toBe("KubernetesUnreachable");
  });
  test("a reset and a closed port are unreachable, with the server's address", async () => {
    const reset = (response: { destroy(): unknown }) => void response.destroy();
    server.script(reset, reset);
    expect((await failure(get("/api"))).message).toContain(server.url);
    const nobody = connect({ server: "http://127.0.0.1:1" });
    expect((await failure(get("/api"), nobody)).message).toContain("ECONNREFUSED");
    await nobody.close();
  });
  test("what only reads is asked once more on a new socket when the old one was closed; what writes is not", async () => {
    server.script((response) => void response.destroy(), json({ kind: "Thing" }));
    expect(await connection.request(get("/api"))).toEqual({ kind: "Thing" });
    server.script((response) => void response.destroy());
    expect((await failure({ method: "PATCH", path: SCALE, body: {} })).reason).toBe("KubernetesUnreachable");
    expect(server.requests.map(({ method }) => method)).toEqual(["GET", "GET", "PATCH"]);
  });
  test("the caller's signal ends a call with its own reason", async () => {
    const stop = new AbortController();
    const call = connection.request({ ...get("/api"), signal: stop.signal });
    await server.request(1);
    stop.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
  });
  test("bodies and lines are bounded, and a line may come in pieces", async () => {
    const parts = ['{"a":', '"ä"}\n{"b', '":1}\n'].map((part) => Buffer.from(part));
    const bytes = Buffer.concat(parts);
    const single = async function* () {
      for (const byte of bytes) yield Buffer.of(byte);
    };
    const whole = async function* () {
      yield* parts;
    };
    await expect(readText(whole(), 5)).rejects.toThrow("larger than 5 bytes");
    expect(await readStart(whole(), 5)).toBe('{"a":');
    expect(await collect(readLines(single(), 100))).toEqual(['{"a":"ä"}', '{"b":1}']);
    await expect(collect(readLines(single(), 5))).rejects.toThrow("longer than 5 characters");
  });
});

describe("sockets", () => {
  test("calls one after another share their sockets", async () => {
    for (let i = 0; i < 20; i++) {
      server.script(json({ i }));
      expect(await connection.request(get("/api"))).toEqual({ i });
    }
    // The next call may begin while the last one's socket is being put back.
    expect(server.sockets()).toBeLessThanOrEqual(2);
  });
  test("at most 16 calls run at once, and open watches take none of their places", async () => {
    const stop = new AbortController();
    const watches = Array.from({ length: 20 }, () => collect(connection.watch("/api?watch=true&timeoutSeconds=5", stop.signal)));
    for (let i = 0; i < 20; i++) server.script(watching([], "open"));
    await server.request(20);
    const calls = Array.from({ length: 20 }, () => connection.request(get("/call")));
    await server.request(36);
    expect(server.sockets()).toBe(36);
    for (let i = 0; i < 20; i++) server.script(json({}));
    await Promise.all(calls);
    expect(server.sockets()).toBe(36);
    stop.abort();
    await Promise.all(watches);
  });
  test("a body is sent as JSON, patches as merge patches unless said otherwise", async () => {
    server.script(json({}), json({}), json({}));
    await connection.request({ method: "POST", path: "/a", body: { x: 1 } });
    await connection.request({ method: "PATCH", path: "/a", body: { x: 1 } });
    await connection.request({ method: "PATCH", path: "/a", body: [], contentType: "application/json-patch+json" });
    expect(server.requests.map(({ headers }) => headers["content-type"])).toEqual(["application/json", "application/merge-patch+json", "application/json-patch+json"]);
    expect(server.requests[0]).toMatchObject({ body: { x: 1 }, headers: { "user-agent": "predictive-scaler", accept: "application/json" } });
  });
});

describe("credentials", () => {
  const authorization = async (user: object) => {
    const over = connect({ kubeconfig: kubeconfig(user) });
    server.script(json({}));
    await over.request(get("/api"));
    await over.close();
    return server.requests.at(-1)?.headers.authorization;
  };
  test("a token, a name with password, and a plugin's token are sent", async () => {
    expect(await authorization({ token: "t1" })).toBe("Bearer t1");
    expect(await authorization({ username: "a", password: "b" })).toBe(`Basic ${Buffer.from("a:b").toString("base64")}`);
    const says = JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token: "t2" } });
    const script = join(folder, "plugin.mjs");
    writeFileSync(script, `console.log(${JSON.stringify(says)});`);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [script] };
    expect(await authorization({ exec })).toBe("Bearer t2");
  });
  test("after a 401 the kubeconfig is read anew and the call made once more", async () => {
    const over = connect({ kubeconfig: kubeconfig({ token: "old" }) });
    server.script(json({}), refuse(401, "Unauthorized"), json({ fine: true }));
    await over.request(get("/api"));
    kubeconfig({ token: "new" });
    expect(await over.request(get("/api"))).toEqual({ fine: true });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer old", "Bearer new"]);
    server.script(refuse(401, "Unauthorized"));
    expect(await failure(get("/api"), over)).toMatchObject({ status: 401, reason: "Forbidden" });
    await over.close();
  });
  test("a pod's token file is read anew at a 401, however young what was read before", async () => {
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, "old\n");
    const over = connect({ kubeconfig: kubeconfig({ "auth-provider": { name: "tokenFile", config: { tokenFile } } }) });
    server.script(json({}), refuse(401, "Unauthorized"), json({ fine: true }));
    await over.request(get("/api"));
    writeFileSync(tokenFile, "new\n");
    expect(await over.request(get("/api"))).toEqual({ fine: true });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer old", "Bearer new"]);
    await over.close();
  });
  test("a plugin that fails is named as what it is", async () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: join(folder, "no-such-plugin"), args: [] };
    const over = connect({ kubeconfig: kubeconfig({ exec }) });
    const error = await failure(get("/api"), over);
    expect(error.sentence).toMatch(/credentials .* cannot be had: .*no-such-plugin.*plugin must run here/);
    expect(server.requests).toEqual([]);
    await over.close();
  });
  test("a kubeconfig that cannot be used says why", () => {
    const file = kubeconfig({ token: "t" });
    writeFileSync(join(folder, "empty"), "{}");
    writeFileSync(join(folder, "bad"), "{[");
    expect(() => connect({ kubeconfig: join(folder, "none") })).toThrow(/none cannot be used: ENOENT/);
    expect(() => connect({ kubeconfig: file, context: "other" })).toThrow('it has no context "other" (it has: x)');
    expect(() => connect({ kubeconfig: join(folder, "empty") })).toThrow("cannot be used");
    expect(() => connect({ kubeconfig: join(folder, "bad") })).toThrow("cannot be used");
    expect(() => connect({ server: "ftp://x" })).toThrow("expected an address such as");
  });
});
