// The metrics of the operator, by the names that dashboards and alerts build on.
// Per-scaler series carry `namespace` and `name`, and end when the scaler does.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { exposition } from "./exposition.ts";
import { createScalerSeries, SCALER_FAMILIES } from "./scaler-series.ts";
import type { ScalerSeries } from "./scaler-series.ts";

export type Stage = "samples" | "scale" | "forecast" | "decision" | "actuate" | "status";

export interface Metrics extends Omit<ScalerSeries, "families"> {
  readonly contentType: string;
  decision(reason: string): void;
  /** What tells, at each scrape, how late the most overdue decision is, s. */
  decisionDelay(read: () => number): void;
  stage(stage: Stage, seconds: number): void;
  reconcile(outcome: "ok" | "error"): void;
  prometheusRequest(code: string): void;
  kubernetesRequest(method: string, code: string): void;
  /** A call of KEDA's, by the name of its gRPC status. */
  externalRequest(method: string, code: string): void;
  /** Loads of history that wait for their turn. */
  loadsWaiting(count: number): void;
  /** Statuses that wait to be written. */
  statusesWaiting(count: number): void;
  leader(isLeader: boolean): void;
  /** With sharding: how many scalers this member has, and how many members it knows. */
  shard(member: string, scalers: number, members: number): void;
  readonly workqueue: WorkqueueMetrics;
  /** The exposition text, in slices between which the event loop is let go. */
  slices(): AsyncGenerator<string, void>;
  /** All of it at once. */
  render(): Promise<string>;
  /** Every metric that may be exported. */
  known(): Promise<readonly MetricFacts[]>;
}

/** What one metric is. */
export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** client-go's work queue metrics. */
export interface WorkqueueMetrics {
  depth(value: number): void;
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
  /** From the moment at which the work was due until it had been done. */
  finished(seconds: number): void;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A registry of its own: two operators in one process (tests) do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const scalers = createScalerSeries();
  const decisions = new Counter({ name: "predictive_scaler_decisions_total", help: "Decisions by reason.", labelNames: ["reason"], registers });
  const stages = new Histogram({
    name: "predictive_scaler_stage_duration_seconds",
    help: "Time that a stage of the reconcile took.",
    labelNames: ["stage"],
    buckets: SECONDS,
    registers,
  });
  const reconciles = new Counter({ name: "predictive_scaler_reconcile_total", help: "Reconciles by outcome.", labelNames: ["outcome"], registers });
  const requests = new Counter({
    name: "predictive_scaler_prometheus_requests_total",
    help: "Requests to Prometheus by HTTP status, or by the failure that kept one from coming.",
    labelNames: ["code"],
    registers,
  });
  const kubernetes = new Counter({
    name: "predictive_scaler_kubernetes_requests_total",
    help: "Requests to the Kubernetes API by method and HTTP status (2xx: all that went well), or by the failure that kept one from coming.",
    labelNames: ["method", "code"],
    registers,
  });
  const waiting = new Gauge({ name: "predictive_scaler_history_loads_waiting", help: "Scalers whose history waits to be loaded.", registers });
  const statuses = new Gauge({ name: "predictive_scaler_status_writes_waiting", help: "Scalers whose status waits to be written.", registers });
  const leader = new Gauge({ name: "predictive_scaler_leader", help: "1 while this process may write; each member may with sharding.", registers });
  let readDelay = () => 0;
  const delay: Gauge = new Gauge({
    name: "predictive_scaler_decision_delay_seconds",
    help: "How late the most overdue decision is now; 0 where none is due, and on replicas that do not lead.",
    registers,
    collect: () => delay.set(readDelay()),
  });
  // Few series each: what grows with the scalers is not kept in the registry.
  async function* slices() {
    for (const { name } of registry.getMetricsAsArray()) {
      yield `${await registry.getSingleMetricAsString(name)}\n`;
      await new Promise((resolve) => setImmediate(resolve));
    }
    yield* exposition(scalers.families());
  }
  return {
    contentType: registry.contentType,
    ...scalers,
    decision: (reason) => decisions.inc({ reason }),
    decisionDelay: (read) => void (readDelay = read),
    stage: (stage, seconds) => stages.observe({ stage }, seconds),
    reconcile: (outcome) => reconciles.inc({ outcome }),
    prometheusRequest: (code) => requests.inc({ code }),
    kubernetesRequest: (method, code) => kubernetes.inc({ method, code }),
    externalRequest: externalMetrics(registers),
    loadsWaiting: (count) => waiting.set(count),
    statusesWaiting: (count) => statuses.set(count),
    leader: (isLeader) => leader.set(isLeader ? 1 : 0),
    shard: shardMetrics(registers),
    workqueue: workqueueMetrics(registers),
    slices,
    async render() {
      let text = "";
      for await (const slice of slices()) text += slice;
      return text;
    },
    known: () => factsOf(registry),
  };
}

async function factsOf(registry: Registry): Promise<MetricFacts[]> {
  const registered = await registry.getMetricsAsJSON();
  const labelsOf = (name: string) => (registry.getSingleMetric(name) as { readonly labelNames?: readonly string[] } | undefined)?.labelNames ?? [];
  return [
    ...SCALER_FAMILIES.map(({ name, type, help, labels }) => ({ name, type, help, labels: ["namespace", "name", ...labels] })),
    ...registered.map(({ name, type, help }) => ({ name, type: String(type), help, labels: labelsOf(name) })),
  ];
}

function externalMetrics(registers: Registry[]): Metrics["externalRequest"] {
  const labelNames = ["method", "code"];
  const help = "Calls of KEDA's for the wanted replicas that were answered, by method (HTTP, or that of the external scaler) and gRPC status.";
  const calls = new Counter({ name: "predictive_scaler_external_requests_total", help, labelNames, registers });
  return (method, code) => calls.inc({ method, code });
}

function shardMetrics(registers: Registry[]): Metrics["shard"] {
  const labelNames = ["member"];
  const prefix = "predictive_scaler_shard";
  const owned = new Gauge({ name: `${prefix}_scalers`, help: "With sharding: the scalers that this member decides.", labelNames, registers });
  const known = new Gauge({ name: `${prefix}_members`, help: "With sharding: the live members that this one knows, itself included.", labelNames, registers });
  return (member, scalers, members) => {
    owned.set({ member }, scalers);
    known.set({ member }, members);
  };
}

function workqueueMetrics(registers: Registry[]): WorkqueueMetrics {
  const prefix = "predictive_scaler_workqueue";
  const depth = new Gauge({ name: `${prefix}_depth`, help: "Keys that wait for a worker.", registers });
  const adds = new Counter({ name: `${prefix}_adds_total`, help: "Keys added.", registers });
  const retries = new Counter({ name: `${prefix}_retries_total`, help: "Keys added again after a failure.", registers });
  const queue = new Histogram({ name: `${prefix}_queue_duration_seconds`, help: "Time that a key waited.", buckets: SECONDS, registers });
  const work = new Histogram({ name: `${prefix}_work_duration_seconds`, help: "Time that a key was worked on.", buckets: SECONDS, registers });
  const help = "From the moment at which a scaler's pass was due until it had been done.";
  const lateness = new Histogram({ name: "predictive_scaler_decision_lateness_seconds", help, buckets: SECONDS, registers });
  return {
    depth: (value) => depth.set(value),
    added: () => adds.inc(),
    retried: () => retries.inc(),
    waited: (seconds) => queue.observe(seconds),
    worked: (seconds) => work.observe(seconds),
    finished: (seconds) => lateness.observe(seconds),
  };
}
