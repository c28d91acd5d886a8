// A fleet on the real API server and the real Prometheus, at one-minute steps in wall time: what the built operator costs and how punctual it is.
// Everything is on loopback. The operator's clock runs at the pace of the wall, some days behind, where the series are that were written before.
import { applyCrd } from "../control-plane/global-setup.ts";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { startPrometheus } from "../control-plane/prometheus-server.ts";
import { provision } from "../control-plane/provision.ts";
import { operatorKubeconfig } from "../cluster/operator-account.ts";
import { DAY_MS, liveDay, MINUTE_MS, queryOf, SERVICES, HOUR_MS } from "../cluster/demand.ts";
import { startOperator } from "../cluster/operator.ts";

const NAMESPACE = "load";
const HISTORY_DAYS = 28;
/** Distinct series; each scaler's query differs by a factor, so that no two are the same question. */
const SERIES = 10;
const SCRAPE_MS = 15_000;
/** Objects in one call. */
const BATCH = 200;
const giveUpMs = (scalers: number) => Math.max(300_000, 3_000 * scalers);

export interface LoadFigures {
  readonly scalers: number;
  /** Wall-clock seconds from spawning the operator, until all have done so; NaN if they have not in time. */
  readonly secondsToDecisions: number;
  readonly secondsToForecasts: number;
  readonly start: Usage;
  /** Once all forecast, or the time for that is over. */
  readonly steady: Usage;
}

export interface Usage {
  /** Of processor time a second. */
  readonly cores: number;
  readonly residentMiB: number;
  readonly apiCallsPerSecond: number;
  readonly queriesPerSecond: number;
  /** Largest p99 of the delay of the event loop between two scrapes, ms. */
  readonly eventLoopP99Ms: number;
  /** Largest delay of the most overdue decision at any scrape, s; how many scrapes saw more than ten seconds, and how many there were. */
  readonly decisionDelaySeconds: number;
  readonly lateScrapes: number;
  readonly scrapes: number;
}

export interface LoadVerdict {
  readonly what: string;
  readonly found: number;
  readonly must: number;
  readonly isMet: boolean;
}

/** Against what one replica has to hold with 10,000 scalers, and in its start with 1,000. */
export function loadVerdicts({ scalers, secondsToDecisions, secondsToForecasts, steady }: LoadFigures): LoadVerdict[] {
  const verdict = (what: string, found: number, must: number) => ({ what, found, must, isMet: found <= must });
  const start = [verdict("start to all decided, s", secondsToDecisions, 30), verdict("start to all forecasting, s", secondsToForecasts, 240)];
  return [
    ...(scalers <= 1_000 ? start : []),
    verdict("cores", steady.cores, 1),
    verdict("resident memory, MiB", steady.residentMiB, 1_024),
    verdict("event-loop delay p99, ms", steady.eventLoopP99Ms, 50),
    verdict("scrapes with a decision over 10 s late, %", (100 * steady.lateScrapes) / steady.scrapes, 1),
  ];
}

/** Sum of all series of a metric; NaN where there is none. */
function sumOf(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].map(([, value]) => Number(value));
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0);
}

interface Scrape {
  readonly atMs: number;
  readonly text: string;
}

function usageOf(scrapes: readonly Scrape[]): Usage {
  const [first, last] = [scrapes[0], scrapes.at(-1)];
  if (first === undefined || last === undefined) throw new Error("Nothing was scraped.");
  const seconds = (last.atMs - first.atMs) / 1000;
  const rate = (name: string) => ((sumOf(last.text, name) || 0) - (sumOf(first.text, name) || 0)) / seconds;
  const delays = scrapes.map(({ text }) => sumOf(text, "predictive_scaler_decision_delay_seconds"));
  return {
    cores: rate("process_cpu_seconds_total"),
    residentMiB: sumOf(last.text, "process_resident_memory_bytes") / 2 ** 20,
    apiCallsPerSecond: rate("predictive_scaler_kubernetes_requests_total"),
    queriesPerSecond: rate("predictive_scaler_prometheus_requests_total"),
    eventLoopP99Ms: 1000 * Math.max(...scrapes.slice(1).map(({ text }) => sumOf(text, "nodejs_eventloop_lag_p99_seconds"))),
    decisionDelaySeconds: Math.max(...delays),
    lateScrapes: delays.filter((delay) => delay > 10).length,
    scrapes: scrapes.length,
  };
}

async function createObjects({ kubectl }: Cluster, scalers: number): Promise<void> {
  await kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  for (let from = 0; from < scalers; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, scalers - from) }, (_, i) => from + i);
    await kubectl.apply(...numbers.flatMap(objectsOf));
  }
}

