// One client for all scalers: it finds the server and the manners of each source, and takes up rotated secrets without a restart.
// Invariants: only allowed URLs are asked; a source's secrets never go to another source's server;
// an API server that is away does not stop a client that works.
import type { Clock } from "../clock.ts";
import { monotonicMs } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import { createAllowList } from "./allow-list.ts";
import { createPrometheusClient } from "./client.ts";
import type { PrometheusClientOptions } from "./client.ts";
import { fileMaterial, secretMaterial } from "./material.ts";
import type { Material, OwnServer, ReadSecret } from "./material.ts";
import type { PrometheusClient, PrometheusSource, RangeQuery } from "./prometheus.ts";
import { createSigner } from "./sigv4.ts";

export interface PrometheusServersOptions {
  readonly own: OwnServer;
  /** What scalers may name beside the operator's own server. */
  readonly allowedUrls: readonly string[];
  readonly readSecret: ReadSecret;
  readonly clock: Clock;
  readonly onRequest?: PrometheusClientOptions["onRequest"];
  readonly maxSamples?: number;
  /** Ms from an arbitrary zero: the age of secrets. */
  readonly monotonicMs?: () => number;
}

/** Secrets and files are read again when they are so old, ms: what is rotated is in use within a minute. */
const FRESH_MS = 60_000;
/** After a failure they are read again at once, unless that was done a moment ago, ms. */
const RETRY_FRESH_MS = 2_000;
/** A client that nobody uses any more is closed after so long, ms. */
const IDLE_MS = 3_600_000;

/** One server asked in one way. */
interface Server {
  readonly read: () => Promise<Material>;
  readonly build: (material: Material) => Promise<PrometheusClient>;
  client: PrometheusClient | undefined;
  fingerprint: string;
  readMs: number;
  usedMs: number;
  reading: Promise<PrometheusClient> | undefined;
}

type Servers = Omit<PrometheusServersOptions, "monotonicMs"> & { readonly monotonicMs: () => number };

/** Throws OperatorError (InvalidSpec) for an own URL or an allow-list that is none. */
export function createPrometheusServers(options: PrometheusServersOptions): PrometheusClient {
  const settings: Servers = { monotonicMs, ...options };
  const allowed = createAllowList(options.allowedUrls);
  const servers = new Map<string, Server>();
  const nowMs = settings.monotonicMs;

  const serverOf = (source: RangeQuery["source"]): Server => {
    const key = source === undefined ? "" : `${source.namespace}/${JSON.stringify(source.access)}`;
    const known = servers.get(key);
    if (known !== undefined) return known;
    const made = source === undefined ? ownServer(settings) : sourceServer(settings, source.namespace, source.access, allowed);
    servers.set(key, made);
    return made;
  };
  const closeIdle = () => {
    for (const [key, server] of servers) {
      if (nowMs() - server.usedMs < IDLE_MS) continue;
      server.client?.close();
      servers.delete(key);
    }
  };
  // The own server is known now: what is wrong with it is told at the start.
  createPrometheusClient({ url: options.own.url, clock: options.clock }).close();
  return {
    async queryRange(query, signal) {
      const server = serverOf(query.source);
      server.usedMs = nowMs();
      closeIdle();
      const client = await fresh(server, settings, FRESH_MS);
      try {
        return await client.queryRange(query, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof OperatorError) || error.reason !== "PrometheusUnreachable") throw error;
        const renewed = await fresh(server, settings, RETRY_FRESH_MS);
        if (renewed === client) throw error;
        return renewed.queryRange(query, signal);
      }
    },
    close() {
      for (const { client } of servers.values()) client?.close();
      servers.clear();
    },
  };
}

/** The server's client, of material not older than `ageMs` where it can be read. */
async function fresh(server: Server, settings: Servers, ageMs: number): Promise<PrometheusClient> {
  if (server.client !== undefined && settings.monotonicMs() - server.readMs < ageMs) return server.client;
  server.reading ??= renewed(server, settings).finally(() => (server.reading = undefined));
  return server.reading;
}

