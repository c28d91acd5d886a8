// One scaler: was the forecast right, were the replicas there in time, and why were there so many.
import { REASON_STYLES } from "./look.ts";
import { pageOf } from "./page.ts";
import { stat, table, timeline, timeseries } from "./panels.ts";

const OWN = 'namespace="$namespace", name="$name"';
/** One series, whichever replica of the operator exports it. */
const own = (metric: string, labels = "") => `max(predictive_scaler_${metric}{${OWN}${labels === "" ? "" : `, ${labels}`}})`;
const perLabel = (label: string, metric: string) => `max by (${label}) (predictive_scaler_${metric}{${OWN}})`;

const now = [
  stat({
    title: "State",
    description: "The reason of the condition Ready: AsExpected where all is well, else what is wrong.",
    unit: "none",
    runbook: "not-forecasting",
    width: 5,
    isName: true,
    lines: [{ name: "{{reason}}", query: `max by (reason) (predictive_scaler_condition{${OWN}, type="Ready"})` }],
  }),
  stat({
    title: "Demand",
    description: "The value of the query now, in its own unit. Empty while the metric is missing.",
    unit: "short",
    runbook: "metric-missing",
    width: 3,
    lines: [{ name: "demand", query: own("demand") }],
  }),
  stat({
    title: "Replicas asked for",
    description: "What the last decision came to. In mode Recommend: what would be asked for.",
    unit: "none",
    runbook: "at-max-replicas",
    width: 4,
    lines: [{ name: "asked for", query: own("replicas", 'kind="desired"') }],
  }),
  stat({
    title: "Forecast error",
    description: "Weighted absolute percentage error of the forecast at the lead time, over 7 days. Empty before a forecast has come due.",
    unit: "percentunit",
    runbook: "error-above-gate",
    width: 4,
    decimals: 1,
    lines: [{ name: "error", query: own("forecast_wape_ratio") }],
  }),
  stat({
    title: "Service level met",
    description: "Share of the last 7 days in which ready capacity covered demand, and what the manifest asks for.",
    unit: "percentunit",
    runbook: "service-level-missed",
    width: 5,
    decimals: 2,
    lines: [
      { name: "met", query: own("service_level_met_ratio") },
      { name: "target", query: own("service_level_target_ratio") },
    ],
  }),
  stat({
    title: "Lead time",
    description: "How far ahead replicas are asked for.",
    unit: "s",
    runbook: "service-level-missed",
    width: 3,
    lines: [{ name: "lead", query: own("lead_time_seconds") }],
  }),
];

const demand = [
  timeseries({
    title: "Forecast against actual",
    description:
      "Demand, and over it the forecast that was made 20 minutes earlier for the same moment, with the band up to its 95 % bound. Demand above ready capacity is overload. " +
      "Scalers with a step above 20 minutes export no such forecast.",
    unit: "short",
    axis: "demand",
    runbook: "error-above-gate",
    width: 24,
    height: 11,
    lines: [
      { name: "ready capacity", query: `${own("replicas", 'kind="ready"')} * ${own("target_per_replica")}`, style: { colour: "capacity", isStepped: true } },
      {
        name: "its 95 % bound",
        query: `max(predictive_scaler_forecast_demand{${OWN}, horizon="20m", quantile="upper"} offset 20m)`,
        style: { colour: "forecast", fillTo: "forecast of 20 min before", isEdge: true },
      },
      {
        name: "forecast of 20 min before",
        query: `max(predictive_scaler_forecast_demand{${OWN}, horizon="20m", quantile="point"} offset 20m)`,
        style: { colour: "forecast" },
      },
      { name: "demand", query: own("demand"), style: { colour: "demand" } },
    ],
  }),
  timeseries({
    title: "Replicas",
    description: "Asked for, ready, and needed by the demand of the moment. Ready below needed is overload; the distance from asked for to ready is the time to Ready.",
    unit: "none",
    axis: "replicas",
    runbook: "overloaded",
    width: 16,
    height: 9,
    lines: [
      { name: "asked for", query: own("replicas", 'kind="desired"'), style: { colour: "capacity", line: "dashed", isStepped: true } },
      { name: "ready", query: own("replicas", 'kind="ready"'), style: { colour: "capacity", isStepped: true } },
      { name: "needed", query: `ceil(${own("demand")} / ${own("target_per_replica")})`, style: { colour: "demand", isStepped: true } },
    ],
  }),
  timeseries({
    title: "Largest need of the next hour",
    description: "Replicas that the highest forecast of the next hour needs with its margin, against maxReplicas. Above it, maxReplicas is too low for what comes.",
    unit: "none",
    axis: "replicas",
    runbook: "forecast-above-max",
    width: 8,
    height: 9,
    lines: [
      { name: "needed in the next hour", query: own("peak_replicas", 'horizon="1h"'), style: { colour: "forecast", isStepped: true } },
      { name: "maxReplicas", query: own("replicas", 'kind="max"'), style: { colour: "comparison", line: "dotted", isStepped: true } },
    ],
  }),
];

