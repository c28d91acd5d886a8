// Where faults happen: an operator of its own behind two fault proxies, one scaler for each case and a neighbour, over one accelerated morning.
// Demand of the cases' scalers falls from 07:20 on, in the middle of the fault; demand of the neighbour rises from 08:00.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../cluster/demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "../cluster/manifests.ts";
import type { ShownDeployment, ShownScaler } from "../cluster/manifests.ts";
import { operatorKubeconfig } from "../cluster/operator-account.ts";
import { startOperator } from "../cluster/operator.ts";
import type { Operator } from "../cluster/operator.ts";
import { recordReplicas } from "../cluster/replica-record.ts";
import type { ReplicaRecord } from "../cluster/replica-record.ts";
import type { Surroundings } from "../cluster/surroundings.ts";
import { waitFor } from "../cluster/wait-for.ts";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { applyCrd } from "../control-plane/global-setup.ts";
import { createKubectl } from "../control-plane/kubectl.ts";
import type { Kubectl } from "../control-plane/kubectl.ts";
import { connect } from "../../src/kube/index.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { SOON_MS } from "./case.ts";
import type { Scene } from "./cases.ts";
import { queryFor } from "./prometheus-faults.ts";
import { startFaultProxy } from "./proxy.ts";
import type { FaultProxy } from "./proxy.ts";

export interface World {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  /** Of the operator; its namespace has the same name. */
  readonly account: string;
  readonly kubeconfig: string;
  /** Name of the scaler that the case is about, and of its Deployment. */
  readonly subject: string;
  readonly api: FaultProxy;
  readonly prometheus: FaultProxy;
  /** Throws where the case has no cluster of its own. */
  readonly cluster: () => Cluster;
  /** The true time, simulated. */
  readonly nowMs: () => number;
  /** The one that runs now; those before it have ended. */
  readonly operator: () => Operator;
  /** Starts another with the same account; simulated time goes on. */
  readonly another: (env?: Readonly<Record<string, string>>) => Promise<Operator>;
  /** As `another`, and it is `operator()` from now on. */
  readonly replace: () => Promise<void>;
  readonly applyScalers: () => Promise<void>;
  readonly shown: (name: string) => Promise<SeenScaler>;
  readonly replicasOf: (name: string) => Promise<number>;
}

export interface SeenScaler extends ShownScaler {
  readonly status?: ShownScaler["status"] & { readonly observedGeneration?: number };
}

/** A world with its operator running and all scalers seen, some time before `at(7, 12)`. */
export interface OpenWorld extends Omit<World, "subject"> {
  readonly rate: number;
  readonly record: ReplicaRecord;
  /** Every operator that was started. */
  readonly all: readonly Operator[];
  readonly at: (hour: number, minute: number) => number;
  readonly close: () => Promise<void>;
}

export interface Setting {
  readonly surroundings: Surroundings & { readonly kubectl: Kubectl };
  readonly seed: number;
  /** Simulated seconds a second, unless the case says otherwise. */
  readonly rate?: number;
}

export const NEIGHBOUR = "morning";
/** More than the busy night needs: raised by nobody, lowered by whoever sees the fall. */
export const START_REPLICAS = 16;
const NEIGHBOUR_REPLICAS = 3;
const RATE = 120;
/** An operator with many scalers. */
const SHARED_RATE = 60;
const MANY = 8;
/** From the start of the operator to the fault, wall clock; a busy machine gets another chance with more. */
const LEADS_MS = [36_000, 90_000, 180_000];
/** Simulated time that is enough, however fast it runs. */
const LEAD_MS = 72 * MINUTE_MS;

