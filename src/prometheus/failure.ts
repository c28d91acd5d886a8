// Everything that can go wrong between this program and a metrics server, as typed errors.
// Invariant: no message, hint or cause carries a credential; what `again` marks may be asked again at once, within bounds.
import { parseTime } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import type { Address } from "./address.ts";

/** A failed request: the error to throw, and whether the same request may be tried again before throwing. */
export interface Failure {
  readonly error: OperatorError;
  readonly again: boolean;
}

/** What an HTTP answer other than 200 brought. */
export interface RefusedAnswer {
  readonly status: number;
  readonly body: string;
  /** Header by lower-case name. */
  header(name: string): string | undefined;
}

/** A server may ask for a pause of at most this; more would look like an operator that hangs. */
const MAX_RETRY_AFTER_MS = 5 * 60_000;
/** As much of a foreign text as a condition can show. */
const MAX_EXCERPT = 200;
const REJECTED_TYPES: ReadonlySet<string> = new Set(["bad_data", "execution", "422"]);
/** VictoriaMetrics answers 422 to time-outs and overload too: those do not wait for a new query. */
const PASSING = /timeout exceeded|timed out|deadline exceeded|too many concurrent|cannot be executed in/i;
const WAYS_TO_FAIL: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused the connection",
  ENOTFOUND: "has a host name that DNS does not know",
  EAI_AGAIN: "has a host name that DNS could not look up",
  ECONNRESET: "closed the connection before it answered",
  EPIPE: "closed the connection before it answered",
  EHOSTUNREACH: "cannot be reached: no route to the host",
  ENETUNREACH: "cannot be reached: no route to the network",
  ETIMEDOUT: "did not accept the connection in time",
};

/** An error of the kind PrometheusUnreachable: the server, not the query, is to blame. */
export function unreachable(message: string, more: { hint?: string | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {}): OperatorError {
  return new OperatorError(message, {
    reason: "PrometheusUnreachable",
    retry: "backoff",
    ...(more.hint === undefined ? {} : { hint: more.hint }),
    ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }),
    cause: more.cause,
  });
}

/** An error of the kind QueryRejected: only another query helps. */
export function rejected(message: string, hint: string): OperatorError {
  return new OperatorError(message, { reason: "QueryRejected", retry: "whenSpecChanges", hint });
}

/** No connection, or one that broke before there was an answer. */
export function connectionFailure(thrown: unknown, address: Address): Failure {
  const { code, message } = thrown instanceof Error ? (thrown as Error & { code?: string }) : { code: undefined, message: String(thrown) };
  const way = WAYS_TO_FAIL[code ?? ""] ?? (/CERT|TLS|SSL/.test(code ?? "") ? `has a certificate that is not trusted (${code})` : undefined);
  // The original error holds the request with its credentials: only its words go on.
  const cause = new Error(address.redact(message === "" ? (code ?? "unknown error") : message));
  const text = way ?? `could not be asked: ${excerpt(cause.message)}`;
  const hint = "Check the address, and that a NetworkPolicy or proxy lets the operator reach it.";
  return { error: unreachable(`Prometheus at ${address.shown} ${text}.`, { hint, cause }), again: code === "ECONNRESET" || code === "EPIPE" };
}

/** The answer did not come, or did not end, within `timeoutMs`. */
export function timeoutFailure(timeoutMs: number, address: Address): Failure {
  const hint = "Check the load of Prometheus, or record the query with a recording rule so that it is cheap to read.";
  return { error: unreachable(`Prometheus at ${address.shown} did not answer within ${timeoutMs / 1000} s.`, { hint }), again: false };
}

/** An answer other than 200. */
export function statusFailure(answer: RefusedAnswer, address: Address): Failure {
  const { status } = answer;
  const { errorType, text, isApi } = errorOf(answer, address);
  const failure = (hint: string | undefined, again = false): Failure => {
    const retryAfterMs = retryAfter(answer);
    return { error: unreachable(`Prometheus at ${address.shown} answered ${status}${text}`, { hint, retryAfterMs }), again };
  };
  if (status >= 300 && status < 400) return failure("Give the URL that it redirects to: redirects are not followed.");
  if (status === 401 || status === 403) return failure("Check the credentials (spec.metric.prometheus, or the operator's own) and what they may read.");
  if (status === 404) return failure("Check the URL and its path prefix: /api/v1/query_range is not there.");
  if (status === 429 || status === 503) return failure("Prometheus is overloaded or rate-limits the operator: check its load and limits.", true);
  if (isApi && status >= 400 && status < 500 && !isPassing(errorType, text)) return { error: rejectedBy(errorType, text), again: false };
  if (status === 400 || status === 422) return failure("Check that the URL is that of a Prometheus API.");
  return failure(status >= 500 ? "Look into the log of Prometheus." : "Check the URL: a proxy may stand between.");
}

/** An answer of status 200 that says "error" in its body. */
export function bodyFailure(errorType: string, error: string, address: Address): OperatorError {
  const text = `: ${excerpt(address.redact(error))}`;
  if (REJECTED_TYPES.has(errorType) && !isPassing(errorType, error)) return rejectedBy(errorType, text);
  return unreachable(`Prometheus at ${address.shown} answered with an error${errorType === "" ? "" : ` (${errorType})`}${text}`);
}

/** Prometheus types its errors; only where there is no type of its own do the words decide. */
function isPassing(errorType: string, words: string): boolean {
  return errorType !== "bad_data" && errorType !== "execution" && PASSING.test(words);
}

function rejectedBy(errorType: string, text: string): OperatorError {
  const hint = errorType === "execution" ? "Change spec.metric.query so that it can be evaluated." : "Correct spec.metric.query.";
  return rejected(`Prometheus rejected the query${text}`, hint);
}

/** The server's own words out of its error answer, or the first characters of whatever came. */
function errorOf(answer: RefusedAnswer, address: Address): { errorType: string; text: string; isApi: boolean } {
  const { errorType, error } = parsed(answer.body);
  if (error !== undefined) return { errorType: errorType ?? "", text: `: ${excerpt(address.redact(error))}`, isApi: true };
  const found = excerpt(address.redact(answer.body));
  return { errorType: "", text: found === "" ? " without saying why." : ` with ${JSON.stringify(found)} instead of JSON.`, isApi: false };
}

function parsed(body: string): { errorType?: string; error?: string } {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null) return {};
    const { errorType, error } = value as { errorType?: unknown; error?: unknown };
    return { ...(typeof errorType === "string" ? { errorType } : {}), ...(typeof error === "string" ? { error } : {}) };
  } catch {
    return {};
  }
}

/** One line of at most 200 characters. */
export function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}…` : line;
}

/** Retry-After in ms: seconds, or a date read against the server's own clock. */
function retryAfter(answer: RefusedAnswer): number | undefined {
  const header = answer.header("retry-after")?.trim();
  if (header === undefined || header === "") return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : parseTime(header) - parseTime(answer.header("date") ?? "");
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}
