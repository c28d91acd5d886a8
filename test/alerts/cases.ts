// What each alert must and must not fire on: series as promtool writes them, a moment, and the labels and description expected then.
// Series that an operator really exports; a value a minute unless the case says otherwise.

export interface Case {
  readonly alert: string;
  readonly when: string;
  readonly series: Readonly<Record<string, string>>;
  readonly interval?: string;
  readonly at: string;
  /** Undefined: it must be silent. */
  readonly fires?: { readonly labels: Readonly<Record<string, string>>; readonly summary: string; readonly description: string };
}

const SCALER = { namespace: "shop", name: "checkout" };
const OPERATOR = { namespace: "operators", job: "predictive-scaler" };

type Labels = Readonly<Record<string, string>>;

function series(name: string, labels: Labels): string {
  return `predictive_scaler_${name}{${Object.entries(labels).map(([key, value]) => `${key}="${value}"`).join(",")}}`;
}

const scaler = (name: string, labels: Labels = {}) => series(name, { ...SCALER, ...labels });
const operator = (name: string, labels: Labels = {}) => series(name, { ...OPERATOR, pod: "a", ...labels });
const condition = (type: string, reason: string, labels: Labels = {}) => scaler("condition", { type, reason, ...labels });

const SCALER_CASES: readonly Case[] = [
  {
    alert: "PredictiveScalerNotForecasting",
    when: "the history does not come for an hour, although the leader and the reason change meanwhile",
    series: {
      [condition("Forecasting", "HistoryLoading", { pod: "a" })]: "0x40 stale",
      [condition("Forecasting", "PrometheusUnreachable", { pod: "b" })]: "_x40 0x60",
      [condition("MetricAvailable", "SamplesReceived")]: "1x100",
    },
    at: "61m",
    fires: {
      labels: SCALER,
      summary: "Scaler shop/checkout has had no forecast for an hour.",
      description:
        "The metric is there, but the condition Forecasting is False (PrometheusUnreachable). Replicas follow the present demand and nothing is added ahead of it.",
    },
  },
  {
    alert: "PredictiveScalerNotForecasting",
    when: "the metric itself is missing: another alert says so",
    series: { [condition("Forecasting", "NoData")]: "0x100", [condition("MetricAvailable", "NoData")]: "0x100" },
    at: "90m",
  },
  {
    alert: "PredictiveScalerNotForecasting",
    when: "a new workload has too little history",
    series: { [condition("Forecasting", "HistoryTooShort")]: "0x100", [condition("MetricAvailable", "SamplesReceived")]: "1x100" },
    at: "90m",
  },
  {
    alert: "PredictiveScalerHistoryTooShort",
    when: "a day and a half did not bring a day of history",
    series: { [condition("Forecasting", "HistoryTooShort")]: "0x500" },
    interval: "5m",
    at: "37h",
    fires: {
      labels: SCALER,
      summary: "Scaler shop/checkout still has too little history to learn from.",
      description: "A day of samples is enough for a first forecast, and there has not been one for 36 hours. Replicas follow the present demand.",
    },
  },
  {
    alert: "PredictiveScalerHistoryTooShort",
    when: "the workload is a day old and the forecast begins",
    series: { [condition("Forecasting", "HistoryTooShort")]: "0x288 stale", [condition("Forecasting", "ModelFitted")]: "_x288 1x200" },
    interval: "5m",
    at: "37h",
  },
  {
    alert: "PredictiveScalerErrorAboveGate",
    when: "the gate has closed",
    series: {
      [condition("Forecasting", "AccuracyBelowGate")]: "0x30",
      [scaler("forecast_skill_ratio", { window: "24h" })]: "-0.12x30",
      [scaler("forecast_skill_ratio", { window: "6h" })]: "-0.3x30",
    },
    at: "11m",
    fires: {
      labels: SCALER,
      summary: "The forecast of scaler shop/checkout is worse than none.",
      description:
        "For hours its error was larger than that of taking demand as it is now (skill over 24 hours: -12%). Replicas follow the present demand until it is better again.",
    },
  },
  {
    alert: "PredictiveScalerErrorAboveGate",
    when: "the forecast has a bad hour and keeps control",
    series: { [condition("Forecasting", "ModelFitted")]: "1x30", [scaler("forecast_skill_ratio", { window: "6h" })]: "-0.3x30" },
    at: "20m",
  },
  {
    alert: "PredictiveScalerAtMaxReplicas",
    when: "the need has been above the maximum for ten minutes",
    series: { [condition("ScalingLimited", "TooManyReplicas")]: "1x30", [scaler("replicas", { kind: "max" })]: "40x30" },
    at: "10m",
    fires: {
      labels: SCALER,
      summary: "Scaler shop/checkout is at maxReplicas and needs more.",
      description: "For ten minutes the need, margin included, has been above maxReplicas (40).",
    },
  },
  {
    alert: "PredictiveScalerAtMaxReplicas",
    when: "all replicas are in use, and they are enough",
    series: {
      [condition("ScalingLimited", "DesiredWithinRange")]: "0x30",
      [scaler("replicas", { kind: "max" })]: "40x30",
      [scaler("replicas", { kind: "desired" })]: "40x30",
    },
    at: "20m",
  },
  {
    alert: "PredictiveScalerForecastAboveMax",
    when: "a peak in an hour needs more: said 54 minutes before",
    series: {
      [scaler("peak_replicas", { horizon: "1h" })]: "19x60",
      [scaler("peak_timestamp_seconds", { horizon: "1h" })]: "3600x60",
      [scaler("replicas", { kind: "max" })]: "15x60",
      [condition("ScalingLimited", "ForecastAboveMax")]: "1x60",
    },
    at: "6m",
    fires: {
      labels: SCALER,
      summary: "Scaler shop/checkout will need more than maxReplicas within the hour.",
      description: "The forecast peak at 1970-01-01 01:00:00 +0000 UTC needs 19 replicas; maxReplicas is 15.",
    },
  },
  {
    alert: "PredictiveScalerForecastAboveMax",
    when: "the peak needs exactly the maximum",
    series: { [scaler("peak_replicas", { horizon: "1h" })]: "15x60", [scaler("replicas", { kind: "max" })]: "15x60" },
    at: "20m",
  },
  {
    alert: "PredictiveScalerForecastAboveMax",
    when: "the need is above the maximum already: another alert says so",
    series: {
      [scaler("peak_replicas", { horizon: "1h" })]: "19x60",
      [scaler("replicas", { kind: "max" })]: "15x60",
      [condition("ScalingLimited", "TooManyReplicas")]: "1x60",
    },
    at: "20m",
  },
  {
    alert: "PredictiveScalerOverloaded",
    when: "demand has been above the ready capacity for a quarter of an hour",
    series: { [scaler("overloaded_seconds_total")]: "0+60x30" },
    at: "16m",
    fires: {
      labels: SCALER,
      summary: "The target of scaler shop/checkout has less capacity than demand.",
      description: "In the last ten minutes demand was above what the ready replicas can serve for 100% of the time.",
    },
  },
  {
    alert: "PredictiveScalerOverloaded",
    when: "a surge overloads it for four minutes",
    series: { [scaler("overloaded_seconds_total")]: "0x10 60 120 180 240 240x20" },
    at: "16m",
  },
  {
    alert: "PredictiveScalerServiceLevelMissed",
    when: "a scaler that is older than a day covers less than it should",
    series: { [scaler("service_level_met_ratio")]: "0.97x320", [scaler("service_level_target_ratio")]: "0.99x320" },
    interval: "5m",
    at: "26h",
    fires: {
      labels: SCALER,
      summary: "Scaler shop/checkout misses its service level.",
      description: "Over the last 7 days ready capacity covered demand for 97% of the time; forecast.serviceLevel asks for 99%.",
    },
  },
  {
    alert: "PredictiveScalerServiceLevelMissed",
    when: "a scaler of half a day had a bad start",
    series: { [scaler("service_level_met_ratio")]: "0.97x320", [scaler("service_level_target_ratio")]: "0.99x320" },
    interval: "5m",
    at: "12h",
  },
  {
    alert: "PredictiveScalerServiceLevelMissed",
    when: "it covers more than it should",
    series: { [scaler("service_level_met_ratio")]: "0.992x320", [scaler("service_level_target_ratio")]: "0.99x320" },
    interval: "5m",
    at: "26h",
  },
  {
    alert: "PredictiveScalerMetricMissing",
    when: "the query has yielded nothing for ten minutes, and Prometheus answers",
    series: {
      [condition("MetricAvailable", "NoData")]: "0x30",
      [operator("prometheus_requests_total", { code: "200" })]: "0+10x30",
    },
    at: "11m",
    fires: {
      labels: SCALER,
      summary: "Scaler shop/checkout does not see its demand.",
      description: "The condition MetricAvailable is False (NoData). Replicas are held; they are not lowered, and only spec.fallback raises them.",
    },
  },
  {
    alert: "PredictiveScalerMetricMissing",
    when: "Prometheus is away for all: one alert says so",
    series: {
      [condition("MetricAvailable", "PrometheusUnreachable")]: "0x30",
      [operator("prometheus_requests_total", { code: "error" })]: "0+10x30",
    },
    at: "20m",
  },
  {
    alert: "PredictiveScalerMetricMissing",
    when: "an outlier was held back",
    series: { [condition("MetricAvailable", "OutlierIgnored")]: "1x30" },
    at: "20m",
  },
  {
    alert: "PredictiveScalerUnableToScale",
    when: "a permission is missing",
    series: { [condition("AbleToScale", "Forbidden")]: "0x30" },
    at: "11m",
    fires: {
      labels: SCALER,
      summary: "Scaler shop/checkout cannot scale its target.",
      description: "The condition AbleToScale is False (Forbidden). The target keeps the replicas that it has.",
    },
  },
  { alert: "PredictiveScalerUnableToScale", when: "the target is switched off", series: { [condition("AbleToScale", "ScalingDisabled")]: "0x30" }, at: "20m" },
  {
    alert: "PredictiveScalerLevelShift",
    when: "the model follows a new level",
    series: { [condition("MetricAvailable", "LevelShiftFollowed")]: "1x30" },
    at: "1m",
    fires: {
      labels: SCALER,
      summary: "The demand of scaler shop/checkout has moved to another level.",
      description:
        "Samples in a row were far from the forecast on one side, and the model follows them. A new level may be real, or a query that now counts something else.",
    },
  },
  { alert: "PredictiveScalerLevelShift", when: "one sample was far off", series: { [condition("MetricAvailable", "OutlierIgnored")]: "1x30" }, at: "5m" },
];

