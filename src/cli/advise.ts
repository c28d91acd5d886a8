// `advise NAME`, or `advise --scaler FILE`: a scaler reviewed against its own history. Nothing is written.
// Exit codes: 1 something serious was found or the scaler is not one, 2 usage, 3 something did not answer.
import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { review } from "../advice/index.ts";
import { parseDuration } from "../api/index.ts";
import type { Scaler } from "../api/index.ts";
import type { KubeConnection } from "../kube/index.ts";
import { gather } from "./advise/gather.ts";
import { holidaysOver } from "./backtest/holidays-over.ts";
import type { Seen } from "./advise/gather.ts";
import { reviewJson, reviewText } from "./advise/page.ts";
import { timesToReady } from "./advise/pods.ts";
import { readManifest } from "./backtest/manifest.ts";
import type { Moment } from "./backtest/moment.ts";
import { Refusal, refuse, refuseFile } from "./refusal.ts";
import { traceFromCsv, traceFromPrometheus } from "./backtest/sources.ts";
import type { Trace } from "./backtest/trace.ts";
import { createProgress } from "./demo/progress.ts";
import { connectFor, readScaler } from "./cluster-scaler.ts";
import type { ClusterOptions } from "./cluster-scaler.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { httpUrl, moment, readyDelay } from "./option-values.ts";

interface AdviseOptions extends ClusterOptions {
  readonly scaler?: string;
  readonly csv?: string;
  readonly prometheusUrl?: URL;
  readonly from?: Moment;
  readonly to?: Moment;
  readonly readyDelay?: number;
  readonly output: "text" | "json";
}

/** Share of the history that is only learned from. */
const TRAIN = 0.7;

const EXAMPLE = `
Examples:
  predictive-scaler advise checkout -n shop --prometheus-url http://localhost:9090
  predictive-scaler advise --scaler checkout.yaml --csv demand.csv

The first reads the scaler, its status and its pods from the cluster; the second
needs none. The demand's history comes from Prometheus (as far back as the scaler's
forecast.history, or --from) or from a CSV with the header timestamp,value. Its first
70 % are learned from, the rest is replayed through the operator's own code.

Reviewed are the query, maxReplicas and minReplicas, the lead time against the time
that pods took to be Ready (or --ready-delay), behavior, mode, the price of the
service level, history, step, and days that are unlike their weekday. Each advice
says what was found, why it matters, and the change as a kubectl line.

Exit codes: 0 nothing serious; 1 something serious was found, or the scaler or the
demand is bad; 2 usage; 3 something did not answer.
`;

export function adviseCommand(io: Io, finish: (code: number) => void): Command {
  const command = new Command("advise")
    .description("Review a scaler against its own history and suggest changes, each as a patch.")
    .argument("[name]", "name of the PredictiveScaler in the cluster")
    .addOption(new Option("-n, --namespace <name>", "its namespace (default: the kubeconfig's)"))
    .addOption(new Option("--scaler <file>", "manifest of the PredictiveScaler, instead of a name"))
    .addOption(new Option("--prometheus-url <url>", "Prometheus that is asked the scaler's query").conflicts("csv").argParser(httpUrl("http://localhost:9090")))
    .addOption(new Option("--csv <file>", "trace of the demand, header timestamp,value"))
    .addOption(new Option("--from <time>", "begin: RFC 3339, unix seconds, or 28d for so long ago (default: the scaler's history)").argParser(moment))
    .addOption(new Option("--to <time>", "end, written the same (default: now)").argParser(moment))
    .addOption(new Option("--ready-delay <duration>", "time from asking for a replica to Ready, if the pods cannot be asked").argParser(readyDelay))
    .addOption(new Option("--kubeconfig <file>", "kubeconfig to use (default: $KUBECONFIG, else ~/.kube/config)"))
    .addOption(new Option("--context <name>", "context of the kubeconfig (default: its current one)"))
    .addOption(new Option("--output <format>", "what is printed").choices(["text", "json"]).default("text"))
    .addHelpText("after", EXAMPLE);
  return command.action(async (name: string | undefined, options: AdviseOptions) => {
    if ((name === undefined) === (options.scaler === undefined))
      command.error("error: expected either the name of a scaler in the cluster or --scaler <file>");
    if (options.csv === undefined && options.prometheusUrl === undefined)
      command.error("error: expected --prometheus-url <url> or --csv <file>: where the demand's history is read from");
    finish(await runAdvise(name, options, io));
  });
}

