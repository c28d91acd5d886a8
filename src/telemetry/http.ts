// The operator's own HTTP: /metrics, /healthz (the loop is alive), /readyz (caches are synced), and what is remembered and wanted of each scaler.
// Invariant: it only reads.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseTime } from "../clock.ts";
import type { Metrics } from "./metrics.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Undefined when well, else one sentence that says what is not. */
  readonly health: () => string | undefined;
  readonly readiness: () => string | undefined;
  /** What /scalers/NAMESPACE/NAME/decisions answers as JSON (NaN becomes null), bounded by whoever keeps it; undefined if nothing is known. */
  readonly decisions?: (key: string, sinceMs: number) => unknown;
  /** What /scalers/NAMESPACE/NAME/replicas answers, as JSON. */
  readonly replicas?: (namespace: string, name: string, query: URLSearchParams) => { readonly status: number; readonly value: object };
}

export interface TelemetryServer {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts to listen; rejects when the address cannot be had. */
export async function serveTelemetry(options: HttpOptions): Promise<TelemetryServer> {
  const verdict = (complaint: string | undefined) => ({ status: complaint === undefined ? 200 : 503, text: `${complaint ?? "ok"}\n`, type: "text/plain" });
  const answer = (path: string, query: URLSearchParams) => {
    if (path === "/healthz") return verdict(options.health());
    if (path === "/readyz") return verdict(options.readiness());
    const scaler = /^\/scalers\/([^/]+)\/([^/]+)\/decisions$/.exec(path);
    if (scaler !== null && options.decisions !== undefined) return decisionsOf(`${scaler[1]}/${scaler[2]}`, query.get("since"), options.decisions);
    const wanted = /^\/scalers\/([^/]+)\/([^/]+)\/replicas$/.exec(path);
    if (wanted !== null && options.replicas !== undefined) {
      const { status, value } = options.replicas(wanted[1] ?? "", wanted[2] ?? "", query);
      return { status, text: `${JSON.stringify(value)}\n`, type: "application/json" };
    }
    const known = "/metrics, /healthz, /readyz, and below /scalers/NAMESPACE/NAME decisions and replicas";
    return { status: 404, text: `Not found. There is ${known}.\n`, type: "text/plain" };
  };
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    const [path = "/", query = ""] = (request.url ?? "/").split("?", 2);
    // Tens of thousands of series: sent as fast as they are taken. A reader who leaves is no failure.
    if (path === "/metrics") {
      response.writeHead(200, { "content-type": options.metrics.contentType });
      return void pipeline(Readable.from(options.metrics.slices()), response).catch(() => undefined);
    }
    try {
      const { status, text, type } = answer(path, new URLSearchParams(query));
      response.writeHead(status, { "content-type": type }).end(text);
    } catch (error) {
      response.writeHead(500, { "content-type": "text/plain" }).end(`${String(error)}\n`);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function decisionsOf(key: string, since: string | null, read: (key: string, sinceMs: number) => unknown) {
  const sinceMs = since === null ? 0 : /^\d+$/.test(since) ? 1000 * Number(since) : parseTime(since);
  const json = (status: number, value: unknown) => ({ status, text: `${JSON.stringify(value)}\n`, type: "application/json" });
  if (Number.isNaN(sinceMs)) return json(400, { error: `Found since=${since}; expected an RFC 3339 time or unix seconds.` });
  const found = read(key, sinceMs);
  return found === undefined ? json(404, { error: `Nothing is remembered of the scaler ${key} here.` }) : json(200, found);
}
