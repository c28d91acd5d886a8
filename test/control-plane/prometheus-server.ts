// The real Prometheus on a free loopback port, over history that was written into its blocks before it started.
// Samples must be older than three hours, because blocks may not reach into the head; or there are live samples, and the head begins with those.
import { execFileSync } from "node:child_process";
import { createWriteStream, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { freePorts, isPortClash, startServer, temporaryFolder, untilReady } from "./child-process.ts";
import type { Server } from "./child-process.ts";
import type { Binaries } from "./provision.ts";

/** One series; `value` NaN or undefined leaves the moment out. */
export interface Backfill {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: (unixMs: number) => number | undefined;
  /** Writes NaN samples where true. */
  readonly nanAt?: (unixMs: number) => boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

export interface PrometheusServer {
  readonly url: string;
  stop(): Promise<void>;
}

const START_TRIES = 3;
const READY_DEADLINE_MS = 60_000;
const NEWEST_AGE_MS = 3 * 3_600_000;
/** Bytes of text that are written at once. */
const CHUNK_BYTES = 1 << 20;

/** Where live samples come from: they must be newer than all history. */
export interface Live {
  /** `host:port` that answers /metrics. */
  readonly target: string;
  readonly intervalSeconds: number;
}

export async function startPrometheus(binaries: Binaries, series: readonly Backfill[], live?: Live): Promise<PrometheusServer> {
  const folder = temporaryFolder("predictive-scaler-prometheus-");
  let server: Server | undefined;
  const stop = async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const data = join(folder, "data");
    const newest = Math.max(...series.map(({ toMs }) => toMs));
    const isTooNew = live === undefined && newest > Date.now() - NEWEST_AGE_MS;
    if (isTooNew) throw new RangeError(`The newest sample is at ${new Date(newest).toISOString()}; expected one older than 3 hours.`);
    await writeBlocks(binaries, folder, data, series);
    writeFileSync(join(folder, "prometheus.yml"), configOf(live));
    for (let tries = 1; ; tries++) {
      const [port = 0] = await freePorts(1);
      const url = `http://127.0.0.1:${port}`;
      // The default retention of 15 days would delete the history at start.
      const args = [`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${data}`, "--storage.tsdb.retention.time=90d"];
      server = startServer("prometheus", binaries.prometheus, [...args, `--web.listen-address=127.0.0.1:${port}`], join(folder, "prometheus.log"));
      try {
        await untilReady(server, "ready", READY_DEADLINE_MS, async () => (await fetch(`${url}/-/ready`)).ok);
        return { url, stop };
      } catch (error) {
        await server.stop();
        if (!isPortClash(error) || tries === START_TRIES) throw error;
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

function configOf(live: Live | undefined): string {
  if (live === undefined) return "global: {scrape_interval: 1m}\n";
  // As the history is written: without job and instance.
  const drop = "metric_relabel_configs: [{regex: job|instance, action: labeldrop}]";
  return `scrape_configs: [{job_name: live, scrape_interval: ${live.intervalSeconds}s, static_configs: [{targets: ["${live.target}"]}], ${drop}}]\n`;
}

async function writeBlocks(binaries: Binaries, folder: string, data: string, series: readonly Backfill[]): Promise<void> {
  const text = join(folder, "history.om");
  const out = createWriteStream(text);
  let chunk = "";
  for (const name of new Set(series.map(({ name }) => name))) {
    chunk += `# TYPE ${name} gauge\n`;
    for (const one of series.filter((other) => other.name === name)) {
      const labels = Object.entries(one.labels ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      const head = labels.length === 0 ? name : `${name}{${labels.join(",")}}`;
      for (let t = one.fromMs; t <= one.toMs; t += one.stepMs) {
        const value = one.nanAt?.(t) === true ? "NaN" : one.value(t);
        if (value === undefined || Number.isNaN(value)) continue;
        chunk += `${head} ${value} ${t / 1000}\n`;
        if (chunk.length > CHUNK_BYTES) {
          if (!out.write(chunk)) await once(out, "drain");
          chunk = "";
        }
      }
    }
  }
  out.end(`${chunk}# EOF\n`);
  await once(out, "finish");
  // This flag is of create-blocks-from and must stand before `openmetrics`; without it 4 weeks are read 336 times.
  const args = ["tsdb", "create-blocks-from", "--max-block-duration=744h", "openmetrics", "-q", text, data];
  execFileSync(binaries.promtool, args, { stdio: ["ignore", "ignore", "pipe"] });
  rmSync(text);
}
