// Plays the kubelet for the operator's own pods: runs the built program with what a rendered pod says, as the account that it names.
// Mapped to this machine: the image (the bundle), the listening address (a free port on loopback), the account's token and the mounted files.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Kubectl, Said } from "../control-plane/kubectl.ts";
import { BUNDLE, startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { pause, waitFor } from "./wait-for.ts";

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly env?: readonly { readonly name: string; readonly value: string }[];
    readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes?: readonly { readonly name: string; readonly secret?: { readonly secretName: string }; readonly configMap?: { readonly name: string } }[];
}
interface Deployment {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}
interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: PodSpec;
  readonly status?: { readonly podIP?: string };
}

export interface Simulated {
  readonly clockStartMs: number;
  readonly clockRate: number;
}

export interface Ran extends Said {
  /** How long it ran. */
  readonly ms: number;
}

export interface Kubelet {
  /** The operator of a Deployment. */
  startDeployment(namespace: string, name: string, simulated: Simulated): Promise<Operator>;
  /** Waits for a pod with the labels, runs it to its end as `args` says it may be reached from here, and reports the end to the API server. */
  runToEnd(namespace: string, labels: string, args?: (args: readonly string[]) => readonly string[]): Promise<Ran>;
}

const POD_DEADLINE_MS = 60_000;
const RUN_DEADLINE_MS = 60_000;

export function createKubelet(kubectl: Kubectl, parent: string): Kubelet {
  const folder = mkdtempSync(join(parent, "kubelet-"));

  const kubeconfigOf = async (namespace: string, account: string) => {
    const token = (await kubectl("create", "token", account, "--namespace", namespace, "--duration=1h")).trim();
    const config = JSON.parse(await kubectl("config", "view", "--raw", "-o", "json")) as {
      users: { user: { token: string } }[];
      contexts: { context: { namespace?: string } }[];
    };
    for (const { user } of config.users) user.token = token;
    for (const { context } of config.contexts) context.namespace = namespace;
    const file = join(mkdtempSync(join(folder, "account-")), "kubeconfig");
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  };

  /** Writes the files of Secrets and ConfigMaps; returns paths as the container has them and where they lie here. */
  const mount = async (namespace: string, spec: PodSpec) => {
    const root = mkdtempSync(join(folder, "root-"));
    const mounted: { readonly path: string; readonly here: string }[] = [];
    for (const { name, mountPath } of spec.containers[0]?.volumeMounts ?? []) {
      const volume = spec.volumes?.find((one) => one.name === name);
      const source = volume?.secret !== undefined ? (["secret", volume.secret.secretName] as const) : (["configmap", volume?.configMap?.name] as const);
      if (source[1] === undefined) continue;
      const { data } = await kubectl.get<{ data: Record<string, string> }>(source[0], source[1], "--namespace", namespace);
      for (const [key, value] of Object.entries(data)) {
        const here = join(root, mountPath, key);
        mkdirSync(dirname(here), { recursive: true });
        writeFileSync(here, source[0] === "secret" ? Buffer.from(value, "base64") : value);
        mounted.push({ path: `${mountPath}/${key}`, here });
      }
    }
    return mounted;
  };

  const containerOf = async (namespace: string, spec: PodSpec) => {
    const { args = [], env = [] } = spec.containers[0] ?? {};
    const mounted = await mount(namespace, spec);
    const withFiles = (arg: string) => mounted.reduce((text, { path, here }) => text.replace(`=${path}`, `=${here}`), arg);
    const onLoopback = (arg: string) => arg.replace(/^(--metrics-addr)=.*$/, "$1=127.0.0.1:0");
    return { args: args.map((arg) => onLoopback(withFiles(arg))), env: Object.fromEntries(env.map(({ name, value }) => [name, value])) };
  };

  return {
    async startDeployment(namespace, name, simulated) {
      const { spec } = await kubectl.get<Deployment>("deployment", name, "--namespace", namespace);
      const pod = spec.template.spec;
      const kubeconfig = await kubeconfigOf(namespace, pod.serviceAccountName ?? "default");
      return startOperator({ ...(await containerOf(namespace, pod)), kubeconfig, ...simulated });
    },
    async runToEnd(namespace, labels, reachable = (args) => args) {
      const { metadata, spec } = await waitFor(`a pod ${labels}`, POD_DEADLINE_MS, async () => {
        const { items } = await kubectl.get<{ items: readonly Pod[] }>("pods", "--namespace", namespace, "--selector", labels);
        // kwok reports a pod as running; what is reported after that stays.
        const [pod] = items.filter(({ status }) => status?.podIP !== undefined);
        if (pod === undefined) throw new Error(`There are ${items.length} pods, and none runs.`);
        return pod;
      });
      await pause(500);
      const kubeconfig = await kubeconfigOf(namespace, spec.serviceAccountName ?? "default");
      const { args, env } = await containerOf(namespace, spec);
      const beganMs = Date.now();
      const said = await run(reachable(args), { ...env, KUBECONFIG: kubeconfig });
      const status = JSON.stringify({ status: { phase: said.code === 0 ? "Succeeded" : "Failed" } });
      await kubectl("patch", "pod", metadata.name, "--namespace", namespace, "--subresource=status", "--type=merge", "--patch", status);
      return { ...said, ms: Date.now() - beganMs };
    },
  };
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Said> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BUNDLE, ...args], { env: { ...process.env, ...env }, timeout: RUN_DEADLINE_MS }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr }),
    );
  });
}
