// A real Prometheus that scrapes an operator in simulated time. A relay between them gives every sample the simulated moment as its time,
// so that `offset 20m` and rates mean what they mean in a cluster.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts, startServer, temporaryFolder, untilReady } from "../control-plane/child-process.ts";
import type { Binaries } from "../control-plane/provision.ts";

export interface WatchingPrometheus {
  readonly url: string;
  /** `host:port` of the target, as its series have it. */
  readonly instance: string;
  stop(): Promise<void>;
}

interface Watched {
  readonly metricsUrl: string;
  nowMs(): number;
}

const READY_DEADLINE_MS = 30_000;

/** `namespace` is the target's label, as service discovery gives it: the scalers' own labels win, as with `honorLabels: true`. */
export async function watch(binaries: Binaries, operator: Watched, namespace: string, intervalMs: number): Promise<WatchingPrometheus> {
  const relay = await startRelay(operator);
  const folder = temporaryFolder("predictive-scaler-watching-");
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const target = { targets: [relay.address], labels: { namespace } };
  const config = {
    global: { scrape_interval: `${intervalMs}ms`, scrape_timeout: `${intervalMs}ms` },
    // The simulated days are past, and Prometheus's own series of the target are of today.
    storage: { tsdb: { out_of_order_time_window: "35d" } },
    scrape_configs: [{ job_name: "predictive-scaler", honor_labels: true, static_configs: [target] }],
  };
  const file = join(folder, "prometheus.json");
  writeFileSync(file, JSON.stringify(config));
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, "data")}`, "--storage.tsdb.retention.time=90d", `--web.listen-address=127.0.0.1:${port}`];
  const server = startServer("prometheus", binaries.prometheus, args, join(folder, "prometheus.log"));
  const stop = async () => {
    await server.stop();
    await relay.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await untilReady(server, "ready", READY_DEADLINE_MS, async () => (await fetch(`${url}/-/ready`)).ok);
    return { url, instance: relay.address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startRelay(operator: Watched) {
  const server = createServer((_, response) => {
    const answer = async () => {
      const text = await (await fetch(`${operator.metricsUrl}/metrics`)).text();
      const time = Math.round(operator.nowMs());
      const stamped = text.replaceAll(/^[^#\n].*$/gm, (line) => `${line} ${time}`);
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(stamped);
    };
    answer().catch(() => response.writeHead(503).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
