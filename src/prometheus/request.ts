// One range request over HTTP: a 200 whose body is still to be read, or a Failure. Retries what may be retried, within bounds.
// Invariant: time-outs run on the wall clock and cover the body too; pauses between attempts run on the operator's clock.
import axios from "axios";
import type { AxiosResponse } from "axios";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AgentOptions } from "node:https";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { monotonicMs, startLimit } from "../clock.ts";
import type { Clock } from "../clock.ts";
import type { Address } from "./address.ts";
import { connectionFailure, statusFailure, timeoutFailure } from "./failure.ts";
import type { Failure } from "./failure.ts";

/** A request as a signature covers it. */
export interface Signable {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a server wants to be asked, beyond its address. Values are ready to be sent. */
export interface Manners {
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: Pick<AgentOptions, "ca" | "cert" | "key" | "servername" | "rejectUnauthorized">;
  /** The headers that sign a request; may look for credentials. */
  readonly sign?: (request: Signable) => Promise<Readonly<Record<string, string>>>;
  /** Resolves the host's name, and may refuse what it resolves to. */
  readonly lookup?: LookupFunction;
}

export interface RequesterOptions {
  readonly address: Address;
  readonly manners?: Manners;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** 0..1, spreads the retries of many scalers. */
  readonly random: () => number;
  readonly onRequest: (code: string, durationMs: number) => void;
}

export interface Requester {
  /** Asks, and hands the 200's body to `read`; what `read` throws is thrown, a broken connection as `cut(bytes so far)`. */
  ask<T>(form: URLSearchParams, signal: AbortSignal, read: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<T>;
  close(): void;
}

/** A body that ended before its end: `ask` throws it to the reader's caller. */
export class CutOff extends Error {
  override readonly name = "CutOff";
}

/** Attempts after the first: two pauses; then the queue of the controller takes over. */
const MAX_RETRIES = 2;
/** The first pause; doubles each time. */
const FIRST_PAUSE_MS = 250;
/** A server that asks for more is left alone: the controller waits as long as it asked. */
const MAX_PAUSE_MS = 5_000;
/** An error's body beyond this is no message. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Connections to one server: history loads of many scalers must not look like an attack. */
const MAX_SOCKETS = 32;

/** Asks the server at `address`, over kept connections. */
export function createRequester({ address, manners = {}, clock, timeoutMs, random, onRequest }: RequesterOptions): Requester {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, ...(manners.lookup === undefined ? {} : { lookup: manners.lookup }) };
  const httpAgent = new HttpAgent(options);
  const httpsAgent = new HttpsAgent({ ...options, ...manners.tls });
  const closed = new AbortController();

  const agents = { httpAgent, httpsAgent };

  /** One attempt. Throws what `read` threw, or the abort's reason. */
  const attempt = async <T>(form: URLSearchParams, signal: AbortSignal, read: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<{ value: T } | Failure> => {
    const timed = startLimit(timeoutMs, signal);
    const startMs = monotonicMs();
    let code = "error";
    let body: Readable | undefined;
    try {
      const response = await send(address, manners, form, timed.signal, agents);
      body = response.data;
      code = String(response.status);
      if (response.status === 200) return { value: await read(chunks(body)) };
      const headers = response.headers as Record<string, unknown>;
      const header = (name: string) => (typeof headers[name] === "string" ? headers[name] : undefined);
      return statusFailure({ status: response.status, body: await firstBytes(body), header }, address);
    } catch (thrown) {
      if (signal.aborted) {
        code = "aborted";
        throw reasonOf(signal);
      }
      if (timed.signal.aborted) {
        code = "timeout";
        return timeoutFailure(timeoutMs, address);
      }
      if (body === undefined) return connectionFailure(thrown, address);
      throw thrown;
    } finally {
      timed.end();
      body?.destroy();
      onRequest(code, monotonicMs() - startMs);
    }
  };

  return {
    async ask(form, signal, read) {
      const stop = startLimit(Infinity, signal, closed.signal);
      try {
        for (let tries = 0; ; tries++) {
          if (stop.signal.aborted) throw reasonOf(stop.signal);
          const result = await attempt(form, stop.signal, read);
          if ("value" in result) return result.value;
          const { error, again } = result;
          const askedMs = error.retryAfterMs ?? 0;
          if (!again || tries === MAX_RETRIES || askedMs > MAX_PAUSE_MS) throw error;
          const pauseMs = FIRST_PAUSE_MS * 2 ** tries;
          await clock.delay(Math.max(askedMs, pauseMs / 2) + (random() * pauseMs) / 2, stop.signal);
        }
      } finally {
        stop.end();
      }
    },
    close() {
      closed.abort(new Error("The Prometheus client is closed."));
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

async function send(
  address: Address,
  manners: Manners,
  form: URLSearchParams,
  signal: AbortSignal,
  agents: { readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent },
): Promise<AxiosResponse<Readable>> {
  const body = form.toString();
  const own = { "content-type": "application/x-www-form-urlencoded", accept: "application/json", "accept-encoding": "identity" };
  const headers = { ...own, ...manners.headers };
  const signed = manners.sign === undefined ? {} : await manners.sign({ url: new URL(address.rangeUrl), headers, body });
  return axios.request<Readable>({
    url: address.rangeUrl,
    method: "POST",
    data: body,
    headers: { ...headers, ...signed },
    responseType: "stream",
    validateStatus: () => true,
    maxRedirects: 0,
    signal,
    ...agents,
    ...(address.auth === undefined ? {} : { auth: address.auth }),
    ...(address.isLoopback ? { proxy: false as const } : {}),
  });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted");
}

/** The stream's chunks; an end before the end is CutOff, apart from the reader's own errors. */
async function* chunks(body: Readable): AsyncGenerator<Buffer, void, undefined> {
  const source: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Buffer>;
    try {
      next = await source.next();
    } catch (thrown) {
      throw new CutOff(thrown instanceof Error ? thrown.message : String(thrown));
    }
    if (next.done === true) return;
    yield next.value;
  }
}

async function firstBytes(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of chunks(body)) {
      parts.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_ERROR_BYTES) break;
    }
  } catch (thrown) {
    // Half an error message is still one.
    if (!(thrown instanceof CutOff)) throw thrown;
  }
  return Buffer.concat(parts).toString("utf8", 0, MAX_ERROR_BYTES);
}
