// The values around a decision: what goes in, what comes out. Kubernetes is not known here.
import type { Collapse } from "./collapse.ts";
import type { LocalClock, PointForecast } from "../forecast/index.ts";

/** Who else scales the target. */
export type ConflictReason = "AnotherAutoscaler" | "AnotherScaler" | "ChangedByOther";

/** Why a rule said what it said. The controller's vocabulary holds the same words. */
export type DecisionReason =
  | "ForecastDemand"
  | "CurrentDemand"
  | "DemandAboveForecast"
  | "WithinTolerance"
  | "StaggeredScaleUp"
  | "ScaleUpLimit"
  | "ScaleUpStabilized"
  | "ScaleDownLimit"
  | "ScaleDownStabilized"
  | "ScaleUpDisabled"
  | "ScaleDownDisabled"
  | "TooManyReplicas"
  | "RaisedAboveMax"
  | "TooFewReplicas"
  | "RecommendOnly"
  | "ScaleOutOnly"
  | "RestartGuard"
  | "RolloutInProgress"
  | "MetricMissing"
  | "OutageRecovery"
  | "DemandCollapsed"
  | "Fallback"
  | "Paused"
  | ConflictReason
  | "ScalingDisabled"
  | "NothingToDo";

/** Settings of the calibrated demand rule (design: margin m, scale S, histogram of scores). */
export interface DemandSettings {
  readonly stepMs: number;
  /** D: lead in steps, >= 1. */
  readonly leadSteps: number;
  /** K: scale-down stabilisation in steps, >= 0. */
  readonly stabilizationSteps: number;
  /** Share, 0..1. */
  readonly scaleDownTolerance: number;
  /** C: demand that one replica serves, > 0. */
  readonly targetPerReplica: number;
  /** b = 1 - service level, > 0. */
  readonly budget: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly localClock: LocalClock;
  /** So many steps beyond the lead are told ahead, for a climb that policies limit; left out: none. */
  readonly aheadSteps?: number | undefined;
  /** m on the first day, instead of the reactive start: for reproducing runs that began with a margin. */
  readonly initialMargin?: number;
  /** Hours that never have samples are planned for like any other. Where the forecast is the same at every lead this changes nothing but saves 6 KB. */
  readonly plansAllHours?: boolean;
}

/** What the demand rule says after a sample. */
export interface Demand {
  /** `calibrated` once a day of history has been scored; until then the reactive start. `missing` while no sample has come for 30 minutes, or ever. */
  readonly kind: "calibrated" | "reactive" | "missing";
  /** r: replicas that this moment alone asks for, at least minReplicas; maxReplicas is a later rule's. */
  readonly raw: number;
  /** Largest r of the stabilisation window. */
  readonly stabilized: number;
  /** w: after the scale-down tolerance. What the later rules start from. */
  readonly wanted: number;
  /** Last sample that was present, and whether the newest was. NaN if there never was one. */
  readonly now: number;
  readonly present: boolean;
  /** P, m, S; NaN where there is none yet. */
  readonly point: number;
  readonly margin: number;
  readonly scale: number;
  /** Replicas that the demand needs without limits: ceil(x / C); NaN before any sample. */
  readonly unlimited: number;
  /** C and the lead, for the sentences. */
  readonly targetPerReplica: number;
  readonly leadMs: number;
}

/** What really happened at the target, for the feedback of step 4. */
export interface Applied {
  readonly readyReplicas: number;
  /** Our own, unclamped wanted replicas were applied throughout the last D steps. */
  readonly ownThroughout: boolean;
}

/** What the line says after a sample: the demand of the rule that has control. */
export interface LineDemand extends Demand {
  /** Whether that rule goes by the forecast or by the demand of now. */
  readonly control: "forecast" | "demand";
  /** Demand has fallen at once, far below what was forecast, and has not been as forecast again for a scale-down window. */
  readonly collapse?: Collapse | undefined;
  /** Replicas that the rule will ask for 1, 2, ... steps ahead if the forecast comes true; only where settings ask for it and the forecast has control. */
  readonly ahead?: { readonly stepMs: number; readonly needs: Float64Array } | undefined;
}

export interface DemandRule {
  readonly settings: DemandSettings;
  /** Takes the sample that the forecaster has just observed; times advance by exactly one step, else RangeError. */
  observe(timeMs: number, value: number, forecast: PointForecast, applied?: Applied): void;
  /** The state after the last sample. */
  demand(): Demand;
  /** m that `budget` (0..1) allows over the minutes scored so far, without feedback; NaN before any. They are the same for all budgets. */
  marginFor(budget: number): number;
  /** How many samples the scores that are remembered are worth: each counts less the older it is. */
  scored(): number;
  /** What `demand` will ask for along `path`, the forecasts of the coming steps; the last lead of it is only looked at. Undefined before a margin is known. */
  needsAhead(path: Float64Array): Float64Array | undefined;
  /** Copies of the whole state, transferable; importState on a rule of equal settings continues identically, other lengths are a RangeError. */
  exportState(): Float64Array[];
  importState(state: readonly Float64Array[]): void;
}

export interface ScalingPolicyRule {
  readonly type: "Pods" | "Percent";
  readonly value: number;
  readonly periodSeconds: number;
}

export interface DirectionPolicy {
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: "Max" | "Min" | "Disabled";
  readonly policies: readonly ScalingPolicyRule[];
  readonly tolerance: number;
}

