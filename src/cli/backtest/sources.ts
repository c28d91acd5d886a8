// Where the demand comes from: a CSV file or a Prometheus. Both are read piece by piece.
// Invariant: what cannot be read is told with exit code 3, what is read and wrong with 1; never a stack trace.
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { durationText } from "../../api/index.ts";
import type { Scaler } from "../../api/index.ts";
import { createClock, rfc3339 } from "../../clock.ts";
import type { Clock } from "../../clock.ts";
import { OperatorError } from "../../errors.ts";
import { createSecretReader } from "../../kube/index.ts";
import { createPrometheusServers } from "../../prometheus/index.ts";
import { alignedDown } from "../../series/index.ts";
import { connectFor } from "../cluster-scaler.ts";
import { EXIT } from "../io.ts";
import { refuse, refuseFile } from "../refusal.ts";
import { momentOf } from "./moment.ts";
import type { Moment } from "./moment.ts";
import { traceOfQuery, traceOfRows } from "./trace.ts";
import type { Trace } from "./trace.ts";
import { createTraceReader, MOST_ROWS } from "./trace-csv.ts";

export async function traceFromCsv(file: string, note: (sentence: string) => void): Promise<Trace> {
  const reader = createTraceReader();
  try {
    for await (const piece of createReadStream(file, { encoding: "utf8", highWaterMark: 1 << 18 })) reader.push(piece as string);
  } catch (error) {
    refuseFile(file, "read", error);
  }
  const read = reader.end();
  if (read.kind === "valid") return traceOfRows(read.samples, file, basename(file), note);
  const lines = read.problems.map(({ line, found, expected }) => `${file}: line ${line}: found ${found}, expected ${expected}`);
  return refuse([...lines, ...(read.count > lines.length ? [`${file}: and ${read.count - lines.length} more lines like these`] : [])].join("\n"));
}

export interface QueryOptions {
  /** Asked instead of the server that the scaler names, in the way that the scaler asks (its headers, parameters, credentials). */
  readonly url: string;
  /** Its query is asked, by default as far back as its history goes. */
  readonly scaler: Pick<Scaler, "namespace" | "spec">;
  readonly from?: Moment;
  readonly to?: Moment;
  readonly signal: AbortSignal;
  /** After each answer: the share of the range that has been read, 0..1. */
  readonly progress: (share: number) => void;
  readonly clock?: Clock;
}

/** Prometheus is asked in chunks of at most this many steps. */
const CHUNK_STEPS = 10_999;

export async function traceFromPrometheus(options: QueryOptions, note: (sentence: string) => void): Promise<Trace> {
  const { url, scaler, signal, progress, clock = createClock() } = options;
  const { query, stepMs, prometheus: access } = scaler.spec.metric;
  const { historyMs } = scaler.spec.forecast;
  const nowMs = clock.nowMs();
  const endMs = alignedDown(Math.min(nowMs, momentOf(options.to, nowMs) ?? nowMs), stepMs);
  const startMs = alignedDown(momentOf(options.from, nowMs) ?? endMs - historyMs, stepMs);
  const length = Math.round((endMs - startMs) / stepMs) + 1;
  if (length < 2) refuse(`--from is ${rfc3339(startMs)} and --to is ${rfc3339(endMs)}; expected --from to come first`, EXIT.usage);
  if (length > MOST_ROWS) refuse(`found ${length} steps of ${durationText(stepMs)} between --from and --to, expected at most ${MOST_ROWS}`, EXIT.usage);
  const chunks = Math.ceil(length / CHUNK_STEPS);
  let answers = 0;
  try {
    const onRequest = () => progress(Math.min(1, ++answers / chunks));
    // Whoever calls has chosen the URL; only its secrets need a cluster.
    const common = { readSecret: readSecretOf(signal), clock, onRequest, maxSamples: length + 1 };
    const client = createPrometheusServers({ own: { url }, allowedUrls: access === undefined ? [] : [shownUrl(url)], ...common });
    const source = access === undefined ? undefined : { namespace: scaler.namespace, access: { ...access, url } };
    try {
      const { samples } = await client.queryRange({ query, startMs, endMs, stepMs, source }, signal);
      const trace = traceOfQuery(samples, { startMs, stepMs, length }, shownUrl(url));
      const missingMs = trace.series.startMs - startMs;
      if (missingMs > 0) note(`${trace.name} has no sample before ${rfc3339(trace.series.startMs)}: ${durationText(missingMs)} less than asked for.`);
      return trace;
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return refuse(error.sentence, codeOf(error));
  }
}

/** Secrets through the kubeconfig of whoever calls; connects only if one is asked for. */
function readSecretOf(signal: AbortSignal): (namespace: string, name: string) => Promise<Readonly<Record<string, string>> | undefined> {
  return async (namespace, name) => {
    const connection = connectFor({});
    try {
      return await createSecretReader(connection)(namespace, name, signal);
    } finally {
      await connection.close();
    }
  };
}

function codeOf({ reason }: OperatorError): number {
  if (reason === "InvalidSpec") return EXIT.usage;
  return reason === "PrometheusUnreachable" || reason === "KubernetesUnreachable" ? EXIT.unreachable : EXIT.bad;
}

/** Scheme, host and path: no credentials. */
function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}
