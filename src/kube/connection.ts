// One connection pool to one API server: JSON in, JSON out. Every call ends: by the answer, its wall-clock limit, or the caller's signal.
// Failures of the server leave as KubeError; when the caller's signal fires, its reason is thrown (a watch just ends).
import { request as send } from "undici";
import type { Dispatcher } from "undici";
import { startLimit } from "../clock.ts";
import { readLines, readStart, readText } from "./body.ts";
import { loadCredentials } from "./credentials.ts";
import type { CredentialOptions } from "./credentials.ts";
import { failureOf, KubeError, problemOf, unreachable } from "./failure.ts";
import type { KubeConnection, KubeRequest } from "./kube.ts";
import { createPool } from "./pool.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
/** A page of 500 objects of 100 KiB each; more is a mistake. */
const BODY_MAX_BYTES = 64 * 2 ** 20;
/** A watch event holds one object; etcd holds no object above 1.5 MiB by default. */
const LINE_MAX_LENGTH = 8 * 2 ** 20;
/** Enough of an error page to recognise it. */
const FAILURE_MAX_BYTES = 64 * 2 ** 10;
/** A watch without `timeoutSeconds` is ended after so long, s. */
const WATCH_SECONDS = 600;
/** How much longer than its `timeoutSeconds` a watch may go on, ms. */
const WATCH_GRACE_MS = 30_000;
/** A watch that has brought nothing for so long is ended, ms: the API server sends a bookmark every minute to whoever asks for them. */
const WATCH_SILENCE_MS = 120_000;

/** How a request ends whose socket was closed before an answer came. */
const CLOSED: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);
/** How a body ends that has been silent for too long. */
const SILENT = "UND_ERR_BODY_TIMEOUT";

export interface ConnectOptions extends CredentialOptions {
  /** Sent with every call; default `predictive-scaler`. */
  readonly userAgent?: string;
  /** Default 30 s: tests of dead connections wait less. */
  readonly watchGraceMs?: number;
  /** Default 2 minutes. */
  readonly watchSilenceMs?: number;
}

/** Reads the configuration; no call is made yet. Throws KubeError when the configuration cannot be used. */
export function connect(options: ConnectOptions = {}): KubeConnection {
  const credentials = loadCredentials(options);
  const pool = createPool(credentials.proxyUrl);
  const { server, namespace } = credentials;
  const userAgent = options.userAgent ?? "predictive-scaler";
  const call = async (purpose: "call" | "watch", request: KubeRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const { method, path, body, contentType = typeOf(method) } = request;
    const own = { "user-agent": userAgent, accept: "application/json", ...(body === undefined ? {} : { "content-type": contentType }) };
    for (let isRepeated = false; ; ) {
      const { headers, tls } = await unlessAborted(credentials.access(), signal);
      const answer = await send(server + path, {
        method,
        dispatcher: pool.dispatcher(purpose, tls),
        signal,
        ...timeoutsOf(purpose, options.watchSilenceMs ?? WATCH_SILENCE_MS),
        headers: { ...own, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch((error: unknown) => {
        // A socket that the server closed while it was idle: what only reads is asked once more.
        if (method !== "GET" || isRepeated || !CLOSED.has(codeOf(error)) || signal.aborted) throw error;
        isRepeated = true;
      });
      if (answer === undefined) continue;
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
      const retryAfter = answer.headers["retry-after"];
      const text = await readStart(answer.body, FAILURE_MAX_BYTES);
      if (answer.statusCode === 401 && credentials.renew()) continue;
      throw failureOf({ method, path, status: answer.statusCode, text, retryAfter: typeof retryAfter === "string" ? retryAfter : undefined });
    }
  };
  return {
    server,
    namespace,
    async request(request) {
      const limitMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const limit = startLimit(limitMs, ...(request.signal === undefined ? [] : [request.signal]));
      try {
        request.signal?.throwIfAborted();
        const answer = await call("call", request, limit.signal);
        return parseJson(await readText(answer.body, BODY_MAX_BYTES));
      } catch (error) {
        request.signal?.throwIfAborted();
        throw asKubeError(error, { server, request, limitMs, isOver: limit.signal.aborted });
      } finally {
        limit.end();
      }
    },
    async *watch(path, signal) {
      const limitMs = watchSeconds(path) * 1000 + (options.watchGraceMs ?? WATCH_GRACE_MS);
      const limit = startLimit(limitMs, signal);
      const request: KubeRequest = { method: "GET", path };
      let answer: Dispatcher.ResponseData | undefined;
      try {
        if (signal.aborted) return;
        answer = await call("watch", request, limit.signal);
        for await (const line of readLines(answer.body, LINE_MAX_LENGTH)) yield parseJson(line);
      } catch (error) {
        // A silent watch has no fault that is known: it ends as if the server had closed it, and is taken up again.
        if (signal.aborted || codeOf(error) === SILENT) return;
        throw asKubeError(error, { server, request, limitMs, isOver: limit.signal.aborted });
      } finally {
        limit.end();
        answer?.body.on("error", () => undefined).destroy();
      }
    },
    close: () => pool.close(),
  };
}

interface Attempt {
  readonly server: string;
  readonly request: KubeRequest;
  readonly limitMs: number;
  /** The time for it is over. */
  readonly isOver: boolean;
}

function asKubeError(error: unknown, { server, request, limitMs, isOver }: Attempt): KubeError {
  if (error instanceof KubeError) return error;
  const problem = isOver ? `no complete answer within ${limitMs / 1000} s` : problemOf(error);
  return unreachable(server, `${request.method} ${request.path.split("?")[0] ?? ""}: ${problem}`, error);
}

/** `promise`, or the signal's reason if that comes first: a credential plugin may hang. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The signal is the limit of a call (0: none other); a watch has one between its lines too. */
function timeoutsOf(purpose: "call" | "watch", silenceMs: number): { readonly headersTimeout: number; readonly bodyTimeout: number } {
  const ms = purpose === "watch" ? silenceMs : 0;
  return { headersTimeout: ms, bodyTimeout: ms };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function watchSeconds(path: string): number {
  const asked = Number(/[?&]timeoutSeconds=(\d+)/.exec(path)?.[1] ?? WATCH_SECONDS);
  return Math.min(asked, 2 * WATCH_SECONDS);
}

function typeOf(method: KubeRequest["method"]): string {
  return method === "PATCH" ? "application/merge-patch+json" : "application/json";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SyntaxError(`not JSON: ${JSON.stringify(text.slice(0, 80))}`, { cause });
  }
}
