// A fleet on the embedded servers: how long from the start of the built operator until every scaler forecasts, and what that costs its event loop.
// Everything is on loopback and on the wall clock; the servers run in this process, the operator in its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createClock } from "../../src/clock.ts";
import { startPlaygroundKubernetes, startPlaygroundPrometheus } from "../../src/playground/index.ts";

const BUNDLE = join(import.meta.dirname, "../../dist/predictive-scaler.mjs");
const MINUTE_MS = 60_000;
/** After so long the run is given up: a busy machine learns about one model a second. */
const giveUpMs = (scalers: number) => Math.max(120_000, 2_000 * scalers);
const POLL_MS = 250;
/** The delay's histogram begins anew at each scrape: its p99 is that of so long. */
const SCRAPE_MS = 5_000;

export interface FleetFigures {
  readonly scalers: number;
  /** Wall-clock seconds from spawning the operator. */
  readonly secondsToFirstDecision: number;
  readonly secondsToForecast: number;
  /** Largest p99 of the event-loop delay in any five seconds, ms. */
  readonly eventLoopP99Ms: number;
  readonly residentMiB: number;
  /** Processor time that the operator took until then, s. */
  readonly cpuSeconds: number;
  /** Afterwards, while all only decide once a minute; NaN where that was not watched. */
  readonly steady: { readonly cores: number; readonly residentMiB: number };
}

/** A day of minutes, requests a second. A look-up, so that the embedded Prometheus takes as little of the machine as a real one. */
const DAY = Float64Array.from({ length: 1440 }, (_, i) => 500 + 250 * Math.sin((2 * Math.PI * i) / 1440));

/** Requests a second of scaler `i`: a day's shape and some noise, from the moment alone. */
function demandAt(i: number, timeMs: number): number {
  const minute = Math.floor(timeMs / MINUTE_MS);
  const noise = ((Math.imul(minute + i, 0x9e3779b1) >>> 16) & 63) / 2;
  return (DAY[(minute + 11 * i) % 1440] ?? 0) + noise;
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
}

async function createObjects(server: string, scalers: number): Promise<void> {
  await post(`${server}/api/v1/namespaces`, { apiVersion: "v1", kind: "Namespace", metadata: { name: "fleet" } });
  for (let i = 0; i < scalers; i++) {
    const name = `app-${i}`;
    const labels = { app: name };
    const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app" }] } };
    await post(`${server}/apis/apps/v1/namespaces/fleet/deployments`, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "fleet" },
      spec: { replicas: 5, selector: { matchLabels: labels }, template },
    });
    await post(`${server}/apis/predictivescaler.io/v1alpha1/namespaces/fleet/predictivescalers`, {
      apiVersion: "predictivescaler.io/v1alpha1",
      kind: "PredictiveScaler",
      metadata: { name, namespace: "fleet" },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
        maxReplicas: 100,
        metric: { query: `sum(demand{app="${name}"})`, targetPerReplica: "20" },
      },
    });
  }
}

interface Stored {
  readonly status?: { readonly decision?: object; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Starts the operator and resolves to its process and the address of its metrics. */
async function startOperator(kubeconfig: string, prometheusUrl: string) {
  const child = spawn(
    process.execPath,
    [BUNDLE, "run", "--kubeconfig", kubeconfig, "--prometheus-url", prometheusUrl, "--metrics-addr", "127.0.0.1:0", "--leader-elect-namespace", "fleet"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const lines = createInterface({ input: child.stderr });
  const metricsUrl = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the operator ended with ${code}; is it built? Run: npm run build`)));
    lines.on("line", (line) => {
      const { msg, metricsUrl: url } = JSON.parse(line) as { msg: string; metricsUrl?: string };
      if (msg === "listening" && url !== undefined) resolve(url);
    });
  });
  return { child, metricsUrl };
}

const gauge = (text: string, name: string) => Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1] ?? NaN);

/** Watches until every scaler forecasts. */
async function watch(server: string, metricsUrl: string, beginMs: number): Promise<Omit<FleetFigures, "scalers" | "steady">> {
  let secondsToFirstDecision = NaN;
  let eventLoopP99Ms = 0;
  const scrape = async () => {
    const text = await (await fetch(`${metricsUrl}/metrics`)).text();
    eventLoopP99Ms = Math.max(eventLoopP99Ms, gauge(text, "nodejs_eventloop_lag_p99_seconds") * 1000);
    return text;
  };
  for (let scrapedMs = beginMs; ; ) {
    const list = (await (await fetch(`${server}/apis/predictivescaler.io/v1alpha1/predictivescalers`)).json()) as { items: readonly Stored[] };
    const seconds = (performance.now() - beginMs) / 1000;
    const forecasting = list.items.filter(isForecasting).length;
    if (Number.isNaN(secondsToFirstDecision) && list.items.every(({ status }) => status?.decision !== undefined)) secondsToFirstDecision = seconds;
    if (forecasting === list.items.length) {
      const text = await scrape();
      const [residentMiB, cpuSeconds] = [gauge(text, "process_resident_memory_bytes") / 2 ** 20, gauge(text, "process_cpu_seconds_total")];
      return { secondsToFirstDecision, secondsToForecast: seconds, eventLoopP99Ms, residentMiB, cpuSeconds };
    }
    if (seconds * 1000 > giveUpMs(list.items.length)) throw new Error(`after ${seconds.toFixed(0)} s only ${forecasting} of ${list.items.length} scalers forecast`);
    if (performance.now() - scrapedMs >= SCRAPE_MS) {
      scrapedMs = performance.now();
      await scrape();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function isForecasting({ status }: Stored): boolean {
  return status?.conditions?.some((condition) => condition.type === "Forecasting" && condition.status === "True") ?? false;
}

/** What deciding alone takes, over whole minutes, in each of which every scaler decides once. */
async function watchSteady(metricsUrl: string, minutes: number): Promise<FleetFigures["steady"]> {
  const cpuSeconds = async () => gauge(await (await fetch(`${metricsUrl}/metrics`)).text(), "process_cpu_seconds_total");
  if (minutes === 0) return { cores: NaN, residentMiB: NaN };
  const before = await cpuSeconds();
  const beginMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, minutes * MINUTE_MS));
  const cores = ((await cpuSeconds()) - before) / ((performance.now() - beginMs) / 1000);
  return { cores, residentMiB: gauge(await (await fetch(`${metricsUrl}/metrics`)).text(), "process_resident_memory_bytes") / 2 ** 20 };
}

/** `minutes`: how long to go on once all forecast. */
export async function fleet(scalers: number, minutes = 0): Promise<FleetFigures> {
  const clock = createClock();
  const kubernetes = await startPlaygroundKubernetes({ clock, readyDelayMs: MINUTE_MS });
  const prometheus = await startPlaygroundPrometheus({ clock });
  for (let i = 0; i < scalers; i++) prometheus.addSeries({ name: "demand", labels: { app: `app-${i}` }, value: (timeMs) => demandAt(i, timeMs) });
  await createObjects(kubernetes.url, scalers);
  const directory = mkdtempSync(join(tmpdir(), "fleet-"));
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  const beginMs = performance.now();
  const { child, metricsUrl } = await startOperator(kubeconfig, prometheus.url);
  try {
    const start = await watch(kubernetes.url, metricsUrl, beginMs);
    return { scalers, ...start, steady: await watchSteady(metricsUrl, minutes) };
  } finally {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    await Promise.all([kubernetes.close(), prometheus.close()]);
    rmSync(directory, { recursive: true });
  }
}
