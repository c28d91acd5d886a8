// What the operator remembers of a scaler, asked of its metrics port: directly, or through the API server's proxy to its pods.
// Nothing found is an answer, with the reason in words; only the caller's signal ends it otherwise.
import { request as send } from "undici";
import { readJournal } from "../../advice/index.ts";
import type { Journal } from "../../advice/index.ts";
import { withTimeout } from "../../clock.ts";
import { KubeError } from "../../kube/index.ts";
import type { KubeConnection } from "../../kube/index.ts";

export type Asked = { readonly kind: "journal"; readonly journal: Journal; readonly from: string } | { readonly kind: "none"; readonly why: string };

/** The labels that the chart puts on the operator's pods whatever they are called, and their port if none is named `metrics`. */
const SELECTOR = "app.kubernetes.io/part-of=predictive-scaler,app.kubernetes.io/component=operator";
const METRICS_PORT = 8080;
/** A day of slots is 40 KB; the answer of something else is cut off here. */
const MAX_BYTES = 2 * 2 ** 20;
const TIMEOUT_MS = 5_000;
/** Of so many pods at most one leads; more are not the operator's. */
const MOST_PODS = 10;

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: { readonly containers?: readonly { readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[] }[] };
  readonly status?: { readonly phase?: string };
}

const pathOf = (namespace: string, name: string) => `/scalers/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/decisions`;

/** From the operator whose metrics port is at `url`. */
export async function askUrl(url: URL, namespace: string, name: string, signal: AbortSignal): Promise<Asked> {
  try {
    const address = url.href.replace(/\/+$/, "") + pathOf(namespace, name);
    const { statusCode, body } = await send(address, { method: "GET", signal: withTimeout(TIMEOUT_MS, signal) });
    let text = "";
    for await (const piece of body as AsyncIterable<Buffer>) {
      text += piece.toString("utf8");
      if (text.length > MAX_BYTES) return { kind: "none", why: `${url.origin} answered with more than ${MAX_BYTES} bytes: it is not the operator` };
    }
    if (statusCode === 404) return { kind: "none", why: `the operator at ${url.origin} does not know this scaler (another replica may lead)` };
    const journal = statusCode === 200 ? readJournal(parsed(text)) : undefined;
    return journal === undefined
      ? { kind: "none", why: `${url.origin} does not answer as the operator does (${statusCode})` }
      : { kind: "journal", journal, from: url.origin };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "none", why: `the operator at ${url.origin} does not answer (${error instanceof Error ? error.message : String(error)})` };
  }
}

/** From the operator's pods, found by their label in all namespaces or, where that is forbidden, in `namespaces`. */
export async function askPods(
  connection: KubeConnection,
  namespaces: readonly string[],
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Asked> {
  try {
    const pods = (await podsOf(connection, namespaces, signal)).slice(0, MOST_PODS);
    if (pods.length === 0) return { kind: "none", why: `no running pod has the label ${SELECTOR}` };
    let why = "";
    for (const pod of pods) {
      const from = `${pod.metadata.namespace}/${pod.metadata.name}`;
      const proxy = `/api/v1/namespaces/${encodeURIComponent(pod.metadata.namespace)}/pods/${encodeURIComponent(pod.metadata.name)}:${portOf(pod)}/proxy`;
      const answer = await connection.request({ method: "GET", path: proxy + pathOf(namespace, name), timeoutMs: TIMEOUT_MS, signal }).catch(kubeWords);
      const journal = readJournal(answer);
      if (journal !== undefined) return { kind: "journal", journal, from: `pod ${from}` };
      why = `pod ${from} ${typeof answer === "string" ? `cannot be asked: ${answer}` : "does not answer as the operator does"}`;
    }
    return { kind: "none", why: pods.length === 1 ? why : `none of ${pods.length} pods of the operator knows this scaler; the last: ${why}` };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "none", why: `the operator's pods cannot be listed: ${kubeWords(error)}` };
  }
}

async function podsOf(connection: KubeConnection, namespaces: readonly string[], signal: AbortSignal): Promise<Pod[]> {
  const query = `?labelSelector=${encodeURIComponent(SELECTOR)}`;
  const list = async (path: string) =>
    ((await connection.request({ method: "GET", path: path + query, signal })) as { readonly items?: readonly Pod[] }).items ?? [];
  const running = (pods: readonly Pod[]) => pods.filter(({ status }) => (status?.phase ?? "Running") === "Running");
  try {
    return running(await list("/api/v1/pods"));
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 403) throw error;
    const lists = await Promise.all(namespaces.map((one) => list(`/api/v1/namespaces/${encodeURIComponent(one)}/pods`).catch(() => [])));
    const found = running(lists.flat());
    if (found.length === 0) throw error;
    return found;
  }
}

function portOf({ spec }: Pod): number {
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.find(({ name }) => name === "metrics")?.containerPort ?? METRICS_PORT;
}

function kubeWords(error: unknown): string {
  return error instanceof KubeError ? error.sentence : error instanceof Error ? error.message : String(error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
