// A resource's objects, page by page, each handed on as it comes so that no whole list is held.
// A continue token that expired on the way is answered by one full list, as client-go's pager does.
import { KubeError } from "./failure.ts";
import type { KubeConnection, KubeObject } from "./kube.ts";

/** A list may take the API server long when its cache is cold, ms. */
const LIST_TIMEOUT_MS = 60_000;
/** More pages than any cluster has: a server that never ends its list is stopped here. */
const PAGES_MAX = 10_000;

export interface ListOptions {
  readonly connection: KubeConnection;
  /** Path, perhaps with a query (selectors). */
  readonly path: string;
  /** "" asks for the newest, "0" for anything that is there, else at least so new. */
  readonly version: string;
  /** Objects a page; 0 asks for all at once. */
  readonly pageSize: number;
  readonly signal: AbortSignal;
}

export interface ListSink {
  /** A list begins (again): what was added before does not count. */
  begin(): void;
  add(object: KubeObject): void;
}

/** The list's version, and whether it came in pages. Throws KubeError. */
export async function listAll(options: ListOptions, sink: ListSink): Promise<{ version: string; isPaged: boolean }> {
  const { connection, path, version, pageSize, signal } = options;
  sink.begin();
  let token = "";
  let at = "";
  for (let page = 0; page < PAGES_MAX; page++) {
    let list: Page;
    try {
      list = pageOf(await connection.request({ method: "GET", path: pagePath(path, version, pageSize, token), timeoutMs: LIST_TIMEOUT_MS, signal }), path);
    } catch (error) {
      if (token === "" || !isExpired(error)) throw error;
      return { ...(await listAll({ ...options, pageSize: 0 }, sink)), isPaged: true };
    }
    signal.throwIfAborted();
    for (const item of list.items) sink.add(item);
    at = list.version;
    token = list.token;
    if (token === "") return { version: at, isPaged: page > 0 };
  }
  throw malformed(path, `more than ${PAGES_MAX} pages`);
}

/** The version is no longer known to the server: HTTP 410, whatever its reason. */
export function isExpired(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 410 || error.statusReason === "Expired" || error.statusReason === "Gone");
}

/** The server has not come to this version yet, or has been set back. */
export function isVersionTooLarge(error: unknown): boolean {
  return error instanceof KubeError && error.causes.some((cause) => cause.includes("ResourceVersionTooLarge") || cause.includes("Too large resource version"));
}

/** `path` with more query parameters. */
export function withQuery(path: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString();
  return query === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${query}`;
}

/** Whether `value` can be kept in a cache: an object with a name. */
export function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== "object" || value === null || !("metadata" in value)) return false;
  const { metadata } = value;
  return typeof metadata === "object" && metadata !== null && "name" in metadata && typeof metadata.name === "string" && metadata.name !== "";
}

interface Page {
  readonly items: readonly KubeObject[];
  readonly version: string;
  readonly token: string;
}

function pagePath(path: string, version: string, pageSize: number, token: string): string {
  const limit = pageSize > 0 ? { limit: String(pageSize) } : {};
  if (token !== "") return withQuery(path, { ...limit, continue: token });
  return withQuery(path, version === "" ? limit : { ...limit, resourceVersion: version });
}

function pageOf(body: unknown, path: string): Page {
  const list = body as { readonly items?: unknown; readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string } } | null;
  const items: unknown = list?.items ?? [];
  if (typeof list !== "object" || list?.metadata === undefined || !Array.isArray(items)) throw malformed(path, "something else than a list");
  return { items: items.filter(isKubeObject), version: list.metadata.resourceVersion ?? "", token: list.metadata.continue ?? "" };
}

function malformed(path: string, found: string): KubeError {
  return new KubeError(`The API server answered GET ${path} with ${found}.`, { reason: "KubernetesUnreachable", retry: "backoff" });
}