/** Bounds that hold at times. */
export interface ScheduledBounds {
  readonly name: string;
  readonly minReplicas?: number | undefined;
  readonly maxReplicas?: number | undefined;
  readonly clock: {
    /** Whether it is on at `nowMs`, and from when until when (Infinity: unknown) that does not change. Must be cheap when asked again. */
    stretchAt(nowMs: number): { readonly isOn: boolean; readonly fromMs: number; readonly untilMs: number };
  };
}

/** The forecast counts demand so many times from `startMs` on and before `endMs`, unix ms. */
export interface MultipliedEvent {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly multiplier: number;
}

/** At least so many replicas from `fromMs` on and before `untilMs`, unix ms, for an event. */
export interface EventFloor {
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly replicas: number;
}

/** The limits that a user set. */
export interface Policy {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** How far above maxReplicas a need may go, >= maxReplicas; undefined: no further than maxReplicas. */
  readonly maxReplicasCeiling?: number | undefined;
  /** Floors that hold at times, unix ms. */
  readonly eventFloors?: readonly EventFloor[] | undefined;
  /** Events that the forecast multiplies by, for the sentences. */
  readonly multipliedEvents?: readonly MultipliedEvent[] | undefined;
  readonly mode: "Active" | "ScaleOutOnly" | "Recommend";
  readonly scaleUp: DirectionPolicy;
  readonly scaleDown: DirectionPolicy;
  readonly fallback: { readonly replicas: number; readonly afterMs: number } | undefined;
  readonly schedules?: readonly ScheduledBounds[];
  /** Who runs at least the number that is decided on, and may run more: it is a floor, within these bounds. Absent: the number is what runs. */
  readonly autoscaler?: { readonly name: string; readonly minReplicas: number; readonly maxReplicas: number } | undefined;
}

/** The target as it is now. */
export interface TargetState {
  /** spec.replicas. */
  readonly replicas: number;
  /** Ready pods, NaN if not known. */
  readonly ready: number;
  /** A rollout is in progress, or the newest generation has not been observed. */
  readonly isRollingOut: boolean;
}

export interface TraceEntry {
  /** The rule's name, for example `demand` or `scaleUpPolicy`. */
  readonly rule: string;
  readonly from: number;
  readonly to: number;
  readonly reason: DecisionReason;
  readonly message: string;
}

export interface Decision {
  /** scale: write `to`; hold: leave as it is; recommend: `to` is what would have been written. */
  readonly kind: "scale" | "hold" | "recommend";
  readonly timeMs: number;
  readonly from: number;
  /** The replicas to write (scale), to keep (hold: equal to from), or that would be written (recommend). */
  readonly to: number;
  /** The reason and sentence of the rule that decided. */
  readonly reason: DecisionReason;
  readonly message: string;
  /** Every rule that changed the number or had something to say, in order. The first is the demand. */
  readonly trace: readonly TraceEntry[];
  /** The bound or policy that kept the number from what demand asked for, if any. */
  readonly limitedBy: TraceEntry | undefined;
  /** What this moment's demand alone asked for (Demand.raw); NaN while the metric is missing. The scale-up stabilisation remembers it. */
  readonly recommended: number;
  /** What a limited climb had to be at, by the forecast of this moment; 0: nothing. It is remembered for a scale-down window. */
  readonly climb: number;
  /** Ready pods, and whether demand has collapsed, and pods with it: what is remembered of an outage of the workload. */
  readonly workload?: { readonly ready: number; readonly isCollapsed: boolean; readonly isLost: boolean };
}

export interface DecisionInput {
  readonly nowMs: number;
  readonly demand: LineDemand;
  /** The most that was to be expected of the newest sample, said one lead before it (99.9 %); NaN where nothing was said. */
  readonly expectedAtMost: number;
  /** When the last present sample was, unix ms; NaN if never. */
  readonly lastSampleMs: number;
  /** Why the metric is missing, as a sentence; undefined when it is there. */
  readonly missingBecause: string | undefined;
  readonly target: TargetState;
  readonly policy: Policy;
  readonly history: ScaleHistory;
  /** Directions that are paused now, and that as a sentence. */
  readonly pause?: { readonly scaleIn: boolean; readonly scaleOut: boolean; readonly sentence: string } | undefined;
  /** Somebody else who scales the target now, and that as a sentence. */
  readonly conflict?: { readonly reason: ConflictReason; readonly sentence: string } | undefined;
}

/** What the rules must remember between decisions of one scaler. Changes only after the write succeeded. */
export interface ScaleHistory {
  /** When this process first decided for this scaler, unix ms. The restart guard counts from here. */
  readonly startedMs: number;
  /** Replicas the target had when the process started. */
  readonly startReplicas: number;
  /** Scale events of the longest policy period: time and change (signed). */
  readonly events: readonly { readonly timeMs: number; readonly change: number }[];
  /** What the demand of recent decisions asked for by itself, for scale-up stabilisation. */
  readonly recommendations: readonly { readonly timeMs: number; readonly replicas: number }[];
  /** What limited climbs had to be at in the last scale-down window, falling from the oldest to the newest. */
  readonly climbs: readonly { readonly timeMs: number; readonly replicas: number }[];
  /** Since when samples have been coming again after an outage, unix ms (during one: the newest decision); undefined when none is remembered. */
  readonly recoveredMs: number | undefined;
  /** Pods that were ready when all was well, and when most of them were last seen to be lost in a collapse of the demand, unix ms. */
  readonly workload?: { readonly readyBefore: number; readonly lostMs: number | undefined };
}
