// A whole Kubernetes on loopback: etcd, API server (RBAC on), controller manager, scheduler, and kwok for nodes and pods.
// Ports are free ones; everything lies in one temporary folder; stop() ends exactly what was started.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { freePorts, isListening, isPortClash, startServer, temporaryFolder, untilReady } from "./child-process.ts";
import type { Server } from "./child-process.ts";
import { createKubectl } from "./kubectl.ts";
import type { Kubectl } from "./kubectl.ts";
import type { Binaries } from "./provision.ts";

export interface Cluster {
  readonly server: string;
  /** Where etcd answers, without credentials. */
  readonly etcdUrl: string;
  readonly folder: string;
  /** Kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  /** Writes a kubeconfig for `token` and returns its path. */
  kubeconfigFor(name: string, token: string): string;
  /** Stops the API server, waits `downMs`, and starts it again on the same port and data. */
  restartApiServer(downMs?: number): Promise<void>;
  /** Kills etcd, waits `downMs`, and starts it again on the same port and data; resolves when the API server answers again. */
  restartEtcd(downMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** From a pod being scheduled to Ready, ms, unless the pod's annotation says otherwise. */
  readonly readyDelayMs?: number;
  /** Only etcd and the API server: nothing happens to objects by itself. */
  readonly isBare?: boolean;
  /** Every change of a scale is written to this file, as audit.k8s.io/v1 Events, one a line. */
  readonly auditFile?: string;
  /** Further flags of the controller manager; the last of the same name counts. */
  readonly managerFlags?: readonly string[];
}

const START_TRIES = 3;
const ETCD_DEADLINE_MS = 30_000;
/** A cold API server takes 3 s on an idle machine and far longer on a busy one. */
const API_DEADLINE_MS = 120_000;
const NODES_DEADLINE_MS = 60_000;
/** The API server would wait for its watches to end; nothing here needs a clean end. */
const STOP_GRACE_MS = 500;
const NODES = ["node-a", "node-b"];
const STAGES = new URL("stages.yaml", import.meta.url);

/** Starts everything and waits until pods can be scheduled. Throws with the failing part's last words. */
export async function startCluster(binaries: Binaries, { readyDelayMs = 1_000, isBare = false, auditFile, managerFlags = [] }: ClusterOptions = {}): Promise<Cluster> {
  for (let tries = 1; ; tries++) {
    const folder = temporaryFolder("predictive-scaler-cluster-");
    const running: Server[] = [];
    const stop = async () => {
      // Clients first, so that nobody complains; etcd last.
      for (const server of [...running].reverse()) await server.stop(STOP_GRACE_MS);
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    };
    try {
      return await startIn({ folder, binaries, readyDelayMs: isBare ? undefined : readyDelayMs, auditFile, managerFlags }, running, stop);
    } catch (error) {
      await stop();
      if (!isPortClash(error) || tries === START_TRIES) throw error;
    }
  }
}

interface Wanted {
  readonly auditFile: string | undefined;
  readonly managerFlags: readonly string[];
  readonly folder: string;
  readonly binaries: Binaries;
  /** Undefined: bare. */
  readonly readyDelayMs: number | undefined;
}

async function startIn({ folder, binaries, readyDelayMs, auditFile, managerFlags }: Wanted, running: Server[], stop: () => Promise<void>): Promise<Cluster> {
  const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
  const file = (name: string) => join(folder, name);
  const start = (name: keyof Binaries, args: readonly string[]) => {
    const server = startServer(name, binaries[name], args, file(`${name}.log`));
    running.push(server);
    return server;
  };
  const server = `https://127.0.0.1:${apiPort}`;
  const adminToken = randomBytes(16).toString("hex");
  writeFileSync(file("tokens.csv"), `${adminToken},admin,admin,system:masters\n`, { mode: 0o600 });
  writeKeys(folder);
  const kubeconfigFor = (name: string, token: string) => {
    writeFileSync(file(`${name}.kubeconfig`), kubeconfigText(server, file("certs/apiserver.crt"), token), { mode: 0o600 });
    return file(`${name}.kubeconfig`);
  };
  const kubeconfig = kubeconfigFor("admin", adminToken);
  const kubectl = createKubectl(binaries.kubectl, kubeconfig);

  const startEtcd = async () => {
    const started = start("etcd", etcdArgs(file("etcd"), etcdPort, peerPort));
    await untilReady(started, "listening", ETCD_DEADLINE_MS, () => isListening(etcdPort));
    return started;
  };
  let etcd = await startEtcd();
  const startApiServer = async () => {
    const api = start("kube-apiserver", [...apiServerArgs(folder, server, apiPort, etcdPort), ...auditArgs(file("audit-policy.yaml"), auditFile)]);
    await untilReady(api, "ready", API_DEADLINE_MS, () => answersOk(`${server}/readyz`, adminToken));
    return api;
  };
  let api = await startApiServer();
  if (readyDelayMs !== undefined) await startControllers({ kubeconfig, kubectl, folder, start, readyDelayMs, managerFlags });
  return {
    server,
    etcdUrl: `http://127.0.0.1:${etcdPort}`,
    folder,
    kubeconfig,
    kubectl,
    kubeconfigFor,
    async restartApiServer(downMs = 0) {
      await api.stop(STOP_GRACE_MS);
      running.splice(running.indexOf(api), 1);
      await new Promise((resolve) => setTimeout(resolve, downMs));
      api = await startApiServer();
    },
    async restartEtcd(downMs = 0) {
      await etcd.stop(0);
      running.splice(running.indexOf(etcd), 1);
      await new Promise((resolve) => setTimeout(resolve, downMs));
      etcd = await startEtcd();
      // The last to be stopped.
      running.unshift(...running.splice(running.indexOf(etcd), 1));
      await untilReady(api, "ready again", API_DEADLINE_MS, () => answersOk(`${server}/readyz`, adminToken));
    },
    stop,
  };
}

interface ControllerParts {
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  readonly folder: string;
  readonly readyDelayMs: number;
  readonly managerFlags: readonly string[];
  readonly start: (name: keyof Binaries, args: readonly string[]) => Server;
}

/** Everything that acts on objects, and two nodes; ready when pods can be scheduled. */
async function startControllers({ kubeconfig, kubectl, folder, start, readyDelayMs, managerFlags }: ControllerParts): Promise<void> {
  const client = ["--kubeconfig", kubeconfig];
  const unlimited = ["--kube-api-qps=1000", "--kube-api-burst=2000", "--leader-elect=false", "--secure-port=0"];
  const accounts = [`--service-account-private-key-file=${join(folder, "sa.key")}`, "--use-service-account-credentials=true"];
  // Usually 15 s: far longer than the tests' minutes.
  const hpa = "--horizontal-pod-autoscaler-sync-period=1s";
  const manager = start("kube-controller-manager", [...client, ...unlimited, ...accounts, hpa, ...managerFlags]);
  start("kube-scheduler", [...client, ...unlimited]);
  const stages = join(folder, "stages.yaml");
  writeFileSync(stages, readFileSync(STAGES, "utf8").replace("durationMilliseconds: READY_DELAY", `durationMilliseconds: ${readyDelayMs}`));
  const kwok = start("kwok", [...client, "--manage-all-nodes=true", "--node-lease-duration-seconds=40", "--config", stages]);
  await kubectl.apply(...NODES.map((name) => ({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { "kubernetes.io/hostname": name } } })));
  await untilReady(kwok, "reporting nodes ready", NODES_DEADLINE_MS, () => hasReadyNodes(kubectl));
  await untilReady(manager, "making service accounts", NODES_DEADLINE_MS, async () => (await kubectl.said(["get", "serviceaccount", "default"])).code === 0);
}

