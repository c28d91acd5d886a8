// KubeError: how a call to the API server failed, in words for the person on call. The server's own message is never lost:
// it stands in the message, or for RBAC refusals in `cause`.
import { OperatorError } from "../errors.ts";
import type { OperatorErrorOptions } from "../errors.ts";
import { describeRequest } from "./request-words.ts";
import type { RequestWords } from "./request-words.ts";

/** No server may make us wait longer than this for a retry, ms: a scaler must not sleep through a peak. */
const RETRY_AFTER_MAX_MS = 5 * 60_000;
/** Characters of a server's message that are kept: conditions hold 32 KiB, people read far less. */
const MESSAGE_MAX = 1_000;

/** An OperatorError that keeps what the API server answered. */
export class KubeError extends OperatorError {
  /** HTTP status, or undefined when there was no answer. */
  readonly status: number | undefined;
  /** `reason` of the Status body, for example `AlreadyExists`, `Expired`; empty when there was none. */
  readonly statusReason: string;
  /** Words of `details.causes`, for example `ResourceVersionTooLarge`. */
  readonly causes: readonly string[];

  constructor(message: string, options: OperatorErrorOptions & { status?: number; statusReason?: string; causes?: readonly string[] }) {
    super(message, options);
    this.status = options.status;
    this.statusReason = options.statusReason ?? "";
    this.causes = options.causes ?? [];
  }
}

interface StatusBody {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly retryAfterSeconds?: number; readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

export interface Answer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Start of the body as text. */
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** The failure that a non-2xx answer, or the Status object of a watch's ERROR event, stands for. */
export function failureOf(answer: Answer): KubeError {
  const body = statusBody(answer.text);
  const words = describeRequest(answer.method, answer.path);
  const said = clip(body?.message ?? answer.text.trim()) || `HTTP ${answer.status}`;
  const causes = (body?.details?.causes ?? []).map((cause) => cause.reason ?? cause.message ?? "");
  const retryAfterMs = retryAfter(answer.retryAfter, body);
  const base = { status: answer.status, statusReason: body?.reason ?? "", causes, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const doing = `${words.verb} ${words.what}`;
  switch (answer.status) {
    case 401:
      return new KubeError(`The API server does not accept the operator's credentials (${doing}: ${said}).`, {
        ...base,
        reason: "Forbidden",
        retry: "backoff",
        hint: "Check that the ServiceAccount's token or the kubeconfig's user is valid.",
      });
    case 403:
      return forbidden(words, said, base);
    case 404:
      return new KubeError(`Cannot ${doing}: ${said}`, { ...base, reason: "TargetNotFound", retry: "nextInterval" });
    case 409:
      return new KubeError(`Cannot ${doing}: ${said}`, { ...base, reason: "Conflict", retry: "backoff" });
    case 408:
    case 429:
      return new KubeError(`The API server is busy (${doing}: ${said}).`, { ...base, reason: "KubernetesUnreachable", retry: "backoff" });
    default:
      if (answer.status === 410 || answer.status >= 500) {
        const options = { ...base, reason: "KubernetesUnreachable", retry: "backoff" } as const;
        return new KubeError(`The API server failed with ${answer.status} (${doing}: ${said}).`, options);
      }
      return new KubeError(`The API server rejected the request with ${answer.status} (${doing}): ${said}`, {
        ...base,
        reason: "KubernetesRejected",
        retry: "nextInterval",
      });
  }
}

function forbidden(words: RequestWords, said: string, base: object): KubeError {
  const isRbac = /\bcannot \w+ (resource|path)\b/.test(said);
  if (!isRbac)
    return new KubeError(`The API server forbids to ${words.verb} ${words.what}: ${said}`, {
      ...base,
      reason: "Forbidden",
      retry: "nextInterval",
      hint: "Ask whoever runs the cluster's admission policies and quotas.",
    });
  const who = /User "([^"]+)"/.exec(said)?.[1] ?? "the operator";
  const rule = `apiGroups ["${words.group}"], resources ["${words.resource}"], verbs ["${words.verb}"]`;
  return new KubeError(`The operator may not ${words.verb} ${words.scope}.`, {
    ...base,
    reason: "Forbidden",
    retry: "nextInterval",
    hint: `Add to a role of ${who}: ${rule}.`,
    cause: new Error(said),
  });
}

/** No answer, half an answer, or an answer that is none of an API server. */
export function unreachable(server: string, problem: string, cause?: unknown): KubeError {
  const certificate = /certificate|self.signed|CERT_|ALTNAME/i.test(problem);
  return new KubeError(`No usable answer from the Kubernetes API server ${server}: ${clip(problem)}.`, {
    reason: "KubernetesUnreachable",
    retry: "backoff",
    hint: certificate ? "Check the certificate authority in the kubeconfig." : "Check that the server runs and that the network lets the operator reach it.",
    cause,
  });
}

/** What went wrong below HTTP, as one line. */
export function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return problemOf(error.errors[0]);
  const code = "code" in error && typeof error.code === "string" && !error.message.includes(error.code) ? ` (${error.code})` : "";
  return `${error.message || error.name}${code}`;
}

function statusBody(text: string): StatusBody | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && "kind" in parsed && parsed.kind === "Status" ? (parsed as StatusBody) : undefined;
  } catch {
    return undefined;
  }
}

function retryAfter(header: string | undefined, body: StatusBody | undefined): number | undefined {
  const seconds = header !== undefined && /^\d+$/.test(header.trim()) ? Number(header) : body?.details?.retryAfterSeconds;
  return typeof seconds === "number" && seconds > 0 ? Math.min(seconds * 1000, RETRY_AFTER_MAX_MS) : undefined;
}

function clip(text: string): string {
  return text.length <= MESSAGE_MAX ? text : `${text.slice(0, MESSAGE_MAX)}…`;
}
