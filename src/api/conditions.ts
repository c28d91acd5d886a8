// The closed vocabulary: the same words in conditions, events, logs, metric labels and the runbook, each with its one sentence.

/** What each condition says while it is True. */
export const CONDITION_MEANINGS = {
  Ready: "The scaler does what its manifest asks for.",
  MetricAvailable: "The query yields samples that are new enough to decide on.",
  Forecasting: "There is a forecast, and decisions use it. While it is False the scaler acts on what it sees and never scales in on what it cannot see.",
  AbleToScale: "The target's scale can be read and written.",
  ScalingLimited: "A bound, a policy or a window keeps the replicas from the number that demand asks for.",
  Paused: "An annotation pauses the scaler in one direction or both; forecast and status go on.",
  Conflict: "Somebody else scales the target, so the scaler has stopped writing; the message says who and what to do.",
  NodeHeadroom: "Nodes are kept ready for what is coming, where spec.nodeHeadroom asks for it.",
} as const;

/** Why there is no forecast, or no demand. */
const METRIC_MEANINGS = {
  HistoryLoading: "The metric's past is still being read from Prometheus.",
  NoData: "The query yields no series.",
  HistoryTooShort: "The metric's past is too short to learn from yet.",
  ValueStuck: "The query yields one and the same value for longer than it ever did; it counts as missing, so replicas are not removed on it.",
  MetricStale: "The query yielded samples once, but no new one for some time.",
  QueryRejected: "Prometheus rejects the query, for example for its syntax.",
  QueryAmbiguous: "The query yields more than one series; wrap it in sum() or select one.",
  PrometheusUnreachable: "Prometheus does not answer, or not in time.",
  AccuracyBelowGate: "The forecast has been worse than taking demand as it is now for hours; decisions follow the present demand until it is better again.",
  InvalidSpec: "The manifest is not one that can be acted on; the message lists what is wrong.",
} as const;

/** What the decision's rules say; the same words as decision/reasons. */
const DECISION_MEANINGS = {
  ForecastDemand: "The number of replicas follows the forecast demand and its margin.",
  CurrentDemand: "The number of replicas follows the demand of now, because there is no forecast to go by, or none that asks for more.",
  DemandAboveForecast: "Demand is above the bound that 99.9 % of it was to stay below; capacity is raised at once, without waiting for the forecast.",
  WithinTolerance: "The replicas wanted differ too little from the present ones to act.",
  StaggeredScaleUp: "Scaling up is limited, so it begins before the demand does, early enough to reach what is forecast in time.",
  ScaleUpLimit: "A scale-up policy limits how fast replicas may be added.",
  ScaleUpStabilized: "The scale-up window holds a lower number that was wanted within it.",
  ScaleDownLimit: "A scale-down policy limits how fast replicas may be removed.",
  ScaleDownStabilized: "The scale-down window holds a higher number that was wanted within it.",
  ScaleUpDisabled: "selectPolicy of scaleUp is Disabled.",
  ScaleDownDisabled: "selectPolicy of scaleDown is Disabled.",
  TooManyReplicas: "Demand asks for more than maxReplicas, or than maxReplicasCeiling where maxCapacityBreach is Raise.",
  RaisedAboveMax: "Demand asks for more than maxReplicas, and maxCapacityBreach Raise lets the replicas go above it.",
  ForecastAboveMax: "The demand that is forecast for the next hour will need more than maxReplicas; the message says when and how many.",
  TooFewReplicas: "Demand asks for fewer than minReplicas.",
  RecommendOnly: "The mode is Recommend: the number is shown and not written.",
  ScaleOutOnly: "The mode is ScaleOutOnly: replicas are not removed.",
  RestartGuard: "The operator has just started and does not lower replicas until it has seen the windows that it needs.",
  RolloutInProgress: "The target is being rolled out, that is paused, or its newest specification has not been observed; replicas are not removed meanwhile.",
  MetricMissing: "The newest samples are missing; replicas are not removed on what cannot be seen.",
  DemandCollapsed: "Demand fell at once, far below its forecast: the workload may be down. Replicas are not removed until it is as forecast for one window.",
  OutageRecovery: "The metric has just come back after an outage; replicas are not removed yet.",
  Fallback: "The metric has been missing for longer than fallback.after, so fallback.replicas is the least.",
  Paused: "An annotation on the scaler pauses this direction; the message says until when.",
  AnotherAutoscaler: "A HorizontalPodAutoscaler, perhaps KEDA's, scales the same target; this scaler writes nothing while it is there.",
  AnotherScaler: "An older PredictiveScaler has the same target; this one writes nothing while it is there.",
  ChangedByOther: "Somebody changed the replicas after this scaler had set them; it writes nothing for ten minutes, and longer each time it happens again.",
  ScalingDisabled: "The target has 0 replicas and is left alone.",
  NothingToDo: "The replicas are as wanted.",
} as const;

