// The API server goes away and comes back while the operator runs: nothing is lost, nothing is lowered, and the next peak is served.
// Has a cluster of its own, so that no other test is disturbed.
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { applyCrd } from "../control-plane/global-setup.ts";
import { HOUR_MS, MINUTE_MS, morningPeak, PER_REPLICA } from "./demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const NS = "restart";
const RATE = 120;
const SOON_MS = 30_000;

describeCluster("the API server restarts", () => {
  const { binaries, prometheusUrl, liveDayMs } = surroundings();
  let cluster: Cluster;
  let operator: Operator;
  const shown = (name: string) => cluster.kubectl.get<ShownScaler>("psc", name, "--namespace", NS);
  const replicasOf = async (name: string) => (await cluster.kubectl.get<ShownDeployment>("deployment", name, "--namespace", NS)).spec.replicas;

  beforeAll(async () => {
    cluster = await startCluster(binaries);
    await applyCrd(cluster);
    await cluster.kubectl.apply(namespaceOf(NS));
    await cluster.kubectl.apply(deployment(NS, "morning", 3), deployment(NS, "held", 12), deployment(NS, "late", 3));
    const kubeconfig = await operatorKubeconfig(cluster.kubectl, cluster.folder, "operator");
    operator = await startOperator({ kubeconfig, prometheusUrl, clockStartMs: liveDayMs + 7 * HOUR_MS, clockRate: RATE });
    await cluster.kubectl.apply(scaler(NS, "morning"), scaler(NS, "held", { service: "morning", spec: { mode: "ScaleOutOnly" } }));
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  test("scalers go on being served, new ones are seen, and the next peak is prepared for", async () => {
    await waitFor("a forecast before the restart", SOON_MS, async () => {
      expect(conditionOf(await shown("morning"), "Forecasting")).toMatchObject({ status: "True" });
    });
    await cluster.restartApiServer(1_000);
    const backMs = operator.nowMs();
    expect(operator.exitCode()).toBeUndefined();
    // Applied after the restart: only a watch that runs again can see it.
    await cluster.kubectl.apply(scaler(NS, "late", { service: "morning", spec: { mode: "Recommend" } }));
    await waitFor("a scaler made after the restart is seen", SOON_MS, async () => {
      expect(conditionOf(await shown("late"), "MetricAvailable")).toMatchObject({ status: "True" });
    });
    await waitFor("the scaler from before is decided on again", SOON_MS, async () => {
      expect(Date.parse((await shown("morning")).status?.decision?.time ?? "")).toBeGreaterThan(backMs);
    });
    const peak = liveDayMs + 8 * HOUR_MS + 28 * MINUTE_MS;
    await operator.until(peak);
    expect(await replicasOf("morning")).toBeGreaterThanOrEqual(Math.ceil(morningPeak(peak) / PER_REPLICA));
    expect(await replicasOf("held")).toBeGreaterThanOrEqual(12);
    expect(operator.lines().filter(({ reason }) => reason === "InternalError")).toEqual([]);
    expect(await operator.stop()).toBe(0);
  });
});
