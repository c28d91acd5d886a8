// All scalers: which need a person, and what they cost against scaling on the demand of now.
import { REASON_STYLES } from "./look.ts";
import { pageOf } from "./page.ts";
import { bars, stat, table, timeseries } from "./panels.ts";

const ALL = 'namespace=~"$namespace", name=~"$name"';
const metric = (name: string, labels = "") => `predictive_scaler_${name}{${ALL}${labels === "" ? "" : `, ${labels}`}}`;
/** One series a scaler, whichever replica of the operator exports it. */
const each = (name: string, labels = "") => `max by (namespace, name) (${metric(name, labels)})`;
const DESIRED = each("replicas", 'kind="desired"');
const MAX = each("replicas", 'kind="max"');
const NOT_FORECASTING = `max by (namespace, name, reason) (${metric("condition", 'type="Forecasting"')}) == 0`;
/** As an HPA's scale-down window of five minutes has it. */
const REACTIVE = `max by (namespace, name) (max_over_time(${metric("replicas", 'kind="reactive"')}[5m]))`;
const OVERLOADED = `sum by (namespace, name) (increase(${metric("overloaded_seconds_total")}[$__range]))`;
/** Compared are only scalers of which both are known: neither side is charged for pods that the other cannot count. */
const DESIRED_COMPARED = `(${DESIRED} and ${REACTIVE})`;
const REACTIVE_COMPARED = `(${REACTIVE} and ${DESIRED})`;
const podHours = (replicas: string) => `sum_over_time(sum(${replicas})[$__range:5m]) / 12`;
const SCALER = { namespace: "Namespace", name: "Scaler" };

const now = [
  stat({
    title: "Scalers",
    description: "PredictiveScalers that the operator works on.",
    unit: "none",
    runbook: "no-leader",
    width: 4,
    lines: [{ name: "scalers", query: `count(${each("condition", 'type="Ready"')}) or vector(0)` }],
  }),
  stat({
    title: "Not Ready",
    description: "Scalers whose condition Ready is False.",
    unit: "none",
    runbook: "not-forecasting",
    width: 4,
    bad: { above: 1 },
    lines: [{ name: "not ready", query: `count(${each("condition", 'type="Ready"')} == 0) or vector(0)` }],
  }),
  stat({
    title: "Not forecasting",
    description: "Scalers that follow the present demand because there is no forecast that they may use. Why is told below.",
    unit: "none",
    runbook: "not-forecasting",
    width: 4,
    bad: { above: 1 },
    lines: [{ name: "not forecasting", query: `count(${NOT_FORECASTING}) or vector(0)` }],
  }),
  stat({
    title: "At maxReplicas",
    description: "Scalers that ask for as much as they may.",
    unit: "none",
    runbook: "at-max-replicas",
    width: 4,
    bad: { above: 1 },
    lines: [{ name: "at max", query: `count(${DESIRED} >= ${MAX}) or vector(0)` }],
  }),
  stat({
    title: "Will exceed max",
    description: "Scalers for which the forecast of the next hour needs more than maxReplicas.",
    unit: "none",
    runbook: "forecast-above-max",
    width: 4,
    bad: { above: 1 },
    lines: [{ name: "will exceed", query: `count(${each("peak_replicas", 'horizon="1h"')} > ${MAX}) or vector(0)` }],
  }),
  stat({
    title: "Service level missed",
    description: "Scalers whose ready capacity covered demand for less of the last 7 days than their manifest asks for.",
    unit: "none",
    runbook: "service-level-missed",
    width: 4,
    bad: { above: 1 },
    lines: [{ name: "missed", query: `count(${each("service_level_met_ratio")} < ${each("service_level_target_ratio")}) or vector(0)` }],
  }),
];

