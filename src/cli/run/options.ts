// The options of `run`, parsed.
import type { LogLevel } from "../../telemetry/index.ts";

export interface RunOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly prometheusUrl: URL;
  readonly prometheusBearerTokenFile?: string;
  readonly prometheusCaFile?: string;
  /** What scalers may name beside prometheusUrl. */
  readonly prometheusAllowedUrls?: readonly string[];
  /** The label that confines every query to its scaler's namespace; undefined: queries are asked as they are. */
  readonly enforceNamespaceLabel?: string;
  readonly metricsAddr: { readonly host: string; readonly port: number };
  /** Where KEDA's external scaler protocol is answered; undefined: nowhere. */
  readonly externalScalerAddr?: { readonly host: string; readonly port: number };
  readonly externalScalerCertFile?: string;
  readonly externalScalerKeyFile?: string;
  readonly externalScalerClientCaFile?: string;
  /** Undefined: all namespaces. */
  readonly watchNamespaces?: readonly string[];
  readonly leaderElect: boolean;
  readonly leaderElectNamespace?: string;
  /** All replicas act at once, each on its part of the scalers. */
  readonly sharding?: boolean;
  /** Of placeholder pods. */
  readonly headroomImage: string;
  readonly logLevel: LogLevel;
  readonly clockStart?: number;
  readonly clockRate?: number;
  readonly clockOrigin?: number;
}
