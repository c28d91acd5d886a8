// The metrics of the operator, by the names that dashboards and alerts build on.
// Per-scaler series carry `namespace` and `name`, and end when the scaler does.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** What is exported of one scaler after a pass; NaN and undefined are left out. */
export interface ScalerGauges {
  readonly demand: number;
  readonly forecasts: readonly { readonly horizon: string; readonly point: number; readonly upper: number }[];
  /** `max`: the most that the manifest allows. */
  readonly replicas: { readonly current: number; readonly desired: number; readonly ready: number; readonly max: number };
  /** Replicas that the largest demand forecast for the next hour needs, whatever the maximum. */
  readonly peakReplicas: number;
  /** How much smaller the forecast's error is than persistence's, by window. */
  readonly skill: { readonly "6h": number; readonly "24h": number };
  readonly leadSeconds: number;
  /** When the model was fitted, unix s. */
  readonly fittedAtSeconds: number;
  /** Share of the last week in which ready capacity covered demand. */
  readonly serviceLevelMet: number;
  readonly wape: number;
  readonly coverage: number;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
}

export type Stage = "samples" | "scale" | "forecast" | "decision" | "actuate" | "status";

export interface Metrics {
  readonly contentType: string;
  /** Replaces what is exported for one scaler. */
  scaler(namespace: string, name: string, gauges: ScalerGauges): void;
  forget(namespace: string, name: string): void;
  overloaded(namespace: string, name: string, seconds: number): void;
  anomaly(namespace: string, name: string, kind: "outlier" | "levelShift" | "stuck"): void;
  decision(reason: string): void;
  stage(stage: Stage, seconds: number): void;
  reconcile(outcome: "ok" | "error"): void;
  prometheusRequest(code: string): void;
  leader(isLeader: boolean): void;
  readonly workqueue: WorkqueueMetrics;
  /** The exposition text, rendered one metric at a time with the event loop let go in between. */
  render(): Promise<string>;
}

/** client-go's work queue metrics. */
export interface WorkqueueMetrics {
  depth(value: number): void;
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
}

const SCALER_LABELS = ["namespace", "name"] as const;
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A registry of its own: two operators in one process (tests) do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const scaler = scalerMetrics(registers);
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
  const leader = new Gauge({ name: "predictive_scaler_leader", help: "1 while this process may write.", registers });
  return {
    contentType: registry.contentType,
    ...scaler,
    decision: (reason) => decisions.inc({ reason }),
    stage: (stage, seconds) => stages.observe({ stage }, seconds),
    reconcile: (outcome) => reconciles.inc({ outcome }),
    prometheusRequest: (code) => requests.inc({ code }),
    leader: (isLeader) => leader.set(isLeader ? 1 : 0),
    workqueue: workqueueMetrics(registers),
    async render() {
      const parts: string[] = [];
      for (const metric of registry.getMetricsAsArray()) {
        parts.push(await registry.getSingleMetricAsString(metric.name));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return `${parts.join("\n\n")}\n`;
    },
  };
}

