// A proxy that stands before a real server and spoils what goes through it, by a script that a test changes while it runs.
// Without a fault it changes nothing: bodies and streams pass as they come.
import { createServer as createHttp, request as askHttp, Agent as HttpAgent } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from "node:http";
import { createServer as createHttps, request as askHttps, Agent as HttpsAgent } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export type Fault =
  /** The connection is closed without an answer. */
  | { readonly kind: "refuse" }
  /** The request is held for so long, then passed on. */
  | { readonly kind: "delay"; readonly ms: number }
  /** The request is not passed on. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfterSeconds?: number }
  /** 200 with a body that is no JSON. */
  | { readonly kind: "garbage" }
  /** 200 with a body that never ends. */
  | { readonly kind: "endless" }
  /** Half of the real answer, then the connection is closed. */
  | { readonly kind: "cut" }
  /** The real answer, some bytes at a time. */
  | { readonly kind: "drip"; readonly bytes: number; readonly everyMs: number }
  /** The request is taken, and nothing ever comes back. */
  | { readonly kind: "silent" }
  /** The real answer's text, changed. */
  | { readonly kind: "answer"; readonly change: (text: string) => string }
  /** The request's body, changed. */
  | { readonly kind: "request"; readonly change: (body: string) => string };

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
}

export interface Script {
  readonly fault: Fault;
  /** Default: every request. */
  readonly when?: (request: Seen) => boolean;
  /** Share of those requests, drawn from the seed; default 1. */
  readonly share?: number;
  /** So many requests, then no more; default: until lifted. */
  readonly times?: number;
}

export interface FaultProxy {
  readonly url: string;
  /** Spoils requests from now on; returns what ends that. The first script that fits a request is used. */
  readonly inject: (script: Script) => { readonly hits: () => number; readonly lift: () => void };
  /** Open watches get nothing more, and their connections stay. */
  readonly muteWatches: () => number;
  /** Closes every connection at once. */
  readonly cutAll: () => void;
  readonly close: () => Promise<void>;
}

export interface FaultProxyOptions {
  /** http or https; the certificate is not looked at. */
  readonly target: string;
  /** PEM: then the proxy speaks HTTPS with these. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly seed: number;
}

const ENDLESS_CHUNK = '[1700000000,"1"],'.repeat(4_000);
const ENDLESS_EVERY_MS = 5;
const REASONS: Readonly<Record<number, string>> = { 401: "Unauthorized", 409: "Conflict", 410: "Expired", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable" };

/** Mulberry32: uniform in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function startFaultProxy({ target, tls, seed }: FaultProxyOptions): Promise<FaultProxy> {
  const random = seeded(seed);
  const scripts: { script: Script; hits: number }[] = [];
  const sockets = new Set<Socket>();
  const watches = new Map<ServerResponse, IncomingMessage>();
  const isSecure = target.startsWith("https:");
  const agent = isSecure ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: false }) : new HttpAgent({ keepAlive: true });
  const ask = isSecure ? askHttps : askHttp;
  const faultFor = (seen: Seen) => {
    const found = scripts.find(({ script, hits }) => hits < (script.times ?? Infinity) && (script.when?.(seen) ?? true) && random() < (script.share ?? 1));
    if (found !== undefined) found.hits++;
    return found?.script.fault;
  };
  const pass = (request: IncomingMessage, response: ServerResponse, body: string, fault?: Fault) => {
    const headers: OutgoingHttpHeaders = { ...request.headers, host: new URL(target).host };
    delete headers["transfer-encoding"];
    // A changed answer must be readable.
    delete headers["accept-encoding"];
    if (body !== "") headers["content-length"] = Buffer.byteLength(body);
    const onward = ask(target + (request.url ?? "/"), { method: request.method, headers, agent }, (answer) => {
      if (fault?.kind === "cut" || fault?.kind === "answer" || fault?.kind === "drip") return void spoil(answer, response, fault).catch(() => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
      if (!/[?&]watch=(true|1)/.test(request.url ?? "")) return;
      watches.set(response, answer);
      response.on("close", () => watches.delete(response));
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    onward.end(body);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const fault = faultFor({ method: request.method ?? "", path: request.url ?? "", body, authorization: request.headers.authorization ?? "" });
    if (fault === undefined) return pass(request, response, body);
    if (fault.kind === "refuse") return void request.socket.destroy();
    if (fault.kind === "status") return refuseWith(response, fault.status, fault.retryAfterSeconds);
    if (fault.kind === "garbage") return void response.writeHead(200, { "content-type": "application/json" }).end("<html>\u0000this is no JSON {{{");
    if (fault.kind === "endless") return runOn(response);
    if (fault.kind === "silent") return;
    if (fault.kind === "delay") await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault.kind === "request") return pass(request, response, fault.change(body));
    pass(request, response, body, fault);
  };
  const listener: RequestListener = (request, response) => void handle(request, response).catch(() => response.destroy());
  const server = tls === undefined ? createHttp(listener) : createHttps(tls, listener);
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inject(script) {
      const entry = { script, hits: 0 };
      scripts.push(entry);
      return { hits: () => entry.hits, lift: () => void (scripts.includes(entry) && scripts.splice(scripts.indexOf(entry), 1)) };
    },
    muteWatches() {
      const count = watches.size;
      for (const [response, answer] of watches) {
        answer.unpipe(response);
        answer.resume();
      }
      watches.clear();
      return count;
    },
    cutAll,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutAll();
        agent.destroy();
      }),
  };
}

/** As the API server says it; Prometheus' clients look only at the status. */
function refuseWith(response: ServerResponse, code: number, retryAfterSeconds?: number): void {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason: REASONS[code] ?? "Unknown", code, message: `injected: ${code}` };
  const headers = { "content-type": "application/json", ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }) };
  response.writeHead(code, headers).end(JSON.stringify(status));
}

function runOn(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[');
  const timer = setInterval(() => void (response.writableNeedDrain || response.write(ENDLESS_CHUNK)), ENDLESS_EVERY_MS);
  response.on("close", () => clearInterval(timer));
}

async function spoil(answer: IncomingMessage, response: ServerResponse, fault: Extract<Fault, { kind: "cut" | "answer" | "drip" }>): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const { "content-length": _length, "transfer-encoding": _encoding, ...headers } = answer.headers;
  const status = answer.statusCode ?? 502;
  if (fault.kind === "answer") return void response.writeHead(status, headers).end(fault.change(body.toString()));
  response.writeHead(status, { ...headers, "content-length": body.length });
  if (fault.kind === "cut") {
    response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
    return;
  }
  for (let at = 0; at < body.length && !response.destroyed; at += fault.bytes) {
    response.write(body.subarray(at, at + fault.bytes));
    await new Promise((resolve) => setTimeout(resolve, fault.everyMs));
  }
  response.end();
}
