// What the rest of the program sees of a Prometheus server.
import type { Samples } from "../series/index.ts";

export interface RangeQuery {
  readonly query: string;
  /** Unix ms, multiples of stepMs; both ends are asked for. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
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