function scalerMetrics(registers: Registry[]): Pick<Metrics, "scaler" | "forget" | "overloaded" | "anomaly"> {
  const gauge = (name: string, help: string, labels: readonly string[] = []) =>
    new Gauge({ name, help, labelNames: [...SCALER_LABELS, ...labels], registers });
  const demand = gauge("predictive_scaler_demand", "Demand now: the value of the query.");
  const forecast = gauge("predictive_scaler_forecast_demand", "Demand forecast for one horizon from now.", ["quantile", "horizon"]);
  const replicas = gauge("predictive_scaler_replicas", "Replicas of the target.", ["kind"]);
  const wape = gauge("predictive_scaler_forecast_wape_ratio", "Weighted absolute percentage error at the lead over 7 days.");
  const coverage = gauge("predictive_scaler_forecast_coverage_ratio", "Share of samples at or below the 95 % bound over 7 days.");
  const condition = gauge("predictive_scaler_condition", "1 where the condition is True, 0 where it is False.", ["type", "reason"]);
  const peakReplicas = gauge("predictive_scaler_peak_replicas", "Replicas that the largest demand forecast needs, whatever the maximum.", ["horizon"]);
  const skill = gauge("predictive_scaler_forecast_skill_ratio", "1 - error of the forecast / error of taking demand as it is, at the lead.", ["window"]);
  const lead = gauge("predictive_scaler_lead_time_seconds", "How far ahead replicas are asked for.");
  const fittedAt = gauge("predictive_scaler_model_fitted_timestamp_seconds", "When the model that serves was fitted.");
  const serviceLevel = gauge("predictive_scaler_service_level_met_ratio", "Share of the last 7 days in which ready capacity covered demand.");
  const anomalies = new Counter({
    name: "predictive_scaler_anomalies_total",
    help: "Unusual samples: outliers held back, level shifts followed, values that got stuck.",
    labelNames: [...SCALER_LABELS, "kind"],
    registers,
  });
  const overloadedSeconds = new Counter({
    name: "predictive_scaler_overloaded_seconds_total",
    help: "Time in which demand was above the capacity of the ready replicas.",
    labelNames: SCALER_LABELS,
    registers,
  });
  const gauges = [demand, forecast, replicas, wape, coverage, condition, peakReplicas, skill, lead, fittedAt, serviceLevel];
  // What is exported of each scaler now, so that exactly that can be taken back.
  const exported = new Map<string, { readonly metric: Gauge; readonly labels: Record<string, string> }[]>();
  const forget = (namespace: string, name: string) => {
    for (const { metric, labels } of exported.get(`${namespace}/${name}`) ?? []) metric.remove(labels);
    exported.delete(`${namespace}/${name}`);
  };
  return {
    scaler(namespace, name, values) {
      forget(namespace, name);
      const mine: { metric: Gauge; labels: Record<string, string> }[] = [];
      const put = (metric: (typeof gauges)[number], extra: Record<string, string>, value: number) => {
        if (!Number.isFinite(value)) return;
        const labels = { namespace, name, ...extra };
        metric.set(labels, value);
        mine.push({ metric, labels });
      };
      put(demand, {}, values.demand);
      for (const { horizon, point, upper } of values.forecasts) {
        put(forecast, { quantile: "point", horizon }, point);
        put(forecast, { quantile: "upper", horizon }, upper);
      }
      for (const [kind, value] of Object.entries(values.replicas)) put(replicas, { kind }, value);
      put(peakReplicas, { horizon: "1h" }, values.peakReplicas);
      for (const [window, value] of Object.entries(values.skill)) put(skill, { window }, value);
      put(lead, {}, values.leadSeconds);
      put(fittedAt, {}, values.fittedAtSeconds);
      put(serviceLevel, {}, values.serviceLevelMet);
      put(wape, {}, values.wape);
      put(coverage, {}, values.coverage);
      for (const { type, status, reason } of values.conditions) put(condition, { type, reason }, status === "True" ? 1 : 0);
      exported.set(`${namespace}/${name}`, mine);
    },
    forget(namespace, name) {
      forget(namespace, name);
      overloadedSeconds.remove({ namespace, name });
      for (const kind of ["outlier", "levelShift", "stuck"]) anomalies.remove({ namespace, name, kind });
    },
    overloaded: (namespace, name, seconds) => overloadedSeconds.inc({ namespace, name }, seconds),
    anomaly: (namespace, name, kind) => anomalies.inc({ namespace, name, kind }),
  };
}

function workqueueMetrics(registers: Registry[]): WorkqueueMetrics {
  const prefix = "predictive_scaler_workqueue";
  const depth = new Gauge({ name: `${prefix}_depth`, help: "Keys that wait for a worker.", registers });
  const adds = new Counter({ name: `${prefix}_adds_total`, help: "Keys added.", registers });
  const retries = new Counter({ name: `${prefix}_retries_total`, help: "Keys added again after a failure.", registers });
  const queue = new Histogram({ name: `${prefix}_queue_duration_seconds`, help: "Time that a key waited.", buckets: SECONDS, registers });
  const work = new Histogram({ name: `${prefix}_work_duration_seconds`, help: "Time that a key was worked on.", buckets: SECONDS, registers });
  return {
    depth: (value) => depth.set(value),
    added: () => adds.inc(),
    retried: () => retries.inc(),
    waited: (seconds) => queue.observe(seconds),
    worked: (seconds) => work.observe(seconds),
  };
}
