// `list`: the scalers with demand, forecast, replicas and state in one line each; what `kubectl psc` shows by itself. Nothing is written.
// Exit codes: 1 a scaler that was asked for is not well, 3 the API server does not tell.
import { Command, Option } from "commander";
import type { ScalerStatus } from "../api/index.ts";
import { KubeError, listAll, scalersPath } from "../kube/index.ts";
import type { KubeConnection, KubeObject } from "../kube/index.ts";
import { refuse } from "./refusal.ts";
import { connectFor } from "./cluster-scaler.ts";
import type { ClusterOptions } from "./cluster-scaler.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { onCluster } from "./on-cluster.ts";
import { columns, wrapped } from "./terminal.ts";

interface ListOptions extends ClusterOptions {
  readonly allNamespaces?: boolean;
  readonly output: "text" | "wide" | "json";
}

interface StoredScaler extends KubeObject {
  readonly spec?: { readonly mode?: string; readonly minReplicas?: number; readonly maxReplicas?: number };
  readonly status?: ScalerStatus;
}

/** What is said of one scaler; "-" where nothing is known. */
interface Row {
  readonly namespace: string;
  readonly name: string;
  readonly mode: string;
  readonly demand: string;
  readonly forecast: string;
  readonly replicas: string;
  readonly error: string;
  readonly state: string;
  readonly message: string;
  readonly isWell: boolean;
}

const UNKNOWN = "-";
const PAGE = 500;
const EXAMPLE = `
Examples:
  predictive-scaler list --all-namespaces
  kubectl psc -n shop

DEMAND is the query's value now, FORECAST what it is expected to be one lead time
from now, REPLICAS what is there and, after an arrow, what is wanted. ERROR is the
forecast's error over the last 7 days. STATE is Ready, Paused, or in one word why not:
"explain NAME" says more.
`;

export function listCommand(io: Io, finish: (code: number) => void): Command {
  return new Command("list")
    .description("List scalers with demand, forecast, replicas and state.")
    .argument("[name...]", "only these")
    .addOption(new Option("-n, --namespace <name>", "their namespace (default: the kubeconfig's)"))
    .addOption(new Option("-A, --all-namespaces", "those of all namespaces"))
    .addOption(new Option("--kubeconfig <file>", "kubeconfig to use (default: $KUBECONFIG, else ~/.kube/config)"))
    .addOption(new Option("--context <name>", "context of the kubeconfig (default: its current one)"))
    .addOption(new Option("-o, --output <format>", "what is printed; wide says why a state is as it is").choices(["text", "wide", "json"]).default("text"))
    .addHelpText("after", EXAMPLE)
    .action(async (names: string[], options: ListOptions) => finish(await list(names, options, io)));
}

function list(names: readonly string[], options: ListOptions, io: Io): Promise<number> {
  return onCluster(options, io, async (connection) => {
    const namespace = options.allNamespaces === true ? undefined : (options.namespace ?? connection.namespace);
    const all = await readAll(connection, namespace, io.signal);
    const found = all.filter(({ metadata }) => names.length === 0 || names.includes(metadata.name));
    const absent = names.filter((name) => !found.some(({ metadata }) => metadata.name === name));
    const where = namespace === undefined ? "any namespace" : `the namespace ${namespace}`;
    if (absent.length > 0) refuse(`There is no PredictiveScaler ${absent.join(", ")} in ${where}.`);
    const rows = found.map(rowOf);
    if (options.output === "json") io.stdout(`${JSON.stringify(rows, undefined, 2)}\n`);
    else if (rows.length === 0) {
      const elsewhere = namespace === undefined ? "" : " Look elsewhere with --all-namespaces.";
      io.stderr(`There is no PredictiveScaler in ${where}.${elsewhere}\n`);
    } else io.stdout(asText(rows, namespace === undefined, options.output === "wide"));
    return names.length > 0 && rows.some(({ isWell }) => !isWell) ? EXIT.bad : EXIT.ok;
  });
}

async function readAll(connection: KubeConnection, namespace: string | undefined, signal: AbortSignal): Promise<StoredScaler[]> {
  const found: StoredScaler[] = [];
  const sink = { begin: () => void found.splice(0), add: (object: StoredScaler) => void found.push(object) };
  try {
    await listAll({ connection, path: scalersPath(namespace), version: "", pageSize: PAGE, signal }, sink);
    return found;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return refuse(error.status === 404 ? "The cluster has no PredictiveScalers: the CRD is not installed." : error.sentence, EXIT.unreachable);
  }
}

/** Names of the scalers where the flags among `words` look. */
export async function scalerNames(words: readonly string[], { signal }: Io): Promise<string[]> {
  const after = (...flags: readonly string[]) => words[words.findIndex((word) => flags.includes(word)) + 1];
  const given = (...flags: readonly string[]) => (words.some((word) => flags.includes(word)) ? after(...flags) : undefined);
  const [kubeconfig, context] = [given("--kubeconfig"), given("--context")];
  const connection = connectFor({ ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) });
  try {
    const found = await readAll(connection, given("-n", "--namespace") ?? connection.namespace, signal);
    return found.map(({ metadata }) => metadata.name);
  } finally {
    await connection.close();
  }
}

function rowOf({ metadata, spec = {}, status = {} }: StoredScaler): Row {
  const { demand, accuracy, currentReplicas, desiredReplicas, conditions = [] } = status;
  const ready = conditions.find(({ type }) => type === "Ready");
  const isWell = ready?.status === "True";
  const paused = conditions.find(({ type, status: holds }) => type === "Paused" && holds === "True");
  const current = currentReplicas === undefined ? UNKNOWN : String(currentReplicas);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    mode: spec.mode ?? "Active",
    demand: demand?.now ?? UNKNOWN,
    forecast: demand?.atLead ?? UNKNOWN,
    replicas: desiredReplicas === undefined || desiredReplicas === currentReplicas ? current : `${current}->${desiredReplicas}`,
    error: accuracy?.wape ?? UNKNOWN,
    state: ready === undefined ? "NotSeenYet" : isWell ? (paused?.type ?? "Ready") : ready.reason,
    message: (isWell ? paused : undefined)?.message ?? ready?.message ?? "No operator has looked at it yet.",
    isWell,
  };
}

function asText(rows: readonly Row[], withNamespace: boolean, isWide: boolean): string {
  const head = [...(withNamespace ? ["NAMESPACE/NAME"] : ["NAME"]), "MODE", "DEMAND", "FORECAST", "REPLICAS", "ERROR", "STATE"];
  const cells = rows.map(({ namespace, name, mode, demand, forecast, replicas, error, state }) => [
    withNamespace ? `${namespace}/${name}` : name, mode, demand, forecast, replicas, error, state,
  ]);
  const lines = columns(head, cells);
  const [first = "", ...rest] = lines;
  const told = rest.flatMap((line, i) => (isWide ? [line, ...wrapped(rows[i]?.message ?? "").map((text) => `  ${text}`)] : [line]));
  return `${[first, ...told].join("\n")}\n`;
}
