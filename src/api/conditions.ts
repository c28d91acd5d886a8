// The closed vocabulary: the same words in conditions, events, logs, metric labels and the runbook.

export const CONDITION_TYPES = ["Ready", "MetricAvailable", "Forecasting", "AbleToScale", "ScalingLimited"] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** Why there is no forecast, or no demand. */
export const METRIC_REASONS = [
  "HistoryLoading",
  "NoData",
  "HistoryTooShort",
  "MetricStale",
  "QueryRejected",
  "QueryAmbiguous",
  "PrometheusUnreachable",
  "InvalidSpec",
] as const;

/** What the decision's rules say; the same words as decision/reasons. */
export const DECISION_REASONS = [
  "ForecastDemand",
  "CurrentDemand",
  "WithinTolerance",
  "ScaleUpLimit",
  "ScaleUpStabilized",
  "ScaleDownLimit",
  "ScaleDownStabilized",
  "ScaleUpDisabled",
  "ScaleDownDisabled",
  "TooManyReplicas",
  "TooFewReplicas",
  "RecommendOnly",
  "ScaleOutOnly",
  "RestartGuard",
  "RolloutInProgress",
  "MetricMissing",
  "OutageRecovery",
  "Fallback",
  "ScalingDisabled",
  "NothingToDo",
] as const;

/** What can be wrong with the target or with the API server. */
export const KUBE_REASONS = [
  "TargetNotFound",
  "TargetNotScalable",
  "Forbidden",
  "Conflict",
  "FailedGetScale",
  "FailedUpdateScale",
  "KubernetesUnreachable",
  "KubernetesRejected",
] as const;

/** What stands on conditions that are well. */
export const HEALTHY_REASONS = ["AsExpected", "ModelFitted", "SamplesReceived", "ReadyForNewScale", "DesiredWithinRange"] as const;

/** A bug in this program. */
export const INTERNAL_REASONS = ["InternalError"] as const;

export const REASONS = [...METRIC_REASONS, ...DECISION_REASONS, ...KUBE_REASONS, ...HEALTHY_REASONS, ...INTERNAL_REASONS] as const;
export type Reason = (typeof REASONS)[number];
export type MetricReason = (typeof METRIC_REASONS)[number];
