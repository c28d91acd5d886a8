export type { Behavior, Mode, ParseResult, Problem, Scaler, ScalerSpec, ScaleTargetRef, ScalingPolicy, ScalingRules, Season } from "./spec.ts";
export type { ConditionType, MetricReason, Reason } from "./conditions.ts";
export { CONDITION_TYPES, REASONS } from "./conditions.ts";
