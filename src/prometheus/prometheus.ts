// What the rest of the program sees of a Prometheus server.
import type { Samples } from "../series/index.ts";

/** A key of a Secret in the scaler's namespace. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** Where and how one scaler's metric is asked for, beside the operator's own server. Everything is optional. */
export interface PrometheusSource {
  /** Must be on the operator's allow-list; the operator's own server if not given. */
  readonly url?: string | undefined;
  readonly auth?:
    | {
        readonly bearer?: { readonly secretKeyRef: SecretKey } | undefined;
        readonly basic?: { readonly username: string; readonly passwordSecretKeyRef: SecretKey } | undefined;
        readonly sigV4?: { readonly region: string; readonly service: string } | undefined;
      }
    | undefined;
  readonly tls?:
    | {
        readonly caSecretKeyRef?: SecretKey | undefined;
        readonly certSecretKeyRef?: SecretKey | undefined;
        readonly keySecretKeyRef?: SecretKey | undefined;
        readonly serverName?: string | undefined;
        readonly insecureSkipVerify?: boolean | undefined;
      }
    | undefined;
  readonly headers?: readonly {
    readonly name: string;
    readonly value?: string | undefined;
    readonly valueFrom?: { readonly secretKeyRef: SecretKey } | undefined;
  }[];
  readonly queryParameters?: readonly { readonly name: string; readonly value: string }[];
  /** Wall-clock ms a request may take. */
  readonly timeoutMs?: number | undefined;
}

export interface RangeQuery {
  readonly query: string;
  /** Unix ms, multiples of stepMs; both ends are asked for. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
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