/** Without pods: replicas are only asked for, so that the cluster's own work is not what is measured. */
function objectsOf(i: number): object[] {
  const metadata = { name: `app-${i}`, namespace: NAMESPACE };
  const labels = { app: metadata.name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app" }] } };
  const query = `${queryOf(`morning-${i % SERIES}`)} * ${1 + i / 1e6}`;
  return [
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 1, paused: true, selector: { matchLabels: labels }, template } },
    {
      apiVersion: "predictivescaler.io/v1alpha1",
      kind: "PredictiveScaler",
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: metadata.name },
        maxReplicas: 10,
        metric: { query, targetPerReplica: "500", step: "1m" },
        forecast: { leadTime: "20m" },
      },
    },
  ];
}

/** How many scalers have a decision, and how many forecast: told by the operator itself. */
function standing(text: string): { readonly decided: number; readonly forecasting: number } {
  const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
  return {
    decided: count(/^predictive_scaler_decision\{/gm),
    forecasting: count(/^predictive_scaler_condition\{[^}]*type="Forecasting"[^}]*\} 1$/gm),
  };
}

/** `minutes`: how long to go on once all forecast. */
export async function load(scalers: number, minutes: number, say: (what: string) => void): Promise<LoadFigures> {
  const binaries = await provision();
  if (binaries === undefined) throw new Error("There is no control plane here. test/control-plane builds it where there is Go.");
  const day = liveDay(Date.now());
  const clockStartMs = day + 6 * HOUR_MS;
  const names = Array.from({ length: SERIES }, (_, i) => `morning-${i}`);
  const span = { fromMs: clockStartMs - HISTORY_DAYS * DAY_MS, toMs: day + 2 * DAY_MS, stepMs: MINUTE_MS };
  const series = names.map((service, i) => ({ name: "demand", labels: { service }, value: (ms: number) => SERVICES.morning(ms + i * HOUR_MS), ...span }));
  say("starting the API server and Prometheus");
  const cluster = await startCluster(binaries);
  const prometheus = await startPrometheus(binaries, series);
  try {
    await applyCrd(cluster);
    const kubeconfig = await operatorKubeconfig(cluster.kubectl, cluster.folder, "load-operator");
    say(`creating ${scalers} Deployments and scalers`);
    await createObjects(cluster, scalers);
    say("starting the operator");
    return await measure(kubeconfig, prometheus.url, clockStartMs, { scalers, minutes, say });
  } finally {
    await prometheus.stop();
    await cluster.stop();
  }
}

interface Course {
  readonly scalers: number;
  readonly minutes: number;
  readonly say: (what: string) => void;
}

async function measure(kubeconfig: string, prometheusUrl: string, clockStartMs: number, { scalers, minutes, say }: Course): Promise<LoadFigures> {
  const beginMs = performance.now();
  const operator = await startOperator({ kubeconfig, prometheusUrl, clockStartMs, clockRate: 1 });
  const scrapes: Scrape[] = [];
  const scrape = async () => {
    const text = await (await fetch(`${operator.metricsUrl}/metrics`)).text();

    // Series of the fleet are looked at once and not kept: only the operator's own are compared.
    scrapes.push({ atMs: performance.now(), text: text.replaceAll(/^predictive_scaler_\w+\{namespace=.*\n/gm, "") });
    return { ...standing(text), seconds: (performance.now() - beginMs) / 1000 };
  };
  const pause = () => new Promise((resolve) => setTimeout(resolve, SCRAPE_MS));
  let [secondsToDecisions, secondsToForecasts] = [NaN, NaN];
  try {
    while (Number.isNaN(secondsToForecasts) && performance.now() - beginMs < giveUpMs(scalers)) {
      const { decided, forecasting, seconds } = await scrape();
      say(`after ${seconds.toFixed(0)} s ${decided} decided, ${forecasting} forecast`);
      if (decided === scalers && Number.isNaN(secondsToDecisions)) secondsToDecisions = seconds;
      if (forecasting === scalers) secondsToForecasts = seconds;
      await pause();
    }
    const before = scrapes.length;
    for (const endMs = performance.now() + minutes * MINUTE_MS; scrapes.length < before + 2 || performance.now() < endMs; await pause()) await scrape();
    return { scalers, secondsToDecisions, secondsToForecasts, start: usageOf(scrapes.slice(0, before)), steady: usageOf(scrapes.slice(before)) };
  } finally {
    await operator.stop();
  }
}
