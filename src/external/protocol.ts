// KEDA's external scaler protocol (externalscaler.proto of KEDA 2.21) as the bundle carries it: a descriptor, no file beside it.
// Invariant: names and numbers of fields are those of KEDA; they are on the wire.
import type { ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";

/** Who asks: a ScaledObject, and the metadata of its trigger. */
export interface ScaledObjectRef {
  readonly name: string;
  readonly namespace: string;
  readonly scalerMetadata: Readonly<Record<string, string>>;
}

export interface MetricsRequest {
  /** Null where a client leaves it out. */
  readonly scaledObjectRef: ScaledObjectRef | null;
  readonly metricName: string;
}

/** Field -> its type and its number on the wire. */
type Fields = Readonly<Record<string, readonly [type: string, id: number, rule?: "repeated" | "map"]>>;

const MESSAGES: Readonly<Record<string, Fields>> = {
  ScaledObjectRef: { name: ["string", 1], namespace: ["string", 2], scalerMetadata: ["string", 3, "map"] },
  IsActiveResponse: { result: ["bool", 1] },
  GetMetricSpecResponse: { metricSpecs: ["MetricSpec", 1, "repeated"] },
  MetricSpec: { metricName: ["string", 1], targetSize: ["int64", 2], targetSizeFloat: ["double", 3] },
  GetMetricsRequest: { scaledObjectRef: ["ScaledObjectRef", 1], metricName: ["string", 2] },
  GetMetricsResponse: { metricValues: ["MetricValue", 1, "repeated"] },
  MetricValue: { metricName: ["string", 1], metricValue: ["int64", 2], metricValueFloat: ["double", 3] },
};

const METHODS = {
  IsActive: { requestType: "ScaledObjectRef", responseType: "IsActiveResponse" },
  StreamIsActive: { requestType: "ScaledObjectRef", responseType: "IsActiveResponse", responseStream: true },
  GetMetricSpec: { requestType: "ScaledObjectRef", responseType: "GetMetricSpecResponse" },
  GetMetrics: { requestType: "GetMetricsRequest", responseType: "GetMetricsResponse" },
  // Never implemented: the target of our metric does not change. KEDA takes the refusal for what it is.
  StreamMetricSpec: { requestType: "ScaledObjectRef", responseType: "GetMetricSpecResponse", responseStream: true },
};

/** The service, for a server and (in tests) for a client. */
export function externalScalerService(): ServiceDefinition {
  const field = ([type, id, rule]: Fields[string]) => ({ type, id, ...(rule === "map" ? { keyType: "string" } : rule === undefined ? {} : { rule }) });
  const message = (fields: Fields) => ({ fields: Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, field(of)])) });
  const messages = Object.fromEntries(Object.entries(MESSAGES).map(([name, fields]) => [name, message(fields)]));
  const nested = { ExternalScaler: { methods: METHODS }, ...messages };
  const descriptor = { nested: { externalscaler: { nested } } } as Parameters<typeof fromJSON>[0];
  return fromJSON(descriptor, { keepCase: true, longs: Number, defaults: true })["externalscaler.ExternalScaler"] as unknown as ServiceDefinition;
}
