// The gRPC server that KEDA asks. It only reads, and every replica of the operator answers alike, whether it leads or not.
// Invariant: every answer is a number that was decided, or a status that says why there is none.
import { logVerbosity, Server, setLogVerbosity, status } from "@grpc/grpc-js";
import type { handleServerStreamingCall, handleUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { Clock } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import { findScaler, wantedReplicas } from "./answers.ts";
import type { Refusal, ScalerLookup } from "./answers.ts";
import { serveCertificates } from "./certificates.ts";
import type { TlsFiles } from "./certificates.ts";
import { externalScalerService } from "./protocol.ts";
import type { MetricsRequest, ScaledObjectRef } from "./protocol.ts";

export interface ExternalScalerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Undefined: plain text. */
  readonly tls?: TlsFiles | undefined;
  readonly scalers: ScalerLookup;
  /** The time that decisions are made in. */
  readonly nowMs: () => number;
  /** Wall-clock time, for files and for the end. */
  readonly clock: Clock;
  /** Told of each call that was answered, by the name of its gRPC status. */
  readonly onRequest: (method: string, code: string) => void;
  readonly onProblem: (sentence: string) => void;
}

export interface ExternalScalerServer {
  /** `host:port` as it really is. */
  readonly address: string;
  /** Lets calls under way end, for a moment. */
  close(): Promise<void>;
}

/** The one metric: KEDA puts the index of the trigger before it. */
export const METRIC_NAME = "predictive-replicas";
/** One replica asks for one replica: with AverageValue the HPA arrives at the value itself. */
const TARGET = 1;
/** No ScaledObject's metadata comes near it. */
const MOST_REQUEST_BYTES = 64 * 1024;
/** A client that is gone without a word is noticed within a minute or so. */
const KEEPALIVE_MS = 60_000;
const CLOSE_MS = 1_000;

/** Starts to listen. Throws OperatorError when the address cannot be had or the TLS files cannot be used. */
export async function serveExternalScaler(options: ExternalScalerOptions): Promise<ExternalScalerServer> {
  const { host, port, clock } = options;
  const certificates = await serveCertificates(options.tls, clock, options.onProblem);
  // It would write lines of its own to stderr; what goes wrong comes back as errors.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({ "grpc.max_receive_message_length": MOST_REQUEST_BYTES, "grpc.keepalive_time_ms": KEEPALIVE_MS });
  const streams = new Set<{ end(): void }>();
  server.addService(externalScalerService(), handlers(options, streams));
  const name = host.includes(":") ? `[${host}]` : host;
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${name}:${port}`, certificates.credentials, (cause, found) => {
      if (cause === null) return resolve(found);
      const hint = "Check --external-scaler-addr, and who else listens there.";
      const message = `The external scaler cannot listen on ${name}:${port}: ${cause.message}`;
      reject(new OperatorError(message, { reason: "InternalError", retry: "backoff", hint, cause }));
    });
  });
  return {
    address: `${name}:${bound}`,
    async close() {
      certificates.stop();
      for (const stream of streams) stream.end();
      const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      const timer = clock.after(CLOSE_MS, () => server.forceShutdown());
      await closed;
      timer.cancel();
    },
  };
}

function handlers({ scalers, nowMs, onRequest }: ExternalScalerOptions, streams: Set<{ end(): void }>) {
  const refuse = (method: string, { code, message }: Refusal) => {
    onRequest(method, code);
    return { code: status[code], details: message };
  };
  const reply = <T>(method: string, callback: sendUnaryData<T>, answer: Refusal | { readonly kind: "ok"; readonly value: T }) => {
    if (answer.kind === "refused") return callback(refuse(method, answer));
    onRequest(method, "OK");
    callback(null, answer.value);
  };
  /** What is the same for every scaler that may be asked for. */
  const constant = <T>(ref: ScaledObjectRef, value: T) => {
    const found = findScaler(scalers, ref);
    return found.kind === "refused" ? found : ({ kind: "ok", value } as const);
  };
  const isActive: handleUnaryCall<ScaledObjectRef, object> = ({ request }, callback) => reply("IsActive", callback, constant(request, { result: true }));
  const specs = { metricSpecs: [{ metricName: METRIC_NAME, targetSize: TARGET, targetSizeFloat: TARGET }] };
  const getMetricSpec: handleUnaryCall<ScaledObjectRef, object> = ({ request }, callback) => reply("GetMetricSpec", callback, constant(request, specs));
  const getMetrics: handleUnaryCall<MetricsRequest, object> = ({ request }, callback) => {
    const { metricName, scaledObjectRef } = request;
    const wanted = wantedReplicas(scalers, scaledObjectRef ?? { name: "", namespace: "", scalerMetadata: {} }, nowMs());
    if (wanted.kind === "refused") return reply("GetMetrics", callback, wanted);
    const value = { metricName: metricName || METRIC_NAME, metricValue: wanted.replicas, metricValueFloat: wanted.replicas };
    reply("GetMetrics", callback, { kind: "ok", value: { metricValues: [value] } });
  };
  const streamIsActive: handleServerStreamingCall<ScaledObjectRef, object> = (call) => {
    const found = findScaler(scalers, call.request);
    if (found.kind === "refused") return void call.emit("error", refuse("StreamIsActive", found));
    onRequest("StreamIsActive", "OK");
    streams.add(call);
    call.once("close", () => streams.delete(call));
    call.once("cancelled", () => streams.delete(call));
    call.write({ result: true });
  };
  return { IsActive: isActive, StreamIsActive: streamIsActive, GetMetricSpec: getMetricSpec, GetMetrics: getMetrics };
}
