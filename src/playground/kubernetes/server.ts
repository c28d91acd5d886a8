// A small Kubernetes API server on loopback: enough for the operator and the demo, with the real one's words. No authentication.
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createClock } from "../../clock.ts";
import type { Clock } from "../../clock.ts";
import { discovery } from "./discovery.ts";
import { ApiFailure, badRequest, forbidden } from "./failure.ts";
import { createFaults } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { Operations } from "./operations.ts";
import { allResources } from "./resources.ts";
import type { Resource } from "./resources.ts";
import { routeOf, verbOf } from "./routes.ts";
import type { Route } from "./routes.ts";
import { selectorOf } from "./selectors.ts";
import { Store } from "./store.ts";
import { createWatches } from "./watches.ts";
import { runWorkloads } from "./workloads.ts";
import type { ReplicaRecord } from "./workloads.ts";

/** Bytes of a request's body, as the real server bounds them. */
const MAX_BODY_BYTES = 3 * 2 ** 20;

export interface PlaygroundKubernetesOptions {
  /** Times of the objects and of the pods. */
  readonly clock: Clock;
  /** From asking for a pod to its being Ready, ms of the clock. */
  readonly readyDelayMs: number;
  /** Default 0: any free one. */
  readonly port?: number;
}

export interface PlaygroundKubernetes {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** The text of a kubeconfig file for this server. */
  readonly kubeconfig: string;
  /** The next requests that match fail. */
  failNext(fault: Fault): void;
  /** Forgets past versions: watches from them get 410. */
  expireVersions(): void;
  /** Ends all watches, as a restart does. */
  closeWatches(): void;
  /** What `namespace/name` asked for and had ready, in the order of time. */
  replicas(key: string): readonly ReplicaRecord[];
  close(): Promise<void>;
}

interface Parts {
  readonly resources: readonly Resource[];
  readonly operations: Operations;
  readonly watches: ReturnType<typeof createWatches>;
  readonly faults: ReturnType<typeof createFaults>;
}

export async function startPlaygroundKubernetes({ clock, readyDelayMs, port = 0 }: PlaygroundKubernetesOptions): Promise<PlaygroundKubernetes> {
  const resources = allResources();
  const store = new Store();
  const parts: Parts = { resources, operations: new Operations(store, clock, resources), watches: createWatches(store, createClock()), faults: createFaults() };
  const deployments = resources.find(({ plural }) => plural === "deployments");
  const workloads = deployments === undefined ? undefined : runWorkloads({ store, clock, deployments, readyDelayMs });
  const server = createServer((request, response) => {
    handle(parts, request, response).catch((error: unknown) => refuse(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    kubeconfig: kubeconfigFor(url),
    failNext: (fault) => parts.faults.add(fault),
    expireVersions: () => store.compact(),
    closeWatches: () => parts.watches.closeAll(),
    replicas: (key) => workloads?.record(key) ?? [],
    close: () =>
      new Promise((resolve) => {
        parts.watches.closeAll();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? "GET";
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const { resources, faults } = parts;
  const fault = faults.take(method, request.url ?? "/");
  const route = routeOf(url.pathname, resources);
  const isWatch = ["true", "1"].includes(url.searchParams.get("watch") ?? "");
  if (fault !== undefined) return fail(fault, response, route, route === undefined ? "" : verbOf(method, route, isWatch));
  const found = method === "GET" && route === undefined ? (discovery(url.pathname, resources) ?? health(url.pathname)) : undefined;
  if (found !== undefined) return answer(response, 200, found);
  if (route === undefined) return void response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("404 page not found\n");
  const body = method === "GET" || method === "DELETE" ? undefined : await bodyOf(request);
  respond(parts, { method, route, query: url.searchParams, isWatch, body, contentType: request.headers["content-type"] ?? "application/json" }, response);
}

interface Asked {
  readonly method: string;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly isWatch: boolean;
  readonly body: unknown;
  readonly contentType: string;
}

function respond({ operations, watches }: Parts, { method, route, query, isWatch, body, contentType }: Asked, response: ServerResponse): void {
  const isStrict = query.get("fieldValidation") === "Strict";
  const isCollection = route.name === "";
  if (method === "GET" && isCollection) {
    const selector = selectorOf(query.get("labelSelector") ?? "", query.get("fieldSelector") ?? "");
    const limit = Number(query.get("limit") ?? 0);
    const continueToken = query.get("continue") ?? "";
    if (!isWatch) return answer(response, 200, operations.list(route, { limit, continueToken, selector }));
    const hasBookmarks = query.get("allowWatchBookmarks") === "true";
    const timeoutSeconds = Number(query.get("timeoutSeconds") ?? NaN);
    return watches.open({ route, selector, version: query.get("resourceVersion") ?? "", hasBookmarks, timeoutSeconds }, response);
  }
  if (method === "GET") return answer(response, 200, operations.read(route));
  if (method === "POST" && isCollection) return answer(response, 201, operations.create(route, body, isStrict));
  if (method === "PUT" && !isCollection) return answer(response, 200, operations.replace(route, body, isStrict));
  if (method === "PATCH" && !isCollection) return answer(response, 200, operations.patch(route, body, contentType, isStrict));
  if (method === "DELETE" && !isCollection && route.subresource === "") return answer(response, 200, operations.remove(route));
  throw new ApiFailure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

function health(path: string): object | undefined {
  return ["/healthz", "/livez", "/readyz"].includes(path) ? { status: "ok" } : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ApiFailure(413, "RequestEntityTooLarge", `Request entity too large: limit is ${MAX_BODY_BYTES}`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch (error) {
    // A patch of a kind that nobody knows is refused for its kind, not for its text.
    if (request.method === "PATCH") return undefined;
    throw badRequest(`the object provided is unrecognized: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const said = error instanceof Error ? error.message : String(error);
  const failure = error instanceof ApiFailure ? error : new ApiFailure(500, "InternalError", `Internal error occurred: ${said}`);
  answer(response, failure.code, failure.status);
}

function fail({ fault, headers = {} }: Fault, response: ServerResponse, route: Route | undefined, verb: string): void {
  if (fault === "hang") return;
  if (fault === "reset") return void response.destroy();
  if (fault === "garbage") return void response.writeHead(200, { "content-type": "application/json", ...headers }).end("<html>not what you asked for");
  if (fault === "halfLine") {
    response.writeHead(200, { "content-type": "application/json", ...headers });
    response.write('{"type":"MODIFIED","object":{"kind":"Half', () => response.destroy());
    return;
  }
  const failure =
    fault === 403 && route !== undefined
      ? forbidden(route.resource, verb, route)
      : new ApiFailure(fault, FAULT_REASONS[fault] ?? "InternalError", `a fault on request: ${fault}`);
  response.writeHead(fault, { "content-type": "application/json", ...headers }).end(JSON.stringify(failure.status));
}

const FAULT_REASONS: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** JSON is YAML. */
function kubeconfigFor(url: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "playground", cluster: { server: url } }],
    users: [{ name: "playground", user: { token: "playground" } }],
    contexts: [{ name: "playground", context: { cluster: "playground", user: "playground", namespace: "default" } }],
    "current-context": "playground",
  });
}
