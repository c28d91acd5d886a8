// The whole line of one scaler over HTTP against the playground's servers, on a clock that tests move: a pass is a call, and nothing waits.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClock, createManualClock } from "../../src/clock.ts";
import type { ConflictParts } from "../../src/controller/conflicts.ts";
import { learnModel } from "../../src/controller/model.ts";
import { createJournals } from "../../src/controller/journal.ts";
import { createLearner } from "../../src/controller/learner.ts";
import { createOutputs } from "../../src/controller/outputs/outputs.ts";
import { reconcile } from "../../src/controller/reconcile.ts";
import type { LineParts, Outcome } from "../../src/controller/reconcile.ts";
import { createReporter } from "../../src/controller/report.ts";
import type { StatusNews } from "../../src/controller/status-writer.ts";
import type { StoredScaler } from "../../src/controller/stored-scaler.ts";
import { OperatorError } from "../../src/errors.ts";
import { connect, createAutoscalers, createClaims, createHeadrooms, createScales, createStatuses } from "../../src/kube/index.ts";
import type { KubeEvent } from "../../src/kube/index.ts";
import { startPlaygroundKubernetes, startPlaygroundPrometheus } from "../../src/playground/index.ts";
import { createPrometheusClient } from "../../src/prometheus/index.ts";
import { createMetrics } from "../../src/telemetry/index.ts";
import { temporaryFolder } from "../control-plane/child-process.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "./world.ts";

export interface Setting {
  readonly spec?: object;
  /** Demand; undefined where there is no sample. */
  readonly value?: (timeMs: number) => number | undefined;
  readonly replicas?: number;
  /** Simulated start of the operator. */
  readonly startMs?: number;
  readonly query?: string;
  /** Time that a pod takes to become Ready. */
  readonly readyDelayMs?: number;
  /** Others who scale the target, as they are seen. */
  readonly others?: ConflictParts;
}

const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" };
const KEY = "shop/checkout";

export type Operator = Awaited<ReturnType<typeof startOperator>>;

