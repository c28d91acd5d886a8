// Every reason of the vocabulary for somebody who has not read the code: what it means, and what would have to change.
// The compiler refuses a word of the vocabulary that has no entry here.
import type { Reason, ScalingRules } from "../api/index.ts";
import { durationText } from "../api/index.ts";
import { numberText, replicasText } from "../decision/index.ts";
import type { Told } from "./situation.ts";

export interface ReasonText {
  /** One sentence that stands without the numbers of the rule's own message. */
  readonly means: string;
  /** What would have to change, or what to do; undefined where the demand alone decides. */
  readonly change?: string | ((told: Told) => string);
}

const window = (seconds: number) => durationText(seconds * 1000);

function pace({ policies, selectPolicy }: ScalingRules): string {
  if (policies.length === 0) return "no policy";
  const each = policies.map(
    ({ type, value, periodSeconds }) => `${type === "Pods" ? replicasText(value) : `${numberText(value)} %`} in ${window(periodSeconds)}`,
  );
  return each.length === 1 ? (each[0] ?? "") : `the ${selectPolicy === "Min" ? "smallest" : "largest"} of ${each.join(", ")}`;
}

function windowEnd({ spec, windowOpensMs, moments }: Told): string {
  const length = window(spec.behavior.scaleDown.stabilizationWindowSeconds);
  if (Number.isNaN(windowOpensMs)) return `It falls once demand has stayed low for ${length} (behavior.scaleDown.stabilizationWindowSeconds).`;
  return `If demand stays low, the window of ${length} ends at ${moments.at(windowOpensMs)}; behavior.scaleDown.stabilizationWindowSeconds sets its length.`;
}

function missingEnds({ spec: { fallback } }: Told): string {
  const end = "It ends when the query yields samples again";
  if (fallback === undefined) return `${end}. With spec.fallback a number of replicas can be set for such times.`;
  return `${end}; after ${durationText(fallback.afterMs)} the fallback asks for at least ${replicasText(fallback.replicas)}.`;
}

/** The schedule whose bound set the number, if one did. */
function scheduleNamed(decision: Told["decision"]): string | undefined {
  const bound = decision?.trace.findLast(({ rule }) => rule === "bounds")?.message ?? "";
  return /; schedule (\S+) (?:asks|allows)/.exec(bound)?.[1];
}

/** The maximum that counts, with its number. */
function mostOf({ maxReplicas, maxReplicasCeiling }: Told["spec"]): string {
  return maxReplicasCeiling === undefined ? `maxReplicas (${maxReplicas})` : `maxReplicasCeiling (${maxReplicasCeiling})`;
}

