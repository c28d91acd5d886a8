// The list that `kubectl psc` shows, asked of a real HTTP server, and what completion proposes.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { candidates } from "../../src/cli/completion.ts";
import { listCommand } from "../../src/cli/list.ts";
import { createProgram } from "../../src/cli/program.ts";
import { connect } from "../../src/kube/index.ts";
import { captureIo, runCaptured } from "./capture.ts";
import { startPlaygroundCluster } from "./playground-cluster.ts";
import type { PlaygroundCluster } from "./playground-cluster.ts";

const SCALERS = "/apis/predictivescaler.io/v1alpha1/namespaces";
const scaler = (namespace: string, name: string) => ({
  apiVersion: "predictivescaler.io/v1alpha1",
  kind: "PredictiveScaler",
  metadata: { name, namespace },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    maxReplicas: 40,
    metric: { query: "sum(requests)", targetPerReplica: "50" },
  },
});
const ready = (status: "True" | "False", reason: string, message: string) => ({
  type: "Ready", status, reason, message, lastTransitionTime: "2026-03-02T08:00:00Z",
});

describe("list", () => {
  let cluster: PlaygroundCluster;
  let kubeconfig = "";
  beforeAll(async () => {
    cluster = await startPlaygroundCluster();
    ({ kubeconfig } = cluster);
    const connection = connect({ kubeconfig });
    const make = async (namespace: string, name: string, status?: object) => {
      await connection.request({ method: "POST", path: `${SCALERS}/${namespace}/predictivescalers`, body: scaler(namespace, name) });
      if (status === undefined) return;
      await connection.request({ method: "PATCH", path: `${SCALERS}/${namespace}/predictivescalers/${name}/status`, body: { status } });
    };
    for (const name of ["shop", "web", "empty"]) {
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
      await connection.request({ method: "POST", path: "/api/v1/namespaces", body });
    }
    await make("shop", "checkout", {
      currentReplicas: 8,
      desiredReplicas: 14,
      demand: { now: "402", atLead: "655" },
      accuracy: { wape: "6.1%" },
      conditions: [ready("True", "AsExpected", "Forecasting and scaling.")],
    });
    await make("shop", "search", { currentReplicas: 3, desiredReplicas: 3, conditions: [ready("False", "QueryAmbiguous", "The query yields 2 series.")] });
    await make("web", "front");
    await connection.close();
  });
  afterAll(() => cluster.close());
  const list = (...args: readonly string[]) => runCaptured(listCommand, ["--kubeconfig", kubeconfig, ...args]);

  test("one line a scaler: demand, forecast, what is there and what is wanted, and the state in one word", async () => {
    const { code, out } = await list("-n", "shop");
    expect(code).toBe(0);
    expect(out.split("\n").map((line) => line.trim().split(/ +/))).toEqual([
      ["NAME", "MODE", "DEMAND", "FORECAST", "REPLICAS", "ERROR", "STATE"],
      ["checkout", "Active", "402", "655", "8->14", "6.1%", "Ready"],
      ["search", "Active", "-", "-", "3", "-", "QueryAmbiguous"],
      [""],
    ]);
  });

  test("all namespaces, with scalers that nobody has looked at yet", async () => {
    const { out } = await list("--all-namespaces");
    expect(out).toMatch(/^NAMESPACE\/NAME /);
    expect(out).toMatch(/^web\/front +Active +- +- +- +- +NotSeenYet$/m);
  });

  test("wide tells the sentence behind the state, json everything", async () => {
    expect((await list("-n", "shop", "-o", "wide")).out).toContain("\n  The query yields 2 series.\n");
    const all: unknown = JSON.parse((await list("-n", "shop", "-o", "json")).out);
    expect(all).toMatchObject([{ name: "checkout", replicas: "8->14" }, { name: "search", isWell: false }]);
  });

  test("a scaler asked for by name that is not well, or not there, is exit code 1", async () => {
    expect((await list("-n", "shop", "checkout")).code).toBe(0);
    expect((await list("-n", "shop", "search")).code).toBe(1);
    const { code, err } = await list("-n", "shop", "chekout");
    expect({ code, err }).toEqual({ code: 1, err: "predictive-scaler: There is no PredictiveScaler chekout in the namespace shop.\n" });
  });

  test("an empty namespace says so and where to look; a server that is away is exit code 3", async () => {
    const { code, out, err } = await list("-n", "empty");
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toContain("--all-namespaces");
    const gone = join(cluster.folder, "gone");
    writeFileSync(gone, readFileSync(kubeconfig, "utf8").replace(/127\.0\.0\.1:\d+/, "127.0.0.1:9"));
    expect((await runCaptured(listCommand, ["--kubeconfig", gone])).code).toBe(3);
  });
});

test("completion knows commands, flags, their choices, and where the name of a scaler stands", () => {
  const program = createProgram(captureIo().io, () => undefined, { name: "predictive-scaler", version: "0" });
  const propose = (...words: readonly string[]) => candidates(program, words);
  expect(propose("")).toEqual(expect.arrayContaining(["list", "explain", "backtest", "validate", "run", "crd"]));
  expect(propose("")).not.toContain("__complete");
  expect(propose("explain", "--out")).toContain("--output");
  expect(propose("backtest", "--output", "")).toEqual(["text", "json", "csv", "html"]);
  expect(propose("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(propose("explain", "che")).toBeUndefined();
  expect(propose("explain", "--namespace", "")).toEqual([]);
});