export async function startOperator({ spec = {}, value = demandAt, replicas = 4, startMs = START_MS + 20 * DAY_MS, query = "sum(demand)", readyDelayMs = 10 * MINUTE_MS, others = {} }: Setting = {}) {
  const clock = createManualClock(startMs + 20_000);
  const wallClock = createClock();
  const kubernetes = await startPlaygroundKubernetes({ clock, readyDelayMs });
  const prometheus = await startPlaygroundPrometheus({ clock });
  prometheus.addSeries({ name: "demand", labels: { pod: "a" }, value });
  prometheus.addSeries({ name: "other", labels: { pod: "a" }, value: () => 1 });
  prometheus.addSeries({ name: "other", labels: { pod: "b" }, value: () => 2 });
  const kubeconfig = join(temporaryFolder("operator-test-"), "kubeconfig");
  writeFileSync(kubeconfig, kubernetes.kubeconfig);
  const connection = connect({ kubeconfig });
  const stop = new AbortController();
  const events: KubeEvent[] = [];
  const logged: string[] = [];
  const metrics = createMetrics();
  const client = createPrometheusClient({ url: prometheus.url, clock: wallClock, random: () => 0, timeoutMs: 2_000 });
  const log = { debug() {}, info() {}, warn: (_: object, text: string) => void logged.push(text), error: (_: object, text: string) => void logged.push(text) };
  const woken: (() => void)[] = [];
  const statuses = createStatuses({ connection });
  /** Each status is written when its pass ends. */
  let writing = Promise.resolve();
  const atOnce = {
    put(_key: string, { stored, status, written }: StatusNews) {
      writing = statuses.patch(stored, status(), stop.signal).then((said) => void (said === "written" && written()));
    },
    owes: () => false,
    forget: async () => undefined,
  };
  let journals = createJournals();
  const lineOf = (): LineParts => ({
    clock,
    prometheus: client,
    scales: createScales({ connection, clock: wallClock }),
    outputs: createOutputs({ scales: createScales({ connection, clock: wallClock }), autoscalers: createAutoscalers({ connection }), claims: createClaims({ connection }) }),
    headrooms: createHeadrooms({ connection, image: "pause" }),
    ...others,
    learner: createLearner(client, { learn: async (request) => learnModel(request), close: async () => {} }, stop.signal),
    reporter: createReporter({ statuses: atOnce, events: { emit: (event) => void events.push(event) }, metrics, log }),
    journals,
    metrics,
    turn: async () => undefined,
    memories: new Map(),
    wake: () => woken.splice(0).forEach((wake) => wake()),
  });
  let line = lineOf();
  let outcome: Outcome | OperatorError = { kind: "waitForChange" };
  const scalerPath = "/apis/predictivescaler.io/v1alpha1/namespaces/shop/predictivescalers/checkout";
  const deploymentPath = "/apis/apps/v1/namespaces/shop/deployments/checkout";
  const request = async (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object) =>
    connection.request({ method, path, ...(body === undefined ? {} : { body, contentType: method === "PATCH" ? "application/merge-patch+json" : "application/json" }) });
  const labels = { app: "checkout" };
  await request("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
  await request("POST", "/apis/apps/v1/namespaces/shop/deployments", {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "checkout", namespace: "shop" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: "a", image: "a" }] } } },
  });
  await request("POST", "/apis/predictivescaler.io/v1alpha1/namespaces/shop/predictivescalers", {
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { name: "checkout", namespace: "shop" },
    spec: { scaleTargetRef: DEPLOYMENT, maxReplicas: 40, metric: { query, targetPerReplica: "50", step: "5m" }, ...spec },
  });
  const scaler = async () => (await request("GET", scalerPath)) as StoredScaler & { status?: Record<string, unknown> };
  return {
    clock,
    kubernetes,
    prometheus,
    metrics,
    events,
    logged,
    request,
    scalerPath,
    deploymentPath,
    scaler,
    journals: () => journals,
    journal: (sinceMs = 0) => journals.read(KEY, sinceMs, clock.nowMs()),
    memory: () => line.memories.get(KEY),
    /** One pass; an OperatorError is returned, as the controller's wrapper would handle it. */
    async pass(stored?: StoredScaler): Promise<Outcome | OperatorError> {
      try {
        const passing = reconcile(line, stored ?? (await scaler()), KEY, stop.signal);
        await Promise.allSettled([passing]);
        await writing;
        outcome = await passing;
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        outcome = error;
      }
      return outcome;
    },
    /** The pass after the scaler was deleted. */
    passWithoutScaler: async () => reconcile(line, undefined, KEY, stop.signal),
    /** Passes when they are due, for so long; a failed pass is tried again five minutes later. */
    async passes(durationMs: number): Promise<void> {
      const endMs = clock.nowMs() + durationMs;
      while (clock.nowMs() < endMs) {
        const afterMs = outcome instanceof OperatorError || outcome.kind === "waitForChange" ? 5 * MINUTE_MS : outcome.afterMs;
        await clock.advance(Math.min(afterMs, endMs - clock.nowMs()));
        await this.pass();
      }
    },
    /** A first pass, the history learned, and a second pass. */
    async start(): Promise<void> {
      const learned = new Promise<void>((resolve) => woken.push(resolve));
      await this.pass();
      await learned;
      await this.pass();
    },
    /** The process ends and another begins. */
    restart(): void {
      journals = createJournals();
      line = lineOf();
    },
    async condition(type: string) {
      return (await scaler()).status?.conditions?.find((condition) => condition.type === type);
    },
    async replicas(): Promise<number> {
      return ((await request("GET", deploymentPath)) as { spec: { replicas: number } }).spec.replicas;
    },
    /** The replicas are others than before, and the operator has not written any since: nobody's change. */
    async setReplicas(count: number): Promise<void> {
      await request("PATCH", deploymentPath, { spec: { replicas: count } });
      const memory = line.memories.get(KEY);
      if (memory !== undefined) memory.rivalry.wrote = undefined;
    },
    /** Somebody changes the replicas after the operator has set them. */
    async interfere(count: number): Promise<void> {
      await request("PATCH", deploymentPath, { spec: { replicas: count } });
    },
    async close(): Promise<void> {
      stop.abort();
      client.close();
      await connection.close();
      await Promise.all([kubernetes.close(), prometheus.close()]);
    },
  };
}
