// A fleet on the real API server and the real Prometheus, in wall time: what the built operator costs and how punctual it is.
// Everything is on loopback and shares one machine. test/bench/load-world.ts says what is simulated.
import { applyCrd } from "../control-plane/global-setup.ts";
import { startCluster } from "../control-plane/cluster.ts";
import { createAll } from "../control-plane/create-all.ts";
import { startPrometheus } from "../control-plane/prometheus-server.ts";
import { provision } from "../control-plane/provision.ts";
import { operatorKubeconfig } from "../cluster/operator-account.ts";
import { startOperator } from "../cluster/operator.ts";
import type { Operator } from "../cluster/operator.ts";
import { imageEnv } from "./image-env.ts";
import { statusesWaiting, usageOf } from "./load-figures.ts";
import type { LoadFigures, Scrape } from "./load-figures.ts";
import { historyUntil, NAMESPACE, objectsOf, startExporter } from "./load-world.ts";
import type { Fleet } from "./load-world.ts";

const MINUTE_MS = 60_000;
const HISTORY_DAYS = 29;
const LIVE_SECONDS = 15;
const SCRAPE_MS = 15_000;
/** Until all have decided, and then until all forecast, it is looked more often, the sooner the fewer there are, ms. */
const looksMs = (scalers: number, leastMs: number) => Math.min(SCRAPE_MS, Math.max(leastMs, 2 * scalers));
/** After so long the start is given up: a busy machine learns about one model a second. */
const giveUpMs = (scalers: number) => Math.max(600_000, 1_500 * scalers);
/** Between the start and the steady time: what waits is worked off, and every scaler has its place in the minute. */
const SETTLE_MS = 90_000;
/** So many statuses may wait at any moment. */
const MOST_WAITING = 100;

export interface LoadOptions extends Fleet {
  /** How long is measured once all forecast. */
  readonly minutes: number;
  readonly say: (what: string) => void;
}

export async function load({ minutes, say, ...fleet }: LoadOptions): Promise<LoadFigures> {
  const binaries = await provision();
  if (binaries === undefined) throw new Error("There is no control plane here. test/control-plane builds it where there is Go.");
  const closing: (() => Promise<unknown>)[] = [];
  try {
    say("starting the API server and Prometheus, with four weeks of history");
    const cluster = await startCluster(binaries);
    closing.push(() => cluster.stop());
    await applyCrd(cluster);
    const kubeconfig = await operatorKubeconfig(cluster.kubectl, cluster.folder, "load-operator");
    await cluster.kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    say(`creating ${fleet.scalers} Deployments and scalers`);
    const nowMs = Date.now();
    await createAll(cluster.kubeconfig, Array.from({ length: fleet.scalers }, (_, i) => objectsOf(i, fleet, nowMs)).flat());
    const exporter = await startExporter();
    closing.push(() => exporter.stop());
    const prometheus = await startPrometheus(binaries, historyUntil(Date.now(), HISTORY_DAYS), { target: exporter.target, intervalSeconds: LIVE_SECONDS });
    closing.push(() => prometheus.stop());
    say("starting the operator");
    const beginMs = performance.now();
    const operator = await startOperator({ kubeconfig, prometheusUrl: prometheus.url, env: imageEnv(), clockStartMs: Date.now(), clockRate: 1 });
    closing.push(() => operator.stop());
    return await measure(operator, beginMs, { ...fleet, minutes, say });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** How many scalers have decided, and how many forecast: told by the operator itself. */
function standing(text: string): { readonly decided: number; readonly forecasting: number } {
  const count = (pattern: RegExp) => [...text.matchAll(pattern)].length;
  return {
    decided: count(/^predictive_scaler_decision\{/gm),
    forecasting: count(/^predictive_scaler_condition\{[^}]*type="Forecasting"[^}]*\} 1$/gm),
  };
}

/** What /metrics answers, at the third attempt at the latest: on a machine with much else to do a connection may break. */
async function metricsText(operator: Operator): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const end = operator.exitCode();
    if (end !== undefined) throw new Error(`The operator ended with ${end}. It said last: ${operator.lines().slice(-5).map(({ msg }) => msg).join(" | ")}`);
    try {
      return await (await fetch(`${operator.metricsUrl}/metrics`)).text();
    } catch (error) {
      if (attempt === 3) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

async function measure(operator: Operator, beginMs: number, { minutes, say, ...fleet }: LoadOptions): Promise<LoadFigures> {
  const scrapes: Scrape[] = [];
  const scrape = async () => {
    const text = await metricsText(operator);
    // Series of the fleet come last; they are looked at once and not kept.
    const own = text.slice(0, text.search(/^predictive_scaler_\w+\{namespace=/m) >>> 0);
    scrapes.push({ atMs: performance.now(), text: own });
    return text;
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const { scalers } = fleet;
  let [secondsToDecisions, secondsToForecasts] = [NaN, NaN];
  while (Number.isNaN(secondsToForecasts) && performance.now() - beginMs < giveUpMs(scalers)) {
    const { decided, forecasting } = standing(await scrape());
    const seconds = (performance.now() - beginMs) / 1000;
    say(`after ${seconds.toFixed(0)} s ${decided} decided, ${forecasting} forecast`);
    if (decided === scalers && Number.isNaN(secondsToDecisions)) secondsToDecisions = seconds;
    if (forecasting === scalers) secondsToForecasts = seconds;
    await pause(looksMs(scalers, Number.isNaN(secondsToDecisions) ? 2_000 : 5_000));
  }
  say(`settling, then ${minutes} minutes as usual`);
  const started = scrapes.length;
  for (const endMs = performance.now() + SETTLE_MS; performance.now() < endMs || statusesWaiting(scrapes.at(-1)) > MOST_WAITING; await pause(SCRAPE_MS)) await scrape();
  const before = scrapes.length;
  // From the first scrape to the last in whole minutes: what is done in one part of a minute is neither missed nor counted twice.
  for (const beganMs = performance.now(); ; ) {
    await scrape();
    const leftMs = beganMs + minutes * MINUTE_MS - performance.now();
    if (leftMs <= 0) break;
    await pause(Math.min(leftMs, SCRAPE_MS));
  }
  // A leader that cannot renew its lease in time begins anew: then the machine had no time for it, and the figures say little.
  const terms = operator.lines().filter(({ msg }) => msg === "leading").length;
  if (terms > 1) say(`the operator lost its lease ${terms - 1} times: the machine was too busy for these figures`);
  return { ...fleet, secondsToDecisions, secondsToForecasts, start: usageOf(scrapes.slice(0, Math.max(2, started))), steady: usageOf(scrapes.slice(before)) };
}
