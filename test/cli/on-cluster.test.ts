// How a command's run on a cluster ends: its own exit code, a refusal in the user's words, or a bug that is not hidden; always with its connection closed.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { onCluster } from "../../src/cli/on-cluster.ts";
import { refuse } from "../../src/cli/refusal.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { captureIo } from "./capture.ts";
import { startPlaygroundCluster } from "./playground-cluster.ts";
import type { PlaygroundCluster } from "./playground-cluster.ts";

let cluster: PlaygroundCluster;
beforeAll(async () => {
  cluster = await startPlaygroundCluster();
});
afterAll(() => cluster.close());

/** Runs `run` and tells how it ended, what was said, and how often its connection was closed. */
async function runOn(run: (connection: KubeConnection) => Promise<number>, prefixed?: "first line" | "every line") {
  const { io, text } = captureIo();
  const spies: { readonly mock: { readonly calls: readonly unknown[] } }[] = [];
  const watched = (connection: KubeConnection) => {
    spies.push(vi.spyOn(connection, "close"));
    return run(connection);
  };
  const code = await onCluster({ kubeconfig: cluster.kubeconfig }, io, watched, prefixed).catch((error: unknown) => error);
  return { code, ...text, closed: spies.flatMap(({ mock }) => mock.calls).length };
}

test("the run's exit code, and nothing said", async () => {
  const run = async (connection: KubeConnection) => ((await connection.request({ method: "GET", path: "/api/v1/namespaces" })) === undefined ? 0 : 7);
  expect(await runOn(run)).toEqual({ code: 7, out: "", err: "", closed: 1 });
});

test.each([
  [undefined, "predictive-scaler: one\ntwo\n"],
  ["first line", "predictive-scaler: one\ntwo\n"],
  ["every line", "predictive-scaler: one\npredictive-scaler: two\n"],
] as const)("a refusal gives its code and is told, with the program's name: %s", async (prefixed, err) => {
  expect(await runOn(async () => refuse("one\ntwo", 3), prefixed)).toEqual({ code: 3, out: "", err, closed: 1 });
});

test("a kubeconfig that cannot be used is a refusal with exit code 3, and nothing runs", async () => {
  const { io, text } = captureIo();
  const missing = join(cluster.folder, "missing");
  expect(await onCluster({ kubeconfig: missing }, io, () => expect.fail("it ran"))).toBe(3);
  expect(text.err).toMatch(/^predictive-scaler: /);
  expect(text.err).toContain(missing);
});

test("what is no refusal is thrown on, unsaid", async () => {
  const bug = new RangeError("a bug");
  expect(await runOn(() => Promise.reject(bug))).toEqual({ code: bug, out: "", err: "", closed: 1 });
});
