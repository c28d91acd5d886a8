// A small Prometheus on loopback: series that are functions of time, asked over the same HTTP API, and faults on demand.
// Invariant: it answers nothing that is newer than its clock.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../clock.ts";
import { BUILD_INFO, errorAnswer, instantAnswer, rangeAnswer } from "./answers.ts";
import type { Answer } from "./answers.ts";
import type { PlaygroundSeries } from "./series.ts";

export interface PlaygroundPrometheusOptions {
  readonly clock: Clock;
  readonly series?: readonly PlaygroundSeries[];
  /** 0, a free one, unless given. */
  readonly port?: number;
  /** How often its series are scraped, ms; a minute unless given. */
  readonly scrapeMs?: number;
}

/** What the next calls of the API meet instead of, or around, their answer. */
export interface PlaygroundFault {
  /** A status with Prometheus's error JSON, or what else goes wrong. `slow` never answers. */
  readonly fault: number | "reset" | "garbage" | "cutBody" | "slow" | "html" | "partialWarning";
  /** The error's text, or the warning's. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many calls; 1 unless given. */
  readonly times?: number;
}

export interface PlaygroundPrometheus {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Calls so far, faults included. */
  readonly requests: { query: number; queryRange: number };
  addSeries(series: PlaygroundSeries): void;
  /** Takes the series of this name away, with all their past. */
  removeSeries(name: string): void;
  /** Faults queue up in the order of the calls. */
  failNext(fault: PlaygroundFault): void;
  close(): Promise<void>;
}

/** A form longer than this is no query. */
const MAX_FORM_BYTES = 1 << 20;

/** Starts to listen on 127.0.0.1; rejects when the port cannot be had. */
export async function startPlaygroundPrometheus(options: PlaygroundPrometheusOptions): Promise<PlaygroundPrometheus> {
  const { clock, scrapeMs = 60_000, port = 0 } = options;
  const series = [...(options.series ?? [])];
  const faults: PlaygroundFault[] = [];
  const requests = { query: 0, queryRange: 0 };

  const answerTo = (path: string, form: URLSearchParams): Answer => {
    const store = { series, nowMs: clock.nowMs(), scrapeMs };
    if (path === "/api/v1/status/buildinfo") return BUILD_INFO;
    return path === "/api/v1/query_range" ? rangeAnswer(form, store) : instantAnswer(form, store);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (pathname === "/-/ready") return void response.writeHead(200, { "content-type": "text/plain" }).end("Prometheus Server is Ready.\n");
    if (!/^\/api\/v1\/(query|query_range|status\/buildinfo)$/.test(pathname))
      return void response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("404 page not found\n");
    const body = request.method === "POST" ? await bodyOf(request) : "";
    const form = new URLSearchParams([...new URLSearchParams(body), ...searchParams]);
    if (pathname === "/api/v1/query") requests.query++;
    if (pathname === "/api/v1/query_range") requests.queryRange++;
    const fault = faults.shift();
    if (fault === undefined) write(response, answerTo(pathname, form));
    else fail(response, fault, () => answerTo(pathname, form));
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => write(response, errorAnswer(500, "internal", String(error))));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    addSeries: (one) => void series.push(one),
    removeSeries: (name) => void series.splice(0, series.length, ...series.filter((one) => one.name !== name)),
    failNext: (fault) => void faults.push(...Array.from({ length: fault.times ?? 1 }, () => fault)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function write(response: ServerResponse, { status, json }: Answer, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(json), ...headers }).end(json);
}

function fail(response: ServerResponse, { fault, text, headers = {} }: PlaygroundFault, answer: () => Answer): void {
  if (typeof fault === "number") return write(response, errorAnswer(fault, errorTypeOf(fault), text ?? `status ${fault} on demand`), headers);
  switch (fault) {
    case "reset":
      return void response.socket?.resetAndDestroy();
    case "garbage":
      return write(response, { status: 200, json: '{"status":"success","data":{"resultType":"matrix","result":[{]' }, headers);
    case "html":
      return void response.writeHead(200, { "content-type": "text/html", ...headers }).end("<!doctype html><title>Log in</title>");
    case "slow":
      return;
    case "partialWarning": {
      const { status, json } = answer();
      return write(response, { status, json: `${json.slice(0, -1)},"warnings":[${JSON.stringify(text ?? "store unavailable")}]}` }, headers);
    }
    case "cutBody": {
      const { status, json } = answer();
      const half = json.slice(0, Math.ceil(json.length / 2));
      response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(json), ...headers });
      return void response.write(half, () => response.socket?.end());
    }
  }
}

function errorTypeOf(status: number): string {
  return { 400: "bad_data", 422: "execution", 429: "too_many_requests", 503: "timeout" }[status] ?? (status >= 500 ? "internal" : "unauthorized");
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_FORM_BYTES) throw new Error(`the form is longer than ${MAX_FORM_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