/** Makes etcd forget every version but the present one, so that old versions and continue tokens are expired. */
export async function forgetVersions(etcdUrl: string): Promise<void> {
  const ask = async (path: string, body: object) => {
    const response = await fetch(`${etcdUrl}/v3/${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd answered ${response.status} to ${path}: ${await response.text()}`);
    return (await response.json()) as { header: { revision: string } };
  };
  const { header } = await ask("maintenance/status", {});
  await ask("kv/compaction", { revision: header.revision, physical: true });
}

function etcdArgs(data: string, port: number, peerPort: number): string[] {
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const member = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`];
  return [`--data-dir=${data}`, `--listen-client-urls=${url}`, `--advertise-client-urls=${url}`, ...member, "--unsafe-no-fsync"];
}

function apiServerArgs(folder: string, server: string, port: number, etcdPort: number): string[] {
  const file = (name: string) => join(folder, name);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${file("certs")}`,
    `--service-account-key-file=${file("sa.pub")}`,
    `--service-account-signing-key-file=${file("sa.key")}`,
    `--service-account-issuer=${server}`,
    `--api-audiences=${server}`,
    `--token-auth-file=${file("tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--endpoint-reconciler-type=none",
    "--profiling=false",
  ];
}

/** Who scaled what, and whether it was accepted. */
const AUDIT_POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "Metadata", verbs: ["patch", "update"], resources: [{ group: "apps", resources: ["deployments/scale"] }] }, { level: "None" }],
};

function auditArgs(policyFile: string, auditFile: string | undefined): string[] {
  if (auditFile === undefined) return [];
  writeFileSync(policyFile, JSON.stringify(AUDIT_POLICY));
  return [`--audit-policy-file=${policyFile}`, `--audit-log-path=${auditFile}`];
}

function writeKeys(folder: string): void {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  mkdirSync(join(folder, "certs"));
  writeFileSync(join(folder, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  writeFileSync(join(folder, "sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
}

/** The API server's own certificate is its authority too. */
function kubeconfigText(server: string, authority: string, token: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "cluster", cluster: { server, "certificate-authority": authority } }],
    users: [{ name: "user", user: { token } }],
    contexts: [{ name: "context", context: { cluster: "cluster", user: "user" } }],
    "current-context": "context",
  });
}

/** The certificate is not looked at: it may not be written yet. */
function answersOk(url: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { rejectUnauthorized: false, agent: false, timeout: 5_000, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once("error", () => resolve(false));
    asked.once("timeout", () => asked.destroy());
    asked.end();
  });
}

interface NodeCondition {
  readonly type: string;
  readonly status: string;
}

async function hasReadyNodes(kubectl: Kubectl): Promise<boolean> {
  const { items } = await kubectl.get<{ items: readonly { status?: { conditions?: readonly NodeCondition[] } }[] }>("nodes");
  const isReady = (conditions: readonly NodeCondition[] = []) => conditions.some(({ type, status }) => type === "Ready" && status === "True");
  return items.filter(({ status }) => isReady(status?.conditions)).length === NODES.length;
}
