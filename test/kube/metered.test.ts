// What is counted of the calls to the API server: each once, by how it ended.
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect, metered } from "../../src/kube/index.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { json, refuse, startScriptedServer, watching } from "./scripted-server.ts";
import type { ScriptedServer } from "./scripted-server.ts";

let server: ScriptedServer;
let connection: KubeConnection;
let counted: string[];
beforeEach(async () => {
  server = await startScriptedServer();
  counted = [];
  connection = metered(connect({ server: server.url }), (method, code) => counted.push(`${method} ${code}`));
});
afterEach(async () => {
  await connection.close();
  await server.close();
});

test("an answer, a refusal and no answer at all are each counted once, and pass through as they are", async () => {
  server.script(json({ kind: "Thing" }), refuse(409, "Conflict"), (response) => response.destroy());
  expect(await connection.request({ method: "GET", path: "/a" })).toEqual({ kind: "Thing" });
  await expect(connection.request({ method: "PATCH", path: "/a", body: {} })).rejects.toMatchObject({ status: 409 });
  await expect(connection.request({ method: "POST", path: "/a", body: {} })).rejects.toMatchObject({ reason: "KubernetesUnreachable" });
  expect(counted).toEqual(["GET 2xx", "PATCH 409", "POST KubernetesUnreachable"]);
});

test("a watch is counted when it ends; what was given up is not", async () => {
  server.script(watching([{ type: "ADDED", object: {} }], "close"), refuse(410, "Expired"));
  const seen = [];
  for await (const event of connection.watch("/a?watch=1", new AbortController().signal)) seen.push(event);
  expect(seen).toHaveLength(1);
  await expect(connection.watch("/a?watch=1", new AbortController().signal)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ status: 410 });
  const controller = new AbortController();
  const call = connection.request({ method: "GET", path: "/a", signal: controller.signal });
  await server.request(3);
  controller.abort(new Error("given up"));
  await expect(call).rejects.toThrow("given up");
  expect(counted).toEqual(["WATCH 2xx", "WATCH 410"]);
});