/** What can be wrong with the target or with the API server. */
const KUBE_MEANINGS = {
  TargetNotFound: "The object that scaleTargetRef names is not there.",
  TargetNotScalable: "The object that scaleTargetRef names has no /scale subresource.",
  OutputNotFound: "The HorizontalPodAutoscaler that spec.output names is not there.",
  OutputMismatch: "The HorizontalPodAutoscaler that spec.output names scales another target than this scaler.",
  OutputTaken: "Another PredictiveScaler already keeps the floor of the HorizontalPodAutoscaler that spec.output names.",
  Forbidden: "The operator lacks a permission; the message says which verb on what.",
  Conflict: "Somebody else changed the object at the same time.",
  FailedGetScale: "The target's scale could not be read.",
  FailedUpdateScale: "The target's scale could not be written.",
  KubernetesUnreachable: "The Kubernetes API server does not answer, or not in time.",
  NotLeader: "Another replica of the operator leads; this one watches and writes nothing.",
  KubernetesRejected: "The Kubernetes API server refuses the request; the message says why.",
  HeadroomUnsupported: "There can be no placeholder pods for this target: its kind has no pod template that is known, or its pods request nothing.",
  HeadroomRefused: "Placeholder pods are wanted, and the cluster refuses them; the message says why.",
} as const;

/** What stands on conditions that are well. */
const HEALTHY_MEANINGS = {
  AsExpected: "All is well.",
  HeadroomKept: "Placeholder pods keep room on the nodes for what the forecast needs beyond the lead time; the message says how many.",
  ModelFitted: "A model is fitted and forecasts.",
  SamplesReceived: "New samples arrive.",
  ReadyForNewScale: "The target can be scaled.",
  OutlierIgnored: "A sample was far from what was expected; the model learned only part of it. Replicas may rise on it all the same.",
  LevelShiftFollowed: "Samples in a row were far from what was expected on one side; the model follows the new level.",
  NotPaused: "No annotation pauses the scaler, or the pause is over.",
  NoConflict: "Nobody else is seen to scale the target.",
  DesiredWithinRange: "The replicas wanted are within every limit.",
} as const;

/** What this program says of itself. */
const INTERNAL_MEANINGS = {
  OperatorRemoved: "The operator was uninstalled: nobody acts on this scaler, and its target keeps the replicas that it has.",
  InternalError: "A bug in the operator; the message and the log say where. Please report it.",
} as const;

export type ConditionType = keyof typeof CONDITION_MEANINGS;
export type MetricReason = keyof typeof METRIC_MEANINGS;
export type Reason =
  | MetricReason
  | keyof typeof DECISION_MEANINGS
  | keyof typeof KUBE_MEANINGS
  | keyof typeof HEALTHY_MEANINGS
  | keyof typeof INTERNAL_MEANINGS;

/** Every reason by what it is about, in the order of the reference. */
export const REASON_GROUPS: readonly { readonly about: string; readonly meanings: Readonly<Partial<Record<Reason, string>>> }[] = [
  { about: "The metric and its forecast", meanings: METRIC_MEANINGS },
  { about: "The decision", meanings: DECISION_MEANINGS },
  { about: "The target and the API server", meanings: KUBE_MEANINGS },
  { about: "All is well", meanings: HEALTHY_MEANINGS },
  { about: "The operator itself", meanings: INTERNAL_MEANINGS },
];

export const CONDITION_TYPES = Object.keys(CONDITION_MEANINGS) as readonly ConditionType[];
export const REASONS = REASON_GROUPS.flatMap(({ meanings }) => Object.keys(meanings)) as readonly Reason[];
