// The complete specification: what parse returns, every default filled in, durations in ms, quantities as numbers.

export type Mode = "Active" | "ScaleOutOnly" | "Recommend";
export type Season = "Day" | "Week";

export interface ScaleTargetRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** autoscaling/v2 HPAScalingPolicy. */
export interface ScalingPolicy {
  readonly type: "Pods" | "Percent";
  /** > 0: pods, or percent of the replicas at the period's start. */
  readonly value: number;
  /** 1..1800. */
  readonly periodSeconds: number;
}

/** autoscaling/v2 HPAScalingRules, every default filled in. */
export interface ScalingRules {
  /** 0..3600. */
  readonly stabilizationWindowSeconds: number;
  readonly selectPolicy: "Max" | "Min" | "Disabled";
  readonly policies: readonly ScalingPolicy[];
  /** Share of the current replicas by which demand must differ, >= 0. */
  readonly tolerance: number;
}

export interface Behavior {
  readonly scaleUp: ScalingRules;
  readonly scaleDown: ScalingRules;
}

export interface ScalerSpec {
  readonly scaleTargetRef: ScaleTargetRef;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly mode: Mode;
  readonly metric: { readonly query: string; readonly targetPerReplica: number; readonly stepMs: number };
  readonly forecast: {
    readonly leadTimeMs: number;
    readonly historyMs: number;
    readonly timeZone: string;
    /** 0.5..0.9999. */
    readonly serviceLevel: number;
    readonly seasons: readonly Season[];
  };
  readonly behavior: Behavior;
  readonly fallback: { readonly replicas: number; readonly afterMs: number } | undefined;
}

/** A parsed scaler: identity and specification. */
export interface Scaler {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly spec: ScalerSpec;
}

/** One thing that is wrong with a manifest. */
export interface Problem {
  /** Path of the field, for example `spec.metric.step`. */
  readonly path: string;
  /** What was there, as text. */
  readonly found: string;
  /** What would have been right. */
  readonly expected: string;
}

export type ParseResult = { readonly kind: "valid"; readonly scaler: Scaler } | { readonly kind: "invalid"; readonly problems: readonly Problem[] };