const OPERATOR_CASES: readonly Case[] = [
  {
    alert: "PredictiveScalerPrometheusUnreachable",
    when: "four of five requests time out",
    series: {
      [operator("prometheus_requests_total", { code: "timeout" })]: "0+40x30",
      [operator("prometheus_requests_total", { code: "200" })]: "0+10x30",
    },
    at: "8m",
    fires: {
      labels: OPERATOR,
      summary: "The operator in operators cannot read demand from Prometheus.",
      description: "80% of its requests to Prometheus fail. Every scaler that depends on it holds its replicas.",
    },
  },
  {
    alert: "PredictiveScalerPrometheusUnreachable",
    when: "most queries are wrong, and Prometheus says so",
    series: {
      [operator("prometheus_requests_total", { code: "400" })]: "0+40x30",
      [operator("prometheus_requests_total", { code: "422" })]: "0+40x30",
      [operator("prometheus_requests_total", { code: "200" })]: "0+10x30",
    },
    at: "20m",
  },
  {
    alert: "PredictiveScalerReconcileErrors",
    when: "one pass in five fails",
    series: {
      [operator("reconcile_total", { outcome: "error" })]: "0+10x60",
      [operator("reconcile_total", { outcome: "ok" })]: "0+40x60",
    },
    at: "30m",
    fires: {
      labels: OPERATOR,
      summary: "Many passes of the operator in operators fail.",
      description: "20% of its passes end with an error. Each is tried again; meanwhile the scalers concerned are not acted on.",
    },
  },
  {
    alert: "PredictiveScalerReconcileErrors",
    when: "the API server was away for five minutes",
    series: {
      [operator("reconcile_total", { outcome: "error" })]: "0x20 0+40x5 200x40",
      [operator("reconcile_total", { outcome: "ok" })]: "0+40x20 800x5 800+40x35",
    },
    at: "35m",
  },
  {
    alert: "PredictiveScalerNoLeader",
    when: "two replicas wait for the lease",
    series: { [operator("leader", { pod: "a" })]: "0x10", [operator("leader", { pod: "b" })]: "0x10" },
    at: "3m",
    fires: {
      labels: OPERATOR,
      summary: "No replica of the operator leads.",
      description: "Nobody acts on any scaler: either no replica is scraped, or none has the lease. Targets keep the replicas that they have.",
    },
  },
  {
    alert: "PredictiveScalerNoLeader",
    when: "nothing is scraped",
    series: {},
    at: "3m",
    fires: {
      labels: {},
      summary: "No replica of the operator leads.",
      description: "Nobody acts on any scaler: either no replica is scraped, or none has the lease. Targets keep the replicas that they have.",
    },
  },
  {
    alert: "PredictiveScalerNoLeader",
    when: "another replica takes over within a minute",
    series: { [operator("leader", { pod: "a" })]: "1x10 stale", [operator("leader", { pod: "b" })]: "0x11 1x10" },
    at: "14m",
  },
  {
    alert: "PredictiveScalerDecisionsLate",
    when: "decisions are a minute and a half behind",
    series: { [operator("decision_delay_seconds", { pod: "a" })]: "90x20", [operator("decision_delay_seconds", { pod: "b" })]: "0x20" },
    at: "6m",
    fires: {
      labels: OPERATOR,
      summary: "Decisions of the operator in operators are late.",
      description: "The most overdue decision is 1m 30s behind its time. The lead of the scalers concerned is shorter by as much.",
    },
  },
  {
    alert: "PredictiveScalerDecisionsLate",
    when: "the first round of many scalers takes some minutes",
    series: { [operator("decision_delay_seconds")]: "30 90 150 200 30 0x20" },
    at: "5m",
  },
];

export const CASES: readonly Case[] = [...SCALER_CASES, ...OPERATOR_CASES];
