// One compressed day of the same traffic under five autoscalers at once, on the real API server, controller manager, KEDA and Prometheus: how much
// of the time demand was above the capacity of the ready pods, and at what price. Simulated: the traffic, the pods (kwok) and their use of the processor.
import { connect } from "../../src/kube/index.ts";
import { createTraffic } from "../../src/playground/index.ts";
import { DAY_MS, HOUR_MS, liveDay, MINUTE_MS } from "../cluster/demand.ts";
import { operatorKubeconfig } from "../cluster/operator-account.ts";
import { startOperator } from "../cluster/operator.ts";
import type { Operator } from "../cluster/operator.ts";
import { servePresent } from "../cluster/present-prometheus.ts";
import { pause } from "../cluster/wait-for.ts";
import { freePorts } from "../control-plane/child-process.ts";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { serveExtension } from "../control-plane/extension-server.ts";
import { applyCrd } from "../control-plane/global-setup.ts";
import { startKeda } from "../control-plane/keda.ts";
import { KEDA } from "../control-plane/modules.ts";
import { startPrometheus } from "../control-plane/prometheus-server.ts";
import { provision, provisionModules } from "../control-plane/provision.ts";
import { arms, NAMESPACE, PER_POD, raced } from "./cluster-arms.ts";

const QUERY = 'sum(demand{service="race"})';
const HISTORY_DAYS = 28;
/** The playground's traffic, for some dozens of pods. */
const SCALE = 2;
const SEED = 11;
/** How often pods are looked at, ms; at 60 simulated seconds a second that is half a minute. */
const LOOK_MS = 500;
/** Not judged: all begin with the same number, whatever the hour needs; simulated ms. */
const SETTLING_MS = HOUR_MS;
/** What an HPA waits for in wall-clock time, and how long it does by default, s. */
const HPA_SECONDS = { "sync-period": 15, "initial-readiness-delay": 30, "cpu-initialization-period": 300 };

export interface RaceFigures {
  readonly name: string;
  readonly what: string;
  /** Share of the judged time in which demand was above the capacity of the ready pods, and share of the demand that was. */
  readonly overloadedShare: number;
  readonly unservedShare: number;
  /** Of replicas asked for. */
  readonly podHours: number;
  readonly changes: number;
  readonly mostReplicas: number;
}

export interface RaceOptions {
  /** Simulated, the settling included. */
  readonly hours: number;
  /** Simulated seconds a second. */
  readonly rate: number;
  readonly say: (what: string) => void;
}

/** Runs the race. Throws where the real servers are not there. */
export async function race({ hours, rate, say }: RaceOptions): Promise<RaceFigures[]> {
  const [binaries, keda] = [await provision(), await provisionModules([KEDA], "KEDA")];
  if (binaries === undefined || keda === undefined) throw new Error("There is no control plane here. test/control-plane builds it where there is Go.");
  const dayMs = liveDay(Date.now());
  const traffic = createTraffic({ seed: SEED, liveMs: dayMs });
  const demand = (ms: number) => SCALE * traffic.rate(ms);
  const series = { name: "demand", labels: { service: "race" }, value: demand, fromMs: dayMs - HISTORY_DAYS * DAY_MS, toMs: dayMs + 2 * DAY_MS, stepMs: MINUTE_MS };
  const stops: (() => Promise<unknown>)[] = [];
  let operator: Operator | undefined;
  const nowMs = () => operator?.nowMs() ?? dayMs;
  try {
    say("starting Kubernetes, KEDA and Prometheus");
    const managerFlags = Object.entries(HPA_SECONDS).map(([name, seconds]) => `--horizontal-pod-autoscaler-${name}=${Math.round((seconds * 1000) / rate)}ms`);
    const cluster = await startCluster(binaries, { managerFlags });
    stops.push(() => cluster.stop());
    const prometheus = await startPrometheus(binaries, [series]);
    stops.push(() => prometheus.stop());
    await applyCrd(cluster);
    await cluster.kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    stops.push(await servePodMetrics(cluster, () => demand(nowMs())));
    const started = await startKeda({ files: keda, kubectl: cluster.kubectl, namespace: NAMESPACE });
    stops.push(() => started.stop());
    const present = await servePresent({ prometheusUrl: prometheus.url, nowMs });
    stops.push(() => present.stop());
    const [port = 0] = await freePorts(1);
    const racing = arms({ rate, query: QUERY, prometheusUrl: present.url, scalerAddress: `127.0.0.1:${port}` });
    const kubeconfig = await operatorKubeconfig(cluster.kubectl, cluster.folder, "race-operator");
    await cluster.kubectl.apply(...racing.map(({ name }) => raced(name, rate)));
    operator = await startOperator({
      kubeconfig,
      prometheusUrl: prometheus.url,
      namespaces: [NAMESPACE],
      env: { PREDICTIVE_SCALER_EXTERNAL_SCALER_ADDR: `127.0.0.1:${port}` },
      clockStartMs: dayMs,
      clockRate: rate,
    });
    stops.push(() => operator?.stop() ?? Promise.resolve());
    await cluster.kubectl.apply(...racing.flatMap(({ objects }) => objects));
    say(`racing: ${hours} simulated hours, about ${Math.ceil((hours * 60) / rate)} minutes`);
    return await watch(cluster, racing, { untilMs: dayMs + hours * HOUR_MS, fromMs: dayMs + SETTLING_MS, nowMs, demand, say });
  } finally {
    for (const stop of stops.reverse()) await stop().catch(() => undefined);
  }
}

