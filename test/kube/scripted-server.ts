// An HTTP server on loopback that answers by script: one step a request, in order, every kind of trouble included.
// A request without a step is held open: what comes too early is seen in `requests` and never answered.
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { vi } from "vitest";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}
export type Step = (response: ServerResponse, request: SeenRequest) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Sockets that were opened. */
  readonly sockets: () => number;
  /** Adds steps. */
  script(...steps: readonly Step[]): void;
  /** The nth request (from 1), once it is there. */
  request(n: number): Promise<SeenRequest>;
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const steps: Step[] = [];
  const waiting: { response: ServerResponse; request: SeenRequest }[] = [];
  const requests: SeenRequest[] = [];
  let sockets = 0;
  const answer = () => {
    while (steps.length > 0 && waiting.length > 0) {
      const next = waiting.shift();
      if (next !== undefined) steps.shift()?.(next.response, next.request);
    }
  };
  const take = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await text(incoming);
    const url = new URL(incoming.url ?? "/", "http://server");
    const request = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: body === "" ? undefined : (JSON.parse(body) as unknown),
    };
    requests.push(request);
    waiting.push({ response, request });
    answer();
  };
  const server = createServer((incoming, response) => void take(incoming, response).catch(() => response.destroy()));
  server.on("connection", () => sockets++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets: () => sockets,
    script(...more) {
      steps.push(...more);
      answer();
    },
    async request(n) {
      return vi.waitUntil(() => requests[n - 1], { interval: 2, timeout: 5_000 });
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** An answer with a JSON body. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Step {
  return (response) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** A Status object, as the API server refuses. */
export function refuse(code: number, reason: string, message = reason, headers: Readonly<Record<string, string>> = {}, details: object = {}): Step {
  return json(statusOf(code, reason, message, details), code, headers);
}

export function statusOf(code: number, reason: string, message = reason, details: object = {}): object {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, details, code };
}

/** A page of a list. */
export function list(version: string, items: readonly object[], token = ""): Step {
  return json({ kind: "List", apiVersion: "v1", metadata: { resourceVersion: version, ...(token === "" ? {} : { continue: token }) }, items });
}

/** An object of the listed resource. */
export function thing(name: string, version: string, uid = `uid-${name}`, more: object = {}): object {
  return { apiVersion: "v1", kind: "Thing", metadata: { name, namespace: "shop", uid, resourceVersion: version, ...more } };
}

/** A watch with these events, which then closes, stays open, is reset, or breaks off in the middle of a line. */
export function watching(events: readonly object[], end: "close" | "open" | "reset" | "half"): Step {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    if (end === "half") response.end(`${lines}{"type":"ADDED","object":{"metadata":{"na`);
    else if (end === "close") response.end(lines);
    else if (end === "open") response.write(lines === "" ? "\n" : lines);
    else response.write(lines === "" ? "\n" : lines, () => response.destroy());
  };
}