async function runAdvise(name: string | undefined, options: AdviseOptions, io: Io): Promise<number> {
  let connection: KubeConnection | undefined;
  const bar = io.isTerminal ? createProgress(io) : undefined;
  const note = (sentence: string) => {
    bar?.done();
    io.stderr(`predictive-scaler: ${sentence}\n`);
  };
  try {
    if (name !== undefined) connection = connectFor(options);
    const { scaler, seen } = connection === undefined ? await fromFile(options) : await fromCluster(connection, name ?? "", options, io);
    const { series } = await traceFor(options, scaler, note, io.signal, (share) => bar?.at(0.3 * share, "reading the history"));
    bar?.at(0.3, "replaying the history");
    const delay = options.readyDelay ?? slowOf(seen.readyMs);
    const evidence = gather(scaler, series, TRAIN, delay, seen, await holidaysOver(scaler, series));
    const advice = review(evidence);
    bar?.done();
    const reviewed = { namespace: scaler.namespace, name: scaler.name, advice, trace: series, judgedDays: evidence.replay?.judgedDays };
    io.stdout(options.output === "json" ? `${JSON.stringify(reviewJson(reviewed), undefined, 2)}\n` : reviewText(reviewed));
    return advice.some(({ severity }) => severity === "serious") ? EXIT.bad : EXIT.ok;
  } catch (error) {
    bar?.done();
    if (io.signal.aborted) return EXIT.interrupted;
    if (!(error instanceof Refusal)) throw error;
    io.stderr(`${error.message.replaceAll(/^/gm, "predictive-scaler: ")}\n`);
    return error.code;
  } finally {
    await connection?.close();
  }
}

interface Source {
  readonly scaler: Scaler;
  readonly seen: Seen;
}

async function fromFile({ scaler: file = "", readyDelay }: AdviseOptions): Promise<Source> {
  const text = await readFile(file, "utf8").catch((error: unknown) => refuseFile(file, "read", error));
  const manifest = readManifest(text, file);
  if (manifest.kind === "invalid") return refuse(manifest.problems);
  return { scaler: manifest.scaler, seen: { readyMs: readyDelay === undefined ? [] : [readyDelay], peakReplicas: NaN, leadMs: undefined } };
}

async function fromCluster(connection: KubeConnection, name: string, options: AdviseOptions, io: Io): Promise<Source> {
  const namespace = options.namespace ?? connection.namespace;
  const { scaler, status } = await readScaler(connection, namespace, name, io.signal);
  const observed = (status.timeToReady?.observed ?? []).map((text) => parseDuration(text) ?? NaN).filter((ms) => ms >= 0);
  const seenMs = observed.length > 0 ? observed : await timesToReady(connection, namespace, scaler.spec.scaleTargetRef, io.signal);
  const readyMs = options.readyDelay === undefined ? seenMs : [options.readyDelay];
  return { scaler, seen: { readyMs, peakReplicas: status.demand?.peak?.replicas ?? NaN, leadMs: parseDuration(status.model?.leadTime ?? "") } };
}

/** 95 % of the pods are Ready by then. */
function slowOf(readyMs: readonly number[]): number | undefined {
  return readyMs.toSorted((a, b) => a - b)[Math.ceil(0.95 * readyMs.length) - 1];
}

function traceFor(
  options: AdviseOptions,
  scaler: Scaler,
  note: (sentence: string) => void,
  signal: AbortSignal,
  progress: (share: number) => void,
): Promise<Trace> {
  const { csv, prometheusUrl, from, to } = options;
  if (csv !== undefined) return traceFromCsv(csv, note);
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  return traceFromPrometheus({ url: prometheusUrl?.href ?? "", scaler, ...range, signal, progress }, note);
}
