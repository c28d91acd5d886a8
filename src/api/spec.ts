// The complete specification: what parse returns, every default filled in, durations in ms, quantities as numbers.
import type { Calendar } from "./calendar.ts";

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

/** A key of a Secret in the scaler's namespace. */
export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

/** Another metrics server, or another way to ask the operator's own. */
export interface PrometheusAccess {
  readonly url?: string | undefined;
  readonly auth?:
    | {
        readonly bearer?: { readonly secretKeyRef: SecretKeyRef } | undefined;
        readonly basic?: { readonly username: string; readonly passwordSecretKeyRef: SecretKeyRef } | undefined;
        readonly sigV4?: { readonly region: string; readonly service: string } | undefined;
      }
    | undefined;
  readonly tls?:
    | {
        readonly caSecretKeyRef?: SecretKeyRef | undefined;
        readonly certSecretKeyRef?: SecretKeyRef | undefined;
        readonly keySecretKeyRef?: SecretKeyRef | undefined;
        readonly serverName?: string | undefined;
        readonly insecureSkipVerify?: boolean | undefined;
      }
    | undefined;
  readonly headers: readonly {
    readonly name: string;
    readonly value?: string | undefined;
    readonly valueFrom?: { readonly secretKeyRef: SecretKeyRef } | undefined;
  }[];
  readonly queryParameters: readonly { readonly name: string; readonly value: string }[];
  readonly timeoutMs: number;
}

/** A floor, a ceiling or both, from each start of `cron` for `durationMs` by the wall clock of `timeZone`. */
export interface Schedule {
  readonly name: string;
  readonly cron: string;
  readonly durationMs: number;
  readonly timeZone: string;
  readonly minReplicas?: number | undefined;
  readonly maxReplicas?: number | undefined;
}

/** Where the number that is decided on goes. */
export type Output =
  | { readonly type: "Scale" }
  /** Nowhere: KEDA asks for it. */
  | { readonly type: "External" }
  /** Into minReplicas of this HorizontalPodAutoscaler of the same namespace. */
  | { readonly type: "HorizontalPodAutoscaler"; readonly name: string };

export interface ScalerSpec {
  readonly scaleTargetRef: ScaleTargetRef;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly maxCapacityBreach: "Clamp" | "Raise";
  /** >= maxReplicas; there exactly with Raise. */
  readonly maxReplicasCeiling?: number | undefined;
  readonly mode: Mode;
  readonly metric: {
    readonly query: string;
    readonly targetPerReplica: number;
    readonly stepMs: number;
    /** Undefined: the operator's own server, asked as the operator does. */
    readonly prometheus: PrometheusAccess | undefined;
  };
  readonly forecast: {
    /** Auto: learned from the target's observed time to Ready. */
    readonly leadTimeMs: number | "Auto";
    readonly historyMs: number;
    readonly timeZone: string;
    /** 0.5..0.9999. */
    readonly serviceLevel: number;
    readonly seasons: readonly Season[];
    readonly calendar: Calendar;
  };
  readonly schedules: readonly Schedule[];
  readonly behavior: Behavior;
  readonly fallback: { readonly replicas: number; readonly afterMs: number } | undefined;
  /** Placeholder pods for what is forecast up to so long after the lead time. */
  readonly nodeHeadroom: { readonly aheadMs: number; readonly priorityClassName: string } | undefined;
  readonly output: Output;
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
