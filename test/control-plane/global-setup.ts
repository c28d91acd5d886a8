// Runs once before the cluster lane: brings the binaries, starts one cluster and one Prometheus for all its tests, and ends both after.
import type { TestProject } from "vitest/node";
import { readFileSync } from "node:fs";
import { backfill, liveDay } from "../cluster/demand.ts";
import type { Surroundings } from "../cluster/surroundings.ts";
import { startCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { SCALER_CRD, untilServed } from "./crds.ts";
import { startPrometheus } from "./prometheus-server.ts";
import { provision } from "./provision.ts";

export const CRD_FILE = new URL("../../crds/predictivescaler.io_predictivescalers.yaml", import.meta.url);

/** What vitest calls: returns the teardown. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const binaries = await provision();
  if (binaries === undefined) {
    project.provide("surroundings", undefined);
    return async () => undefined;
  }
  const wallMs = Date.now();
  const [cluster, prometheus] = await Promise.allSettled([startCluster(binaries), startPrometheus(binaries, backfill(wallMs))]);
  const stop = async () => {
    for (const started of [cluster, prometheus]) if (started.status === "fulfilled") await started.value.stop();
  };
  try {
    if (cluster.status === "rejected") throw cluster.reason;
    if (prometheus.status === "rejected") throw prometheus.reason;
    await applyCrd(cluster.value);
    const { kubeconfig, server, folder } = cluster.value;
    const given: Surroundings = { binaries, kubeconfig, server, folder, prometheusUrl: prometheus.value.url, liveDayMs: liveDay(wallMs) };
    project.provide("surroundings", given);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Applies the CRD of the checkout and waits until the API server serves it. */
export async function applyCrd({ kubectl }: Pick<Cluster, "kubectl">): Promise<void> {
  const { code, stderr } = await kubectl.said(["apply", "-f", "-"], readFileSync(CRD_FILE, "utf8"));
  if (code !== 0) throw new Error(`The API server refuses the CRD: ${stderr}`);
  await untilServed(kubectl, SCALER_CRD);
}
