// The operator itself: is it leading, on time, and well.
import { pageOf } from "./page.ts";
import { stat, timeseries } from "./panels.ts";

const OWN = 'namespace=~"$namespace", instance=~"$instance"';
const metric = (name: string, labels = "") => `predictive_scaler_${name}{${OWN}${labels === "" ? "" : `, ${labels}`}}`;
const rate = (name: string, labels = "") => `rate(${metric(name, labels)}[$__rate_interval])`;
const quantile = (share: number, name: string, by = "") => `histogram_quantile(${share}, sum by (le${by === "" ? "" : `, ${by}`}) (${rate(`${name}_bucket`)}))`;
/** A metric that every process has, of the operator's processes only. */
const processOf = (text: string) => `${text} and on (job, instance) ${metric("leader")}`;
const STAGES = {
  samples: { colour: "demand" },
  scale: { colour: "sky" },
  forecast: { colour: "forecast" },
  decision: { colour: "capacity" },
  actuate: { colour: "overloaded" },
  status: { colour: "purple" },
} as const;

const now = [
  stat({
    title: "Leaders",
    description: "Replicas of the operator that may write: exactly one, or with sharding all of them. With none, nothing is scaled.",
    unit: "none",
    runbook: "no-leader",
    width: 4,
    bad: { below: 1 },
    lines: [{ name: "leaders", query: `sum(${metric("leader")}) or vector(0)` }],
  }),
  stat({
    title: "Decision delay",
    description: "How late the most overdue decision is.",
    unit: "s",
    runbook: "decisions-late",
    width: 4,
    bad: { above: 60 },
    lines: [{ name: "delay", query: `max(${metric("decision_delay_seconds")})` }],
  }),
  stat({
    title: "Passes with errors",
    description: "Share of the passes that ended in an error.",
    unit: "percentunit",
    runbook: "reconcile-errors",
    width: 4,
    decimals: 1,
    bad: { above: 0.01 },
    lines: [{ name: "errors", query: `(sum(${rate("reconcile_total", 'outcome="error"')}) or vector(0)) / sum(${rate("reconcile_total")})` }],
  }),
  stat({
    title: "Passes",
    description: "Passes a second: one for each scaler and step.",
    unit: "ops",
    runbook: "sizing",
    width: 4,
    lines: [{ name: "passes", query: `sum(${rate("reconcile_total")})` }],
  }),
  stat({
    title: "Event loop",
    description: "The 99th percentile of how late the event loop is, of the worst replica. An idle one shows some 10 ms: that is the measuring itself.",
    unit: "s",
    runbook: "sizing",
    width: 4,
    bad: { above: 0.1 },
    lines: [{ name: "event loop", query: `max(${processOf("nodejs_eventloop_lag_p99_seconds")})` }],
  }),
  stat({
    title: "Memory",
    description: "Resident memory of the largest replica.",
    unit: "bytes",
    runbook: "sizing",
    width: 4,
    lines: [{ name: "memory", query: `max(${processOf("process_resident_memory_bytes")})` }],
  }),
];

const passes = [
  timeseries({
    title: "Stages, 99th percentile",
    description: "How long each stage of a pass takes. samples and scale wait for Prometheus and for the API server, forecast and decision only compute, actuate and status write.",
    unit: "s",
    axis: "time",
    runbook: "decisions-late",
    width: 12,
    height: 9,
    lines: [{ name: "{{stage}}", query: quantile(0.99, "stage_duration_seconds", "stage") }],
    styles: STAGES,
  }),
  timeseries({
    title: "Where the time goes",
    description: "Time that all passes spend in each stage, in seconds a second.",
    unit: "none",
    axis: "seconds a second",
    runbook: "sizing",
    width: 12,
    height: 9,
    isStacked: true,
    lines: [{ name: "{{stage}}", query: `sum by (stage) (${rate("stage_duration_seconds_sum")})` }],
    styles: STAGES,
  }),
  timeseries({
    title: "Passes by outcome",
    description: "Passes a second that went well, and that ended in an error.",
    unit: "ops",
    axis: "passes",
    runbook: "reconcile-errors",
    width: 12,
    lines: [{ name: "{{outcome}}", query: `sum by (outcome) (${rate("reconcile_total")})` }],
    styles: { ok: { colour: "capacity" }, error: { colour: "overloaded" } },
  }),
  timeseries({
    title: "Decision delay",
    description: "How late the most overdue decision of each replica is. Zero on replicas that do not lead.",
    unit: "s",
    axis: "time",
    runbook: "decisions-late",
    width: 12,
    lines: [{ name: "{{instance}}", query: metric("decision_delay_seconds") }],
  }),
];

const queue = [
  timeseries({
    title: "Queue",
    description: "Scalers that wait for a worker, and whose history waits to be loaded.",
    unit: "none",
    axis: "scalers",
    runbook: "decisions-late",
    width: 8,
    lines: [
      { name: "for a pass", query: `sum(${metric("workqueue_depth")})`, style: { colour: "demand" } },
      { name: "for history", query: `sum(${metric("history_loads_waiting")})`, style: { colour: "comparison", line: "dashed" } },
    ],
  }),
  timeseries({
    title: "Waiting and working, 99th percentile",
    description: "How long a scaler waits for a worker, and how long a pass takes.",
    unit: "s",
    axis: "time",
    runbook: "decisions-late",
    width: 8,
    lines: [
      { name: "waiting", query: quantile(0.99, "workqueue_queue_duration_seconds"), style: { colour: "demand" } },
      { name: "working", query: quantile(0.99, "workqueue_work_duration_seconds"), style: { colour: "capacity" } },
    ],
  }),
  timeseries({
    title: "Added and retried",
    description: "Scalers added to the queue a second, and those of them that come again after a failure.",
    unit: "ops",
    axis: "scalers",
    runbook: "reconcile-errors",
    width: 8,
    lines: [
      { name: "added", query: `sum(${rate("workqueue_adds_total")})`, style: { colour: "demand" } },
      { name: "retried", query: `sum(${rate("workqueue_retries_total")})`, style: { colour: "overloaded" } },
    ],
  }),
];

