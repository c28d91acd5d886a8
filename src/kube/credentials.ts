// Server address, TLS material and headers from a kubeconfig, the pod's ServiceAccount, or an address alone.
// Credentials are asked for again at most every ten seconds and after a 401, so rotated tokens and certificates are taken up.
import { readFile } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { monotonicMs } from "../clock.ts";
import { KubeError, problemOf } from "./failure.ts";

/** Token files are rotated minutes before they expire; ten seconds spare a file read for nearly every call. */
const FRESH_MS = 10_000;

export interface CredentialOptions {
  /** Path of a kubeconfig; default: $KUBECONFIG, ~/.kube/config, the pod's ServiceAccount. */
  readonly kubeconfig?: string;
  /** Context of the kubeconfig; default its current one. */
  readonly context?: string;
  /** Address of a server that needs no credentials; the kubeconfig is not read then. */
  readonly server?: string;
}

export interface Tls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Tls;
}

export interface Credentials {
  readonly server: string;
  /** Of the pod, or of the kubeconfig's context; `default` where there is none. */
  readonly namespace: string;
  /** An HTTP proxy on the way to the server. */
  readonly proxyUrl: string | undefined;
  /** What the next call must carry. Throws KubeError when a credential plugin or file fails. */
  access(): Promise<Access>;
  /** Reads everything anew at the next call. False when that was done a moment ago already. */
  renew(): boolean;
}

/** Throws KubeError when the kubeconfig cannot be read, or names no server. */
export function loadCredentials(options: CredentialOptions): Credentials {
  let config = loadConfig(options);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw unusable(options, "its context names no cluster");
  const server = serverOf(cluster.server, options);
  if (cluster.proxyUrl?.startsWith("socks")) throw unusable(options, "SOCKS proxies are not supported");
  let current: Promise<Access> | undefined;
  let readAtMs = 0;
  let renewedAtMs = -Infinity;
  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? "default",
    proxyUrl: cluster.proxyUrl,
    access() {
      if (current === undefined || monotonicMs() - readAtMs > FRESH_MS) {
        readAtMs = monotonicMs();
        const reading = readAccess(config);
        current = reading;
        reading.catch(() => {
          if (current === reading) current = undefined;
        });
      }
      return current;
    },
    renew() {
      if (monotonicMs() - renewedAtMs < FRESH_MS) return false;
      renewedAtMs = monotonicMs();
      current = undefined;
      config = loadConfig(options);
      return true;
    },
  };
}

function loadConfig(options: CredentialOptions): KubeConfig {
  const config = new KubeConfig();
  try {
    if (options.server !== undefined) config.loadFromClusterAndUser({ name: "server", server: options.server, skipTLSVerify: false }, { name: "nobody" });
    else if (options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(options.kubeconfig);
  } catch (error) {
    throw unusable(options, problemOf(error), error);
  }
  if (options.context !== undefined) {
    if (config.getContextObject(options.context) === null) throw unusable(options, `it has no context "${options.context}" (it has: ${contexts(config)})`);
    config.setCurrentContext(options.context);
  }
  const cluster = config.getCurrentCluster();
  if (options.server === undefined && cluster?.name === "cluster" && cluster.server === "http://localhost:8080")
    throw unusable(options, "there is no kubeconfig, and this is no pod with a ServiceAccount");
  // client-node refuses plain http unless verification is off; there is nothing to verify there.
  if (cluster?.server.startsWith("http:")) Object.assign(cluster, { skipTLSVerify: true });
  return config;
}

async function readAccess(config: KubeConfig): Promise<Access> {
  const options: RequestOptions & { servername?: string } = {};
  let token: string | undefined;
  try {
    await config.applyToHTTPSOptions(options);
    token = await tokenOf(config);
  } catch (error) {
    throw new KubeError(`The credentials for the Kubernetes API server cannot be had: ${problemOf(error)}.`, {
      reason: "KubernetesUnreachable",
      retry: "backoff",
      hint: "Check the kubeconfig's user: its files must be readable and its plugin must run here.",
      cause: error,
    });
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries((options.headers ?? {}) as OutgoingHttpHeaders)) if (value !== undefined) headers[name] = String(value).trim();
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  if (typeof options.auth === "string") headers["Authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  return {
    headers,
    tls: {
      ...(options.ca === undefined ? {} : { ca: options.ca as Buffer }),
      ...(options.cert === undefined ? {} : { cert: options.cert as Buffer }),
      ...(options.key === undefined ? {} : { key: options.key as Buffer }),
      ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
      ...(options.servername === undefined ? {} : { servername: options.servername }),
    },
  };
}

/** From the token file of a ServiceAccount. client-node keeps what it read for a minute of wall-clock time, also after a 401; we do not. */
async function tokenOf(config: KubeConfig): Promise<string | undefined> {
  const settings = (config.getCurrentUser()?.authProvider as { config?: { tokenFile?: string } } | null | undefined)?.config;
  return settings?.tokenFile === undefined ? undefined : (await readFile(settings.tokenFile, "utf8")).trim();
}

function serverOf(server: string | undefined, options: CredentialOptions): string {
  if (server === undefined || !URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
    throw unusable(options, `its server is "${server ?? ""}", expected an address such as https://10.0.0.1:6443`);
  return server.replace(/\/+$/, "");
}

function contexts(config: KubeConfig): string {
  return config.getContexts().map((context) => context.name).join(", ") || "none";
}

function unusable({ kubeconfig, server }: CredentialOptions, problem: string, cause?: unknown): KubeError {
  const file = kubeconfig === undefined ? "The Kubernetes configuration" : `The kubeconfig ${kubeconfig}`;
  const what = server === undefined ? file : `The server address ${server}`;
  const hint = "Give a kubeconfig with --kubeconfig (and --context), or run in a cluster.";
  return new KubeError(`${what} cannot be used: ${problem}.`, { reason: "KubernetesUnreachable", retry: "backoff", hint, cause });
}