const DEMAND = {
  ForecastDemand: { means: "The forecast of demand for the lead time, with the margin that the service level asks for, sets the number." },
  CurrentDemand: { means: "The demand of this moment sets the number, because no higher one is forecast or there is no forecast yet." },
  DemandAboveForecast: {
    means: "Demand is far above anything that was forecast for now, so capacity is raised at once for it.",
    change: "It ends when demand is back at what is forecast. An announced event of this kind belongs into the calendar.",
  },
  ForecastAboveMax: {
    means: "Demand is forecast to need more replicas than maxReplicas allows, so it may soon exceed what the target can serve.",
    change: ({ spec }: Told) => `Raise ${mostOf(spec)} before the time that the message names, or let each replica serve more.`,
  },
  NothingToDo: { means: "The target already has the replicas that its demand asks for." },
  WithinTolerance: {
    means: "The number that demand asks for is so close to the present one that a change is not worth its disturbance.",
    change: ({ spec: { behavior } }: Told) => {
      const [down, up] = [behavior.scaleDown, behavior.scaleUp].map(({ tolerance }) => numberText(tolerance * 100));
      return `A larger difference is acted on; the tolerance is ${down} % down and ${up} % up (behavior.*.tolerance).`;
    },
  },
  StaggeredScaleUp: {
    means: "Replicas may only be added at the pace that behavior.scaleUp sets, so the climb to what will be needed begins early.",
    change: ({ spec }: Told) => `A faster pace than ${pace(spec.behavior.scaleUp)} (behavior.scaleUp.policies) lets it begin later.`,
  },
  ScaleUpLimit: {
    means: "More replicas are needed, but they may only be added at the pace that behavior.scaleUp sets.",
    change: ({ spec }: Told) => `More follow as the pace allows (${pace(spec.behavior.scaleUp)}). To go faster, raise behavior.scaleUp.policies.`,
  },
  ScaleUpStabilized: {
    means: "More replicas are needed now, but a raise only counts after it has been needed for the whole scale-up window.",
    change: ({ spec: { behavior } }: Told) => {
      const length = window(behavior.scaleUp.stabilizationWindowSeconds);
      return `The raise comes if it is needed for ${length} on end; behavior.scaleUp.stabilizationWindowSeconds: 0 raises at once.`;
    },
  },
  ScaleDownLimit: {
    means: "Fewer replicas would do, but they may only be removed at the pace that behavior.scaleDown sets.",
    change: ({ spec }: Told) => `More go as the pace allows (${pace(spec.behavior.scaleDown)}); behavior.scaleDown.policies sets it.`,
  },
  ScaleDownStabilized: { means: "Fewer replicas would do now, but a higher number was needed a short while ago and may be needed again.", change: windowEnd },
  ScaleUpDisabled: {
    means: "More replicas are needed, but this scaler is told never to add any.",
    change: "Set behavior.scaleUp.selectPolicy to Max to allow it.",
  },
  ScaleDownDisabled: {
    means: "Fewer replicas would do, but this scaler is told never to remove any.",
    change: "Set behavior.scaleDown.selectPolicy to Max to allow it, or lower the target by hand.",
  },
  TooManyReplicas: {
    means: "More replicas are needed than maxReplicas allows, so demand may exceed what the target can serve.",
    change: ({ spec, decision }: Told) => {
      const schedule = scheduleNamed(decision);
      if (schedule !== undefined) return `It ends when the schedule ${schedule} does; before that only a higher maxReplicas of it allows more.`;
      const needed = decision?.trace.findLast(({ reason }) => reason === "TooManyReplicas")?.from;
      const far = needed === undefined ? "" : ` to ${needed} or more`;
      return `Raise ${mostOf(spec)}${far}, or let each replica serve more (metric.targetPerReplica).`;
    },
  },
  RaisedAboveMax: {
    means: "More replicas are needed than maxReplicas, and the scaler is told to go above it rather than to leave demand uncovered.",
    change: ({ spec }: Told) => `maxCapacityBreach: Clamp would stop at maxReplicas (${spec.maxReplicas}); it goes back below by itself when demand does.`,
  },
  TooFewReplicas: {
    means: "Demand needs fewer replicas than the floor asks for, so the floor (minReplicas, or that of a schedule) sets the number.",
    change: ({ spec, decision }: Told) => {
      const schedule = scheduleNamed(decision);
      if (schedule !== undefined) return `It ends when the schedule ${schedule} does; only a lower minReplicas of it would give fewer before.`;
      return `Only a lower minReplicas (${spec.minReplicas}) would give fewer.`;
    },
  },
} satisfies Partial<Record<Reason, ReasonText>>;