const quality = [
  timeseries({
    title: "Error of the forecast",
    description: "Weighted absolute percentage error at the lead time over 7 days.",
    unit: "percentunit",
    axis: "error",
    runbook: "error-above-gate",
    width: 8,
    lines: [{ name: "error", query: own("forecast_wape_ratio"), style: { colour: "forecast" } }],
  }),
  timeseries({
    title: "Skill against the gate",
    description: "How much smaller the error is than that of taking demand as it is. At or below zero for hours, the forecast loses control until it is better again.",
    unit: "percentunit",
    axis: "skill",
    runbook: "error-above-gate",
    width: 8,
    isSigned: true,
    mark: 0,
    lines: [{ name: "over {{window}}", query: perLabel("window", "forecast_skill_ratio") }],
    styles: { "over 6h": { colour: "forecast" }, "over 24h": { colour: "forecast", line: "dashed" } },
  }),
  timeseries({
    title: "Coverage of the 95 % bound",
    description: "Share of samples at or below the forecast's 95 % bound over 7 days: 95 % is right, less means that the bound is too low.",
    unit: "percentunit",
    axis: "share of samples",
    runbook: "error-above-gate",
    width: 8,
    max: 1,
    mark: 0.95,
    lines: [{ name: "covered", query: own("forecast_coverage_ratio"), style: { colour: "forecast" } }],
  }),
  timeseries({
    title: "Service level",
    description: "Share of the last 7 days in which ready capacity covered demand, against the target of the manifest.",
    unit: "percentunit",
    axis: "share of time",
    runbook: "service-level-missed",
    width: 8,
    isSigned: true,
    lines: [
      { name: "met", query: own("service_level_met_ratio"), style: { colour: "capacity" } },
      { name: "target", query: own("service_level_target_ratio"), style: { colour: "comparison", line: "dotted" } },
    ],
  }),
  timeseries({
    title: "Overloaded",
    description: "Share of the time in which demand was above ready capacity. Zero in a healthy system.",
    unit: "percentunit",
    axis: "share of time",
    runbook: "overloaded",
    width: 8,
    lines: [{ name: "overloaded", query: `sum(rate(predictive_scaler_overloaded_seconds_total{${OWN}}[$__rate_interval]))`, style: { colour: "overloaded" } }],
  }),
  timeseries({
    title: "Time to Ready",
    description: "From asking for replicas to Ready: of the last scale-up, and what nine of ten do not exceed. The lead time must be above it. Empty before the first scale-ups.",
    unit: "s",
    axis: "time",
    runbook: "service-level-missed",
    width: 8,
    lines: [
      { name: "{{kind}}", query: perLabel("kind", "time_to_ready_seconds") },
      { name: "lead time", query: own("lead_time_seconds"), style: { colour: "comparison", line: "dotted" } },
    ],
    styles: { last: { colour: "capacity", isStepped: true }, high: { colour: "capacity", line: "dashed", isStepped: true } },
  }),
];

const COUNTED = `count_over_time(predictive_scaler_decision{${OWN}}[$__rate_interval])`;
const decisions = [
  timeseries({
    title: "Decisions by reason",
    description: "Which rule decided, as a share of the time. The reasons are explained in docs/reference/conditions.md.",
    unit: "percentunit",
    axis: "share of time",
    runbook: "at-max-replicas",
    width: 12,
    max: 1,
    isStacked: true,
    lines: [{ name: "{{reason}}", query: `sum by (reason) (${COUNTED}) / ignoring (reason) group_left () sum(${COUNTED})` }],
    styles: REASON_STYLES,
  }),
  timeline({
    title: "Conditions",
    description: "True and False over time. ScalingLimited is the one that is bad while it is True.",
    unit: "none",
    runbook: "not-forecasting",
    width: 12,
    line: { name: "{{type}}", query: perLabel("type", "condition") },
    badWhenTrue: ["ScalingLimited"],
  }),
  table({
    title: "Conditions and why",
    description: "Each condition now, with its reason.",
    unit: "none",
    runbook: "not-forecasting",
    width: 12,
    query: `max by (type, reason) (predictive_scaler_condition{${OWN}})`,
    columns: { type: "Condition", reason: "Reason" },
    value: "Is",
    isTruth: true,
  }),
  timeseries({
    title: "Unusual samples",
    description: "Outliers held back, level shifts followed and values that got stuck, per hour. Zero in a healthy system.",
    unit: "none",
    axis: "per hour",
    runbook: "level-shift",
    width: 12,
    lines: [{ name: "unusual", query: `3600 * sum(rate(predictive_scaler_anomalies_total{${OWN}}[$__rate_interval])) or vector(0)`, style: { colour: "overloaded" } }],
  }),
];

export const scalerPage = pageOf({
  uid: "predictive-scaler-scaler",
  title: "Scaler",
  description: "One PredictiveScaler: forecast against demand, replicas, how good the forecast is, and why the replicas are as they are.",
  from: "now-24h",
  variables: [
    { name: "namespace", label: "Namespace", query: "label_values(predictive_scaler_condition, namespace)", isMany: false },
    { name: "name", label: "Scaler", query: 'label_values(predictive_scaler_condition{namespace="$namespace"}, name)', isMany: false },
  ],
  rows: [
    { title: "Now", panels: now },
    { title: "Demand and replicas", panels: demand },
    { title: "How good it is", panels: quality },
    { title: "Why", panels: decisions },
  ],
});