/** Throws with the reason, and leaves nothing, when it cannot be opened. */
export async function openWorld({ name, cases }: Scene, { surroundings, seed, rate: given }: Setting): Promise<OpenWorld> {
  const { binaries, liveDayMs } = surroundings;
  const alone = cases.length === 1 ? cases[0]?.alone : undefined;
  const rate = alone?.rate ?? given ?? (cases.length < MANY ? RATE : SHARED_RATE);
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closers.toReversed()) await one();
  };
  try {
    const cluster = alone?.isOwnCluster === true ? await startCluster(binaries) : undefined;
    if (cluster !== undefined) closers.push(() => cluster.stop());
    if (cluster !== undefined) await applyCrd(cluster);
    const { server, kubeconfig: admin, folder } = cluster ?? surroundings;
    const kubectl = createKubectl(binaries.kubectl, admin);
    const reader = connect({ kubeconfig: admin });
    const namespace = `fault-${name}`;
    const account = `${namespace}-operator`;
    const certs = join(dirname(admin), "certs");
    const tls = { cert: readFileSync(join(certs, "apiserver.crt"), "utf8"), key: readFileSync(join(certs, "apiserver.key"), "utf8") };
    const api = await startFaultProxy({ target: server, tls, seed });
    const prometheus = await startFaultProxy({ target: surroundings.prometheusUrl, seed: seed + 1 });
    closers.push(() => reader.close(), () => api.close(), () => prometheus.close());
    const names = cases.map(({ id }) => id);
    const applyDeployments = () => kubectl.apply(...names.map((one) => deployment(namespace, one, START_REPLICAS)), deployment(namespace, NEIGHBOUR, NEIGHBOUR_REPLICAS));
    const applyScalers = async () =>
      void (await kubectl.apply(...cases.map(({ id, metric }) => scaler(namespace, id, { spec: { metric: { query: queryFor(id), targetPerReplica: "50", ...metric } } })), scaler(namespace, NEIGHBOUR)));
    await kubectl.apply(namespaceOf(namespace));
    closers.push(async () => {
      await kubectl.said(["delete", "psc", "--all", "--namespace", namespace, "--wait=false"]);
      await kubectl.said(["delete", "namespace", namespace, account, "--wait=false"]);
    });
    await applyDeployments();
    const kubeconfig = await kubeconfigBehind(await operatorKubeconfig(kubectl, folder, account), api.url);
    const at = (hour: number, minute: number) => liveDayMs + hour * HOUR_MS + minute * MINUTE_MS;
    const running: Operator[] = [];
    closers.push(() => Promise.all(running.map(ended)));
    const nowMs = () => running.at(-1)?.nowMs() ?? at(7, 0);
    const record = recordReplicas(binaries.kubectl, kubectl, namespace, nowMs);
    closers.push(async () => record.stop());
    const start = (clockStartMs: number, env = alone?.env) =>
      startOperator({ kubeconfig, prometheusUrl: prometheus.url, namespaces: [namespace], clockStartMs, clockRate: rate, ...(env === undefined ? {} : { env }) });
    const world: OpenWorld = {
      kubectl,
      namespace,
      account,
      kubeconfig,
      api,
      prometheus,
      nowMs,
      rate,
      record,
      at,
      close,
      applyScalers,
      all: running,
      cluster() {
        if (cluster === undefined) throw new Error(`${name} has no cluster of its own.`);
        return cluster;
      },
      operator: () => running.at(-1) as Operator,
      async another(env) {
        const other = await start(nowMs(), env);
        running.unshift(other);
        return other;
      },
      replace: async () => void running.push(await start(nowMs())),
      ...lookers(reader, namespace),
    };
    for (const { id, prepare } of cases) await prepare?.({ ...world, subject: id });
    await applyScalers();
    for (const leadMs of LEADS_MS) {
      running.push(await start(at(7, 12) - (leadMs === LEADS_MS[0] ? Math.min(LEAD_MS, leadMs * rate) : leadMs * rate)));
      for (const one of [...names, NEIGHBOUR])
        await waitFor(`${one} is seen`, SOON_MS, async () => expect(conditionOf(await world.shown(one), "MetricAvailable")).toMatchObject({ status: "True" }));
      if (nowMs() <= at(7, 12)) return world;
      await Promise.all(running.splice(0).map(ended));
      await applyDeployments();
    }
    throw new Error(`The machine is too busy: demand was not seen by all scalers within ${(LEADS_MS.at(-1) ?? 0) / 1000} s of the operator's start.`);
  } catch (error) {
    await close();
    throw error;
  }
}

function lookers(reader: KubeConnection, namespace: string): Pick<World, "shown" | "replicasOf"> {
  const get = async <T>(path: string) => (await reader.request({ method: "GET", path })) as T;
  return {
    shown: (name) => get(`/apis/predictivescaler.io/v1alpha1/namespaces/${namespace}/predictivescalers/${name}`),
    replicasOf: async (name) => (await get<ShownDeployment>(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`)).spec.replicas,
  };
}

async function ended(operator: Operator): Promise<void> {
  operator.kill("SIGCONT");
  await operator.stop();
}

/** The same account, through a proxy at `url`; the file is changed. */
export async function kubeconfigBehind(file: string, url: string): Promise<string> {
  const config = JSON.parse(readFileSync(file, "utf8")) as { clusters: { cluster: { server: string } }[] };
  for (const { cluster } of config.clusters) cluster.server = url;
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
