// The wanted replicas over plain HTTP, for KEDA's metrics-api trigger: the same answers as over gRPC, as a status and JSON.
// It is there because an external scaler that cannot be reached takes all triggers of its ScaledObject down with it, and this does not.
import { wantedReplicas } from "./answers.ts";
import type { RefusalCode, ScalerLookup } from "./answers.ts";

const STATUS: Readonly<Record<RefusalCode, number>> = {
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  FAILED_PRECONDITION: 409,
  UNAVAILABLE: 503,
};

export interface ReplicasAsked {
  readonly namespace: string;
  readonly name: string;
  /** As in the trigger's metadata of the external scaler; null: the usual one. */
  readonly scaleUpTolerance: string | null;
}

/** HTTP status and body: `{replicas}`, or `{error}` with a sentence. `code`: the gRPC status of the same answer. */
export function replicasAnswer(scalers: ScalerLookup, { namespace, name, scaleUpTolerance }: ReplicasAsked, nowMs: number) {
  const scalerMetadata = { scalerName: name, ...(scaleUpTolerance === null ? {} : { scaleUpTolerance }) };
  const wanted = wantedReplicas(scalers, { name: "", namespace, scalerMetadata }, nowMs);
  if (wanted.kind === "refused") return { status: STATUS[wanted.code], code: wanted.code, value: { error: wanted.message } };
  return { status: 200, code: "OK", value: { replicas: wanted.replicas } };
}