const attention = [
  table({
    title: "Not forecasting, and why",
    description: "Scalers that follow the present demand, with the reason. Empty where all forecast.",
    unit: "none",
    runbook: "not-forecasting",
    width: 12,
    height: 9,
    query: NOT_FORECASTING,
    columns: { ...SCALER, reason: "Reason" },
  }),
  table({
    title: "At maxReplicas",
    description: "Scalers that ask for as much as they may, and how much that is. Empty where none does.",
    unit: "none",
    runbook: "at-max-replicas",
    width: 12,
    height: 9,
    query: `${DESIRED} >= ${MAX}`,
    columns: SCALER,
    value: "maxReplicas",
  }),
  bars({
    title: "Largest error",
    description: "The ten scalers with the largest weighted absolute percentage error of the forecast at the lead, over 7 days.",
    unit: "percentunit",
    runbook: "error-above-gate",
    width: 8,
    height: 9,
    colour: "forecast",
    line: { name: "{{namespace}}/{{name}}", query: `sort_desc(topk(10, ${each("forecast_wape_ratio")}))` },
  }),
  bars({
    title: "Lowest service level",
    description: "The ten scalers with the smallest share of the last 7 days in which ready capacity covered demand.",
    unit: "percentunit",
    runbook: "service-level-missed",
    width: 8,
    height: 9,
    colour: "capacity",
    max: 1,
    line: { name: "{{namespace}}/{{name}}", query: `sort(bottomk(10, ${each("service_level_met_ratio")}))` },
  }),
  bars({
    title: "Longest overloaded",
    description: "The ten scalers with the most time in which demand was above ready capacity, in the range that is shown.",
    unit: "s",
    runbook: "overloaded",
    width: 8,
    height: 9,
    colour: "overloaded",
    line: { name: "{{namespace}}/{{name}}", query: `sort_desc(topk(10, ${OVERLOADED}))` },
  }),
];

const cost = [
  stat({
    title: "Pod-hours",
    description: "Replicas asked for times hours in the range that is shown, and the same for the plain HPA, of the scalers whose demand and target are known. More than the HPA's buys the capacity that is there before the demand.",
    unit: "short",
    runbook: "sizing",
    width: 12,
    lines: [
      { name: "predictive", query: podHours(DESIRED_COMPARED) },
      { name: "HPA at 80 %", query: podHours(REACTIVE_COMPARED) },
    ],
  }),
  stat({
    title: "Pod-hours saved",
    description: "How many fewer pod-hours than the plain HPA; below zero: more.",
    unit: "percentunit",
    runbook: "sizing",
    width: 12,
    decimals: 1,
    lines: [{ name: "saved", query: `1 - (${podHours(DESIRED_COMPARED)}) / (${podHours(REACTIVE_COMPARED)})` }],
  }),
  timeseries({
    title: "Pods",
    description:
      "Replicas asked for by all scalers, those that are ready, and what a plain HPA with a target utilisation of 80 % and its scale-down window of 5 minutes would ask for on the same demand.",
    unit: "none",
    axis: "replicas",
    runbook: "sizing",
    width: 24,
    height: 9,
    lines: [
      { name: "asked for", query: `sum(${DESIRED})`, style: { colour: "capacity", line: "dashed", isStepped: true } },
      { name: "ready", query: `sum(${each("replicas", 'kind="ready"')})`, style: { colour: "capacity", isStepped: true } },
      { name: "HPA at 80 %", query: `sum(${REACTIVE_COMPARED})`, style: { colour: "comparison", isStepped: true } },
    ],
  }),
];

const time = [
  timeseries({
    title: "Not forecasting by reason",
    description: "Scalers without a forecast that they may use, by reason.",
    unit: "none",
    axis: "scalers",
    runbook: "not-forecasting",
    width: 12,
    isStacked: true,
    lines: [{ name: "{{reason}}", query: `count by (reason) (${NOT_FORECASTING})` }],
    styles: { HistoryLoading: { colour: "comparison" }, PrometheusUnreachable: { colour: "overloaded" }, NoData: { colour: "demand" }, AccuracyBelowGate: { colour: "forecast" } },
  }),
  timeseries({
    title: "Decisions by reason",
    description: "Decisions of all scalers a second, by the rule that decided. Not filtered by namespace and scaler.",
    unit: "ops",
    axis: "decisions",
    runbook: "decisions-late",
    width: 12,
    isStacked: true,
    lines: [{ name: "{{reason}}", query: "sum by (reason) (rate(predictive_scaler_decisions_total[$__rate_interval]))" }],
    styles: REASON_STYLES,
  }),
];

export const fleetPage = pageOf({
  uid: "predictive-scaler-fleet",
  title: "Fleet",
  description: "All PredictiveScalers: which need a person, how well they do, and what they cost.",
  from: "now-24h",
  variables: [
    { name: "namespace", label: "Namespace", query: "label_values(predictive_scaler_condition, namespace)", isMany: true },
    { name: "name", label: "Scaler", query: 'label_values(predictive_scaler_condition{namespace=~"$namespace"}, name)', isMany: true },
  ],
  rows: [
    { title: "Now", panels: now },
    { title: "Which need a person", panels: attention },
    { title: "What they cost", panels: cost },
    { title: "Over time", panels: time },
  ],
});
