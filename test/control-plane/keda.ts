// The real KEDA beside the real API server: its operator, and its adapter as the cluster's external metrics API. Everything but the adapter's own
// metrics listens on loopback alone. It watches one namespace; stop() takes away what it brought but the namespace.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { registerApi } from "./api-service.ts";
import { freePorts, startServer, temporaryFolder, untilReady } from "./child-process.ts";
import type { Server } from "./child-process.ts";
import { untilServed } from "./crds.ts";
import type { Kubectl } from "./kubectl.ts";
import { KEDA } from "./modules.ts";

export interface Keda {
  stop(): Promise<void>;
}

export interface KedaOptions {
  /** Of `provisionModules([KEDA])`. */
  readonly files: Readonly<Record<string, string>>;
  /** Of a cluster administrator. */
  readonly kubectl: Kubectl;
  /** The one namespace whose ScaledObjects it serves. */
  readonly namespace: string;
}

const OWN_NAMESPACE = "keda";
const SERVICE = "keda-metrics-apiserver";
const GROUP = "external.metrics.k8s.io";
const VERSION = "v1beta1";
const READY_DEADLINE_MS = 60_000;
const STOP_GRACE_MS = 2_000;
/** Operator and adapter know each other by one certificate; it is made out to this name. */
const CERTIFICATES = new URL("../prometheus/certificates/", import.meta.url);
const CERTIFICATE_NAME = "prometheus.test";

/** Starts both and waits until the API server passes external metrics on. */
export async function startKeda({ files, kubectl, namespace }: KedaOptions): Promise<Keda> {
  const folder = temporaryFolder("predictive-scaler-keda-");
  const certificates = join(folder, "certs");
  mkdirSync(certificates);
  for (const [from, to] of [["authority.pem", "ca.crt"], ["server.pem", "tls.crt"], ["server.key", "tls.key"]] as const)
    copyFileSync(fileURLToPath(new URL(from, CERTIFICATES)), join(certificates, to));
  const [metrics = 0, health = 0, metricsApi = 0] = await freePorts(3);
  const running: Server[] = [];
  const start = (name: "keda-operator" | "keda-adapter", args: readonly string[]) => {
    const env = [`WATCH_NAMESPACE=${namespace}`, `POD_NAMESPACE=${OWN_NAMESPACE}`, `KEDA_CLUSTER_OBJECT_NAMESPACE=${OWN_NAMESPACE}`];
    const server = startServer(name, "env", [...env, files[name] ?? "", `--kubeconfig=${kubectl.kubeconfig}`, ...args], join(folder, `${name}.log`));
    running.push(server);
    return server;
  };
  let isRegistered = false;
  const stop = async () => {
    for (const server of running) await server.stop(STOP_GRACE_MS);
    if (isRegistered) await kubectl("delete", "apiservice", `${VERSION}.${GROUP}`, "--ignore-not-found");
  };
  try {
    await registerApi(kubectl, { group: GROUP, version: VERSION, service: { name: SERVICE, namespace: OWN_NAMESPACE, port: metricsApi } });
    isRegistered = true;
    await installKinds(files, kubectl);
    await kubectl.apply(...surroundingObjects(metricsApi));
    const service = `127.0.0.1:${metrics}`;
    const operator = start("keda-operator", [
      `--metrics-service-bind-address=${service}`,
      `--health-probe-bind-address=127.0.0.1:${health}`,
      "--enable-prometheus-metrics=false",
      `--cert-dir=${certificates}`,
      "--leader-elect=false",
    ]);
    const adapter = start("keda-adapter", [
      `--metrics-service-address=${service}`,
      `--metrics-service-grpc-authority=${CERTIFICATE_NAME}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${metricsApi}`,
      "--port=0",
      `--cert-dir=${certificates}`,
      `--tls-cert-file=${join(certificates, "tls.crt")}`,
      `--tls-private-key-file=${join(certificates, "tls.key")}`,
      `--lister-kubeconfig=${kubectl.kubeconfig}`,
      `--authentication-kubeconfig=${kubectl.kubeconfig}`,
      `--authorization-kubeconfig=${kubectl.kubeconfig}`,
      "--authentication-skip-lookup",
    ]);
    await untilReady(operator, "ready", READY_DEADLINE_MS, async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok);
    await untilReady(adapter, "passed on by the API server", READY_DEADLINE_MS, async () => {
      const { stdout } = await kubectl.said(["get", "apiservice", `${VERSION}.${GROUP}`, "-o", "jsonpath={.status.conditions[?(@.type=='Available')].status}"]);
      return stdout === "True";
    });
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** KEDA's kinds. They are too large for what `kubectl apply` notes of them. */
async function installKinds(files: Readonly<Record<string, string>>, kubectl: Kubectl): Promise<void> {
  const paths = Object.keys(KEDA.files.paths).flatMap((name) => ["-f", files[name] ?? ""]);
  await kubectl("apply", "--server-side", "--force-conflicts", ...paths);
  await untilServed(kubectl, ...Object.keys(KEDA.files.paths).map((name) => `${/_([a-z]+)\./.exec(name)?.[1]}.${name.split("_")[0]}`));
}

/** The adapter as the API server finds it: on loopback, and known by nothing but its address, so that nobody has to prove who asks. */
function surroundingObjects(port: number): object[] {
  const everybody = { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "system:anonymous" };
  const name = "test-external-metrics";
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: OWN_NAMESPACE } },
    { apiVersion: "v1", kind: "Service", metadata: { name: SERVICE, namespace: OWN_NAMESPACE }, spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name },
      rules: [
        { apiGroups: [GROUP], resources: ["*"], verbs: ["get", "list"] },
        { nonResourceURLs: ["/apis", "/apis/*", "/openapi/*"], verbs: ["get"] },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [everybody],
    },
  ];
}
