// What the rest of the program sees of a Prometheus server.
import type { PrometheusAccess } from "../api/index.ts";
import type { Samples } from "../series/index.ts";

/** Where and how one scaler's metric is asked for, beside the operator's own server. Everything is optional; without a URL the operator's own is asked. */
export type PrometheusSource = Partial<PrometheusAccess>;

export interface RangeQuery {
  readonly query: string;
  /** Unix ms, multiples of stepMs; both ends are asked for. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  /** The scaler's: what its query is confined to where the operator confines queries. */
  readonly namespace?: string | undefined;
  /** Another server, or another way to ask; `namespace` is where its secrets are. */
  readonly source?: { readonly namespace: string; readonly access: PrometheusSource } | undefined;
}

/** The one series that the query yields. Zero samples are an answer: nothing was there. */
export interface RangeAnswer {
  readonly samples: Samples;
  /** Samples that were NaN or infinite: they count as missing. */
  readonly notANumber: number;
}

export interface PrometheusClient {
  /** Asks in chunks and joins them. Throws OperatorError with the typed failure. */
  queryRange(query: RangeQuery, signal: AbortSignal): Promise<RangeAnswer>;
  close(): void;
}
