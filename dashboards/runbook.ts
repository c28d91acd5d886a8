// Where a panel's runbook is: anchors of docs/operations.md.

const PAGE = "https://github.com/predictive-scaler/predictive-scaler/blob/main/docs/operations.md";

/** Sections of the page that panels lead to. */
export type Topic =
  | "not-forecasting"
  | "error-above-gate"
  | "at-max-replicas"
  | "forecast-above-max"
  | "overloaded"
  | "service-level-missed"
  | "metric-missing"
  | "level-shift"
  | "prometheus-unreachable"
  | "reconcile-errors"
  | "no-leader"
  | "decisions-late"
  | "sizing";

export function runbookUrl(topic: Topic): string {
  return `${PAGE}#${topic}`;
}
