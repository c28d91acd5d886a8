// What a fleet is made of: Deployments and scalers, the demand that they share, and where its live samples come from.
// Simulated: the demand, of which a few series stand for all (each scaler's query is another question about one of them), and pods, of which there are
// none: Deployments are paused, so that the controller manager answers each scaling in their status and nothing else happens in the cluster.
// The fleet is one that runs: Deployments begin with the replicas that demand needs, as they do when an operator is installed or restarted.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Backfill } from "../control-plane/prometheus-server.ts";

export const NAMESPACE = "load";
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SERIES = 20;
const TARGET_PER_REPLICA = 50;

export interface Fleet {
  readonly scalers: number;
  /** As in the manifest, for example 1m and 28d. */
  readonly step: string;
  readonly history: string;
}

/** Deterministic noise in [-1, 1] of a minute. */
function noiseAt(ms: number, seed: number): number {
  let x = Math.imul((Math.floor(ms / MINUTE_MS) + 7_919 * seed) ^ 0x9e3779b9, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
}

/** Requests a second of series `i`: a day's and a week's shape and some noise. */
function demandAt(i: number, ms: number): number {
  const hour = ((ms + i * HOUR_MS) % DAY_MS) / HOUR_MS;
  const isWeekend = Math.floor(ms / DAY_MS + 4) % 7 < 1;
  const shape = 500 + 300 * Math.sin((2 * Math.PI * hour) / 24) + (hour > 9 && hour < 10 ? 300 : 0);
  return Math.round(shape * (isWeekend ? 0.6 : 1) * (1 + 0.04 * noiseAt(ms, i)) * 100) / 100;
}

/** `days` of minutes up to `untilMs`. */
export function historyUntil(untilMs: number, days: number): Backfill[] {
  const toMs = Math.floor(untilMs / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: SERIES }, (_, i) => ({
    name: "demand", labels: { series: String(i) }, value: (ms: number) => demandAt(i, ms), fromMs: toMs - days * DAY_MS, toMs, stepMs: MINUTE_MS,
  }));
}

/** Answers /metrics with the demand of now. */
export async function startExporter(): Promise<{ readonly target: string; stop(): Promise<void> }> {
  const server = createServer((_request, response) => {
    const now = Date.now();
    const lines = Array.from({ length: SERIES }, (_, i) => `demand{series="${i}"} ${demandAt(i, now)}`);
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(`# TYPE demand gauge\n${lines.join("\n")}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    target: `127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Scaler `i` and its target as they are at `nowMs`; no two scalers have the same settings. */
export function objectsOf(i: number, { step, history }: Fleet, nowMs: number): object[] {
  const metadata = { name: `app-${i}`, namespace: NAMESPACE };
  const labels = { app: metadata.name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app" }] } };
  const replicas = Math.ceil(demandAt(i % SERIES, nowMs) / TARGET_PER_REPLICA);
  const metric = { query: `sum(demand{series="${i % SERIES}"}) * ${1 + i / 1e6}`, targetPerReplica: String(TARGET_PER_REPLICA + i / 1000), step };
  return [
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas, paused: true, selector: { matchLabels: labels }, template } },
    {
      apiVersion: "predictivescaler.io/v1alpha1",
      kind: "PredictiveScaler",
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: metadata.name },
        maxReplicas: 20 + (i % 20),
        metric,
        forecast: { leadTime: "20m", history },
      },
    },
  ];
}