const calls = [
  timeseries({
    title: "Calls to the Kubernetes API",
    description: "Calls a second by method and status. A few 409 are ordinary: somebody else changed the object first.",
    unit: "reqps",
    axis: "calls",
    runbook: "reconcile-errors",
    width: 12,
    height: 9,
    lines: [{ name: "{{method}} {{code}}", query: `sum by (method, code) (${rate("kubernetes_requests_total")})` }],
    styles: {
      "GET 2xx": { colour: "demand" },
      "PATCH 2xx": { colour: "capacity" },
      "POST 2xx": { colour: "sky" },
      "PUT 2xx": { colour: "purple" },
      "WATCH 2xx": { colour: "comparison" },
      "PATCH 409": { colour: "overloaded" },
    },
  }),
  timeseries({
    title: "Calls to Prometheus",
    description: "Calls a second by status, or by the failure that kept an answer from coming.",
    unit: "reqps",
    axis: "calls",
    runbook: "prometheus-unreachable",
    width: 12,
    height: 9,
    lines: [{ name: "{{code}}", query: `sum by (code) (${rate("prometheus_requests_total")})` }],
    styles: { "200": { colour: "capacity" }, "503": { colour: "overloaded" } },
  }),
];

const PERCENTILES = { p50: { colour: "demand", line: "dotted" }, p99: { colour: "demand" }, max: { colour: "overloaded" } } as const;
const lag = (name: keyof typeof PERCENTILES) => ({ name, query: `max(${processOf(`nodejs_eventloop_lag_${name}_seconds`)})`, style: PERCENTILES[name] });
const health = [
  timeseries({
    title: "Event loop",
    description: "How late the event loop is, of the worst replica since the last scrape. An idle one shows some 10 ms: that is the measuring itself.",
    unit: "s",
    axis: "time",
    runbook: "sizing",
    width: 8,
    lines: [lag("p50"), lag("p99"), lag("max")],
  }),
  timeseries({
    title: "Memory",
    description: "Of the largest replica: all that is resident, and what of it the program's objects use.",
    unit: "bytes",
    axis: "memory",
    runbook: "sizing",
    width: 8,
    lines: [
      { name: "resident", query: `max(${processOf("process_resident_memory_bytes")})`, style: { colour: "demand" } },
      { name: "heap used", query: `max(${processOf("nodejs_heap_size_used_bytes")})`, style: { colour: "capacity" } },
      { name: "buffers", query: `max(${processOf("nodejs_external_memory_bytes")})`, style: { colour: "comparison" } },
    ],
  }),
  timeseries({
    title: "Processor",
    description: "Processor time of each replica, and what of it collects garbage, in seconds a second: 1 is one core.",
    unit: "none",
    axis: "cores",
    runbook: "sizing",
    width: 8,
    lines: [
      { name: "all", query: `max(${processOf("rate(process_cpu_seconds_total[$__rate_interval])")})`, style: { colour: "demand" } },
      { name: "garbage collection", query: `max(sum by (job, instance) (${processOf("rate(nodejs_gc_duration_seconds_sum[$__rate_interval])")}))`, style: { colour: "comparison" } },
    ],
  }),
];

/** Scalers, and their own namespaces: the page's variable is the operator's. */
const OWN_SCALERS = `count by (instance) (predictive_scaler_condition{instance=~"$instance", type="Ready"})`;
const shards = [
  timeseries({
    title: "Scalers of each replica",
    description: "How many scalers each replica decides. Without sharding the leader has all of them.",
    unit: "none",
    axis: "scalers",
    runbook: "sizing",
    width: 12,
    isStacked: true,
    lines: [{ name: "{{instance}}", query: `sum by (instance) (${metric("shard_scalers")}) or ${OWN_SCALERS}` }],
  }),
  timeseries({
    title: "Members that each replica knows",
    description: "With sharding all replicas come to know the same number. Without it each replica that leads counts as one.",
    unit: "none",
    axis: "members",
    runbook: "no-leader",
    width: 12,
    lines: [{ name: "{{instance}}", query: `max by (instance) (${metric("shard_members")} or ${metric("leader")})` }],
  }),
];

export const operatorPage = pageOf({
  uid: "predictive-scaler-operator",
  title: "Operator",
  description: "The operator's own process: leadership, passes, queue, calls, event loop and memory.",
  from: "now-6h",
  variables: [
    { name: "namespace", label: "Namespace", query: "label_values(predictive_scaler_leader, namespace)", isMany: true },
    { name: "instance", label: "Instance", query: 'label_values(predictive_scaler_leader{namespace=~"$namespace"}, instance)', isMany: true },
  ],
  rows: [
    { title: "Now", panels: now },
    { title: "Passes", panels: passes },
    { title: "Queue", panels: queue },
    { title: "Calls", panels: calls },
    { title: "Shares", panels: shards },
    { title: "Process", panels: health },
  ],
});