const GUARDS = {
  RecommendOnly: {
    means: "The scaler only says what it would do: in mode Recommend nothing is written to the target.",
    change: "Set mode to Active to let it act; `advise` says whether it has earned that.",
  },
  ScaleOutOnly: { means: "Fewer replicas would do, but in mode ScaleOutOnly none are removed.", change: "Set mode to Active to let it remove replicas." },
  RestartGuard: {
    means: "The operator has not watched this scaler long enough to know what it may remove, so it removes nothing yet.",
    change: ({ spec }: Told) =>
      `This ends one scale-down window (${window(spec.behavior.scaleDown.stabilizationWindowSeconds)}) after the start, or with a day of history.`,
  },
  RolloutInProgress: {
    means: "The target's pods are being replaced, or that is paused half-way, so nothing is removed until it is done.",
    change: "It ends with the rollout: kubectl rollout status; a paused one with kubectl rollout resume.",
  },
  MetricMissing: { means: "The demand cannot be seen, and nothing is removed on what cannot be seen.", change: missingEnds },
  OutageRecovery: {
    means: "Samples have only just come back after an outage, so nothing is removed until they have been seen for a while.",
    change: ({ spec }: Told) => `It ends after ${window(spec.behavior.scaleDown.stabilizationWindowSeconds)} of samples without a break.`,
  },
  DemandCollapsed: {
    means: "Demand fell at once where nothing of the kind was forecast: that may be an outage of the workload, so nothing is removed until it is clear.",
    change: ({ spec }: Told) =>
      `It ends once demand is as forecast for ${window(spec.behavior.scaleDown.stabilizationWindowSeconds)}, at any level, and lost pods are back.`,
  },
  Fallback: {
    means: "The demand has not been seen for so long that the number set aside for such times is the least.",
    change: ({ spec }: Told) =>
      `It ends when the query yields samples again; spec.fallback.replicas (${spec.fallback?.replicas ?? "not set"}) sets the number.`,
  },
  Paused: {
    means: "Somebody has paused the scaler with an annotation, so the number of replicas is left as it is in that direction.",
    change: "It ends at the time that the message names, or with kubectl psc resume NAME.",
  },
  AnotherAutoscaler: {
    means: "A HorizontalPodAutoscaler scales the same target, and two hands on one number move it to and fro, so this scaler writes nothing.",
    change: "Delete the HPA (or KEDA's ScaledObject), or let both work together: spec.output.type HorizontalPodAutoscaler keeps the HPA's floor.",
  },
  AnotherScaler: {
    means: "An older PredictiveScaler has the same target, so this one writes nothing.",
    change: "Delete one of the two, or set the mode of one to Recommend.",
  },
  ChangedByOther: {
    means: "Somebody has changed the replicas after this scaler had set them, so it leaves them alone for a while.",
    change: "Take replicas out of what sets them (the message says who; docs/gitops.md says how). It tries again at the time that the message names.",
  },
  ScalingDisabled: {
    means: "Somebody has set the target to 0 replicas: it is switched off, and left alone.",
    change: "Set the target to at least 1 replica to switch it on.",
  },
} satisfies Partial<Record<Reason, ReasonText>>;

const METRIC = {
  HistoryLoading: {
    means: "The past of the demand is still being read, so replicas follow the demand of this moment.",
    change: "This ends by itself, usually within minutes.",
  },
  NoData: {
    means: "The query yields nothing at all, so there is no demand to go by.",
    change: "Run the query in Prometheus: check the metric's name and its labels.",
  },
  HistoryTooShort: {
    means: "The demand has not been recorded for long enough to forecast it, so replicas follow the demand of this moment.",
    change: "This ends by itself as history grows; check that Prometheus keeps as much as forecast.history asks for.",
  },
  MetricStale: {
    means: "The demand was seen once, but no new sample has come for some time.",
    change: "Check that the workload is still scraped and that its metric still has this name.",
  },
  QueryRejected: { means: "Prometheus refuses the query, so there is no demand to go by.", change: "Correct metric.query: `validate` checks its syntax." },
  QueryAmbiguous: {
    means: "The query yields several series where one number is needed.",
    change: "Wrap metric.query in sum(), or select one series by its labels.",
  },
  PrometheusUnreachable: {
    means: "Prometheus does not answer, so there is no demand to go by.",
    change: "Check that Prometheus runs, its URL, and the network in between.",
  },
  OutlierIgnored: {
    means: "A sample was so far from what was expected that the forecast learned only a part of it; replicas may rise on it all the same.",
    change: "Look at the metric at that time. If such values are real, they count as soon as they last.",
  },
  LevelShiftFollowed: {
    means: "Demand has moved to another level and stayed there, so the forecast follows it at once instead of slowly.",
    change: "Nothing, if the change is real. If it was an incident, exclude its time in forecast.calendar.",
  },
  ValueStuck: {
    means: "The demand has had exactly the same value for so long that the metric itself may stand still.",
    change: "Check what exports the metric: a cache or a dead exporter repeats its last value.",
  },
  AccuracyBelowGate: {
    means: "The forecast has been worse for hours than assuming that demand stays as it is, so replicas follow the demand of this moment.",
    change: "The forecast gets control back when it has been better for a day. `advise` says what may help; `backtest` shows how good it was.",
  },
  InvalidSpec: {
    means: "The manifest has mistakes, so the scaler does nothing.",
    change: "Correct the fields that the message names: `validate` lists them all.",
  },
} satisfies Partial<Record<Reason, ReasonText>>;

