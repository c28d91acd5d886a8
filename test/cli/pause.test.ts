// pause and resume against a real HTTP server: what they write, what they say, and what they refuse.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { pauseCommand, resumeCommand } from "../../src/cli/pause.ts";
import { connect } from "../../src/kube/index.ts";
import type { KubeConnection, KubeObject } from "../../src/kube/index.ts";
import { GOOD_MANIFEST } from "../api/bad-manifests.ts";
import { runCaptured } from "./capture.ts";
import { startPlaygroundCluster } from "./playground-cluster.ts";
import type { PlaygroundCluster } from "./playground-cluster.ts";

const SCALERS = "/apis/predictivescaler.io/v1alpha1/namespaces/shop/predictivescalers";
let cluster: PlaygroundCluster;
let connection: KubeConnection;
let flags: readonly string[] = [];

beforeAll(async () => {
  cluster = await startPlaygroundCluster();
  const { kubeconfig } = cluster;
  connection = connect({ kubeconfig });
  flags = ["--kubeconfig", kubeconfig, "-n", "shop"];
  await connection.request({ method: "POST", path: "/api/v1/namespaces", body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } } });
  for (const name of ["checkout", "search"])
    await connection.request({ method: "POST", path: SCALERS, body: { ...GOOD_MANIFEST, metadata: { name, namespace: "shop", annotations: { team: "a" } } } });
});
afterAll(async () => {
  await connection.close();
  await cluster.close();
});
beforeEach(async () => {
  await resume("checkout");
});

const pause = (...args: readonly string[]) => runCaptured(pauseCommand, [...flags, ...args]);
const resume = (...args: readonly string[]) => runCaptured(resumeCommand, [...flags, ...args]);
const annotations = async (name = "checkout") => ((await connection.request({ method: "GET", path: `${SCALERS}/${name}` })) as KubeObject).metadata.annotations;
const word = async () => (await annotations())?.["predictivescaler.io/paused"];

test("pause stops both directions until resume, and leaves other annotations alone", async () => {
  const { code, out } = await pause("checkout");
  expect(code).toBe(0);
  expect(out).toBe("shop/checkout is paused in both directions. It goes on with: kubectl psc resume checkout -n shop\n");
  expect(await annotations()).toEqual({ team: "a", "predictivescaler.io/paused": "true" });
  expect((await resume("checkout")).out).toBe("shop/checkout scales in both directions.\n");
  expect(await annotations()).toEqual({ team: "a" });
});

test("one direction, for a while: the end is an annotation", async () => {
  const { out } = await pause("checkout", "--direction", "in", "--for", "2h");
  expect(out).toMatch(/^shop\/checkout is paused in one direction: it does not scale in until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \((2h|1h59m59s)\)\.\n$/);
  expect(await word()).toBe("scale-in");
  const until = Date.parse((await annotations())?.["predictivescaler.io/paused-until"] ?? "");
  expect(Math.abs(until - Date.now() - 7_200_000)).toBeLessThan(60_000);
});

test("a pause without an end takes the end of the one before away", async () => {
  await pause("checkout", "--for", "1h");
  await pause("checkout", "--direction", "out");
  expect(await annotations()).toEqual({ team: "a", "predictivescaler.io/paused": "scale-out" });
});

test.each([
  ["both", "in", "scale-out"],
  ["both", "out", "scale-in"],
  ["in", "out", "scale-in"],
  ["in", "in", undefined],
  ["out", "both", undefined],
])("paused %s and resumed %s leaves %s", async (paused, resumed, left) => {
  await pause("checkout", "--direction", paused);
  await resume("checkout", "--direction", resumed);
  expect(await word()).toBe(left);
});

test("several at once, as JSON", async () => {
  const { code, out } = await pause("checkout", "search", "--output", "json", "--direction", "out");
  expect(code).toBe(0);
  const paused = { scaleIn: false, scaleOut: true, until: null };
  expect(JSON.parse(out)).toEqual(["checkout", "search"].map((name) => ({ namespace: "shop", name, paused })));
});

test("a scaler that is not there is named, and nothing else is said", async () => {
  const { code, err } = await pause("chekout");
  expect(code).toBe(1);
  expect(err).toContain("There is no PredictiveScaler chekout in the namespace shop");
});

test.each([["--for", "soon"], ["--for", "0s"], ["--for", "400d"], ["--direction", "down"]])("%s %s is wrong usage", async (flag, value) => {
  await expect(pause("checkout", flag, value)).rejects.toThrow(/Expected a duration|Allowed choices are in, out, both/);
  expect(await word()).toBeUndefined();
});
