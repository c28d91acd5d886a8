// KEDA's side of the external scaler protocol: calls one server and says what came, the name of the gRPC status included.
import { ChannelCredentials, makeGenericClientConstructor, status } from "@grpc/grpc-js";
import { externalScalerService } from "../../src/external/protocol.ts";

export interface Asked {
  readonly name?: string;
  readonly namespace?: string;
  readonly scalerMetadata?: Readonly<Record<string, string>>;
}

export interface Answer {
  /** OK, or the name of the status that came instead. */
  readonly code: string;
  readonly details: string;
  readonly response?: unknown;
}

type Callback = (error: { readonly code: number; readonly details: string } | null, response?: unknown) => void;
interface Stream {
  on(event: "data", listener: (message: unknown) => void): this;
  on(event: "error", listener: (error: { readonly code: number }) => void): this;
  on(event: "end", listener: () => void): this;
  cancel(): void;
}
interface RawClient {
  IsActive(ref: Asked, callback: Callback): void;
  GetMetricSpec(ref: Asked, callback: Callback): void;
  GetMetrics(request: { readonly scaledObjectRef?: Asked; readonly metricName?: string }, callback: Callback): void;
  StreamIsActive(ref: Asked): Stream;
  StreamMetricSpec(ref: Asked): Stream;
  close(): void;
}

const Client = makeGenericClientConstructor(externalScalerService(), "ExternalScaler");

export function kedaClient(address: string, credentials = ChannelCredentials.createInsecure(), options: object = {}) {
  const raw = new Client(address, credentials, { "grpc.initial_reconnect_backoff_ms": 50, ...options }) as unknown as RawClient;
  const answer = (call: (callback: Callback) => void) =>
    new Promise<Answer>((resolve) => call((error, response) => resolve(error === null ? { code: "OK", details: "", response } : { code: status[error.code] ?? "", details: error.details })));
  return {
    isActive: (ref: Asked) => answer((callback) => raw.IsActive(ref, callback)),
    metricSpec: (ref: Asked) => answer((callback) => raw.GetMetricSpec(ref, callback)),
    metrics: (ref: Asked | undefined, metricName = "") =>
      answer((callback) => raw.GetMetrics({ ...(ref === undefined ? {} : { scaledObjectRef: ref }), metricName }, callback)),
    streamIsActive: (ref: Asked) => raw.StreamIsActive(ref),
    streamMetricSpec: (ref: Asked) => raw.StreamMetricSpec(ref),
    close: () => raw.close(),
  };
}
