// The contracts that the playground's servers pass too, asked of the real API server and the real Prometheus.
import { forgetVersions, startCluster } from "../control-plane/cluster.ts";
import { applyCrd } from "../control-plane/global-setup.ts";
import { startPrometheus } from "../control-plane/prometheus-server.ts";
import { kubeContract } from "../kube/contract.ts";
import { accessContract } from "../prometheus/access-contract.ts";
import { contractSeries, prometheusContract } from "../prometheus/contract.ts";
import { HOUR_MS, MINUTE_MS } from "./demand.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

/** Length of the contract's series. */
const SERIES_MS = 9 * 24 * HOUR_MS;
/** Blocks hold nothing younger than three hours. */
const NEWEST_AGE_MS = 4 * HOUR_MS;

describeCluster("contracts", () => {
  const { binaries } = surroundings();

  kubeContract("the real API server", async () => {
    // One of its own, without controllers: events and versions are then the contract's alone.
    const cluster = await startCluster(binaries, { isBare: true });
    await applyCrd(cluster);
    const expireVersions = async () => {
      await forgetVersions(cluster.etcdUrl);
      // What the API server remembers of the past goes with it.
      await cluster.restartApiServer();
      // /readyz is ok before custom resources are served again.
      await waitFor("custom resources are served", 30_000, () => cluster.kubectl("get", "psc", "--all-namespaces"));
    };
    return { kubeconfig: cluster.kubeconfig, expireVersions, close: () => cluster.stop() };
  });

  accessContract("the real Prometheus", async () => {
    const server = await startPrometheus(binaries, []);
    return { url: server.url, query: "vector(1)", atMs: Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS, close: () => server.stop() };
  });

  prometheusContract("the real Prometheus", async () => {
    const endMs = Math.floor((Date.now() - NEWEST_AGE_MS) / MINUTE_MS) * MINUTE_MS;
    const series = contractSeries(endMs).map((one) => ({ ...one, fromMs: endMs - SERIES_MS, toMs: endMs, stepMs: MINUTE_MS }));
    const server = await startPrometheus(binaries, series);
    return { url: server.url, endMs, close: () => server.stop() };
  });
});