const CLUSTER = {
  TargetNotFound: { means: "The workload that this scaler is for does not exist.", change: "Create it, or correct scaleTargetRef." },
  TargetNotScalable: {
    means: "The object that this scaler is for cannot be scaled.",
    change: "Point scaleTargetRef at a Deployment, a StatefulSet, or another kind that has /scale.",
  },
  OutputNotFound: {
    means: "The HorizontalPodAutoscaler whose floor this scaler is to keep does not exist.",
    change: "Create it, or correct spec.output.horizontalPodAutoscaler.name.",
  },
  OutputMismatch: {
    means: "The HorizontalPodAutoscaler that this scaler is given is one of another workload.",
    change: "Name in spec.output an HPA whose scaleTargetRef is the scaler's own.",
  },
  OutputTaken: {
    means: "Two scalers are given the same HorizontalPodAutoscaler; the other one keeps its floor.",
    change: "Delete one of the two, or give it another output.",
  },
  Forbidden: { means: "The operator lacks a permission that it needs.", change: "Grant what the message names, or apply the operator's ClusterRole again." },
  Conflict: {
    means: "Somebody else changed the same object at the same time, so this change was not written.",
    change: "It is tried again. If it stays, find who else scales this target.",
  },
  FailedGetScale: {
    means: "How many replicas the target has could not be read.",
    change: "It is tried again; the message says what the API server answered.",
  },
  FailedUpdateScale: {
    means: "The new number of replicas could not be written.",
    change: "It is tried again; the message says what the API server answered.",
  },
  KubernetesUnreachable: {
    means: "The Kubernetes API server does not answer, so replicas stay as they are.",
    change: "Check the API server and the network in between; it is tried again.",
  },
  KubernetesRejected: {
    means: "The Kubernetes API server refuses the request, so replicas stay as they are.",
    change: "The message says why; a quota or an admission policy may be the cause.",
  },
  HeadroomUnsupported: {
    means: "No placeholder pods can be made for this target, so nodes are added only when its own pods wait for them.",
    change: "Give the target's containers requests, or leave spec.nodeHeadroom out.",
  },
  HeadroomRefused: {
    means: "The cluster refuses the placeholder pods, so nodes are added only when the target's own pods wait for them.",
    change: "The message has the API server's reason: install the PriorityClass (chart: nodeHeadroom.enabled), or raise the quota.",
  },
  NotLeader: {
    means: "This replica of the operator only watches: another one leads and does the work.",
    change: "Nothing: it takes over when the leader ends.",
  },
  OperatorRemoved: {
    means: "The operator was uninstalled, so nobody acts on this scaler and the target keeps the replicas that it has.",
    change: "Install the operator again, or delete the scaler.",
  },
  InternalError: { means: "The operator has met a bug of its own, so replicas stay as they are.", change: "Report it with the log line of that moment." },
} satisfies Partial<Record<Reason, ReasonText>>;

const WELL = {
  AsExpected: { means: "The scaler does what its manifest asks for." },
  HeadroomKept: { means: "Placeholder pods keep room on the nodes for what is forecast." },
  ModelFitted: { means: "The demand's past has been learned, and its future is forecast." },
  SamplesReceived: { means: "The demand is seen: new samples arrive." },
  ReadyForNewScale: { means: "The target can be scaled." },
  NotPaused: { means: "Nobody has paused the scaler." },
  NoConflict: { means: "Nobody else is seen to scale the target." },
  DesiredWithinRange: { means: "No limit keeps the number from what demand asks for." },
} satisfies Partial<Record<Reason, ReasonText>>;

const TEXTS: Readonly<Record<Reason, ReasonText>> = { ...DEMAND, ...GUARDS, ...METRIC, ...CLUSTER, ...WELL };

/** The texts of a reason. A word of a newer operator is not known here, and says so. */
export function reasonText(reason: Reason): ReasonText {
  return (
    (TEXTS as Readonly<Partial<Record<string, ReasonText>>>)[reason] ?? { means: `The operator says ${reason}, a word that this version does not know.` }
  );
}