async function renewed(server: Server, { monotonicMs: nowMs, clock }: Servers): Promise<PrometheusClient> {
  const before = server.client;
  let material: Material;
  try {
    material = await server.read();
  } catch (error) {
    const isAway = error instanceof OperatorError && error.reason === "KubernetesUnreachable";
    if (before === undefined || !isAway) throw error;
    server.readMs = nowMs();
    return before;
  }
  server.readMs = nowMs();
  const fingerprint = JSON.stringify(material);
  if (before !== undefined && server.fingerprint === fingerprint) return before;
  server.client = await server.build(material);
  server.fingerprint = fingerprint;
  // Its last requests end by themselves.
  if (before !== undefined) clock.after(FRESH_MS, () => before.close());
  return server.client;
}

/** What the clients of all servers have in common. */
function commonOf({ clock, onRequest, maxSamples }: Servers): Omit<PrometheusClientOptions, "url"> {
  return { clock, ...(onRequest === undefined ? {} : { onRequest }), ...(maxSamples === undefined ? {} : { maxSamples }) };
}

function ownServer(settings: Servers): Server {
  const { own, monotonicMs: nowMs } = settings;
  const build = ({ headers, tls, hidden }: Material) =>
    Promise.resolve(createPrometheusClient({ ...commonOf(settings), url: own.url, manners: { headers, tls }, hidden }));
  return blank(() => fileMaterial(own), build, nowMs());
}

function sourceServer(settings: Servers, namespace: string, access: PrometheusSource, allowed: ReturnType<typeof createAllowList>): Server {
  const { own, readSecret, monotonicMs: nowMs } = settings;
  // Whoever brings credentials or headers speaks for himself: the operator's own are not borrowed. Its certificate authority goes with its server.
  const isOwnVoice = access.auth !== undefined || (access.headers ?? []).length > 0;
  const url = access.url ?? (isOwnVoice ? withoutCredentials(own.url) : own.url);
  const read = async (): Promise<Material> => {
    const material = await secretMaterial(access, namespace, readSecret);
    if (access.url !== undefined) return material;
    const base = await fileMaterial(own);
    return {
      headers: isOwnVoice ? material.headers : base.headers,
      tls: { ...base.tls, ...material.tls },
      hidden: [...material.hidden, ...base.hidden],
    };
  };
  const found = access.url === undefined ? { lookup: undefined } : allowed.find(new URL(access.url));
  if (found === undefined) throw notAllowed(access.url ?? "", allowed.shown);
  const build = async ({ headers, tls, hidden }: Material) =>
    createPrometheusClient({
      ...commonOf(settings),
      url,
      hidden,
      parameters: (access.queryParameters ?? []).map(({ name, value }) => [name, value] as const),
      manners: {
        headers,
        tls,
        ...(found.lookup === undefined ? {} : { lookup: found.lookup }),
        ...(access.auth?.sigV4 === undefined ? {} : { sign: await createSigner(access.auth.sigV4) }),
      },
      ...(access.timeoutMs === undefined ? {} : { timeoutMs: access.timeoutMs }),
    });
  return blank(read, build, nowMs());
}

function withoutCredentials(url: string): string {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare.href;
}

function blank(read: Server["read"], build: Server["build"], usedMs: number): Server {
  return { read, build, client: undefined, fingerprint: "", readMs: -Infinity, usedMs, reading: undefined };
}

function notAllowed(url: string, shown: string): OperatorError {
  return new OperatorError(`The operator does not allow the Prometheus URL ${url} (allowed: ${shown}).`, {
    reason: "InvalidSpec",
    retry: "whenSpecChanges",
    hint: "Ask whoever runs the operator to add it to --prometheus-allowed-urls, or leave out spec.metric.prometheus.url.",
  });
}