interface Course {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly nowMs: () => number;
  readonly demand: (ms: number) => number;
  readonly say: (what: string) => void;
}

interface Seen {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly readyReplicas?: number };
}

/** Looks at all Deployments again and again, and adds up. */
async function watch(cluster: Cluster, racing: readonly { readonly name: string; readonly what: string }[], course: Course): Promise<RaceFigures[]> {
  const { fromMs, untilMs, nowMs, demand, say } = course;
  const connection = connect({ kubeconfig: cluster.kubeconfig });
  const { signal } = new AbortController();
  const sums = new Map(racing.map(({ name }) => [name, { judgedMs: 0, overloadedMs: 0, asked: 0, unserved: 0, podMs: 0, changes: 0, most: 0, replicas: NaN }]));
  let beforeMs = nowMs();
  let toldHour = -1;
  try {
    while (nowMs() < untilMs) {
      await pause(LOOK_MS);
      const { items } = (await connection.request({ method: "GET", path: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, signal })) as { items: Seen[] };
      const atMs = nowMs();
      const [elapsedMs, now] = [atMs - beforeMs, demand(atMs)];
      beforeMs = atMs;
      if (atMs < fromMs) continue;
      for (const { metadata, spec, status } of items) {
        const sum = sums.get(metadata.name);
        if (sum === undefined) continue;
        const short = Math.max(0, now - (status.readyReplicas ?? 0) * PER_POD);
        sum.judgedMs += elapsedMs;
        sum.asked += now * elapsedMs;
        sum.unserved += short * elapsedMs;
        if (short > 0) sum.overloadedMs += elapsedMs;
        sum.podMs += spec.replicas * elapsedMs;
        if (!Number.isNaN(sum.replicas) && sum.replicas !== spec.replicas) sum.changes++;
        sum.replicas = spec.replicas;
        sum.most = Math.max(sum.most, spec.replicas);
      }
      const hour = Math.floor((atMs % DAY_MS) / HOUR_MS);
      if (hour === toldHour) continue;
      toldHour = hour;
      const standing = racing.map(({ name }) => `${name} ${sums.get(name)?.replicas ?? "?"}`).join(", ");
      say(`${String(hour).padStart(2, "0")}:00 demand ${Math.ceil(now / PER_POD)} pods; replicas: ${standing}`);
    }
  } finally {
    await connection.close();
  }
  return racing.map(({ name, what }) => {
    const sum = sums.get(name);
    if (sum === undefined || sum.judgedMs === 0) throw new Error(`Nothing was seen of ${name}.`);
    return {
      name,
      what,
      overloadedShare: sum.overloadedMs / sum.judgedMs,
      unservedShare: sum.unserved / sum.asked,
      podHours: sum.podMs / HOUR_MS,
      changes: sum.changes,
      mostReplicas: sum.most,
    };
  });
}

/** metrics.k8s.io, as an HPA asks it: each ready pod's share of the demand, in cores. */
async function servePodMetrics({ kubeconfig, kubectl }: Cluster, demand: () => number): Promise<() => Promise<void>> {
  const connection = connect({ kubeconfig });
  const { signal } = new AbortController();
  const version = "v1beta1";
  const stop = await serveExtension(kubectl, {
    group: "metrics.k8s.io",
    version,
    resources: [{ name: "pods", kind: "PodMetrics" }],
    async answer(namespace, [resource], query) {
      if (resource !== "pods") return undefined;
      const selector = query.get("labelSelector") ?? "";
      const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
      const { items } = (await connection.request({ method: "GET", path, signal })) as { items: SeenPod[] };
      const ready = items.filter(({ status }) => status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"));
      const timestamp = new Date().toISOString();
      const cpu = `${Math.round((1000 * demand()) / PER_POD / Math.max(1, ready.length))}m`;
      return {
        kind: "PodMetricsList",
        apiVersion: `metrics.k8s.io/${version}`,
        metadata: {},
        items: ready.map(({ metadata: { name, labels } }) => ({ metadata: { name, namespace, labels }, timestamp, window: "1s", containers: [{ name: "app", usage: { cpu, memory: "1Mi" } }] })),
      };
    },
  });
  return async () => {
    await stop();
    await connection.close();
  };
}

interface SeenPod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
