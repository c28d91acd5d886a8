// What the user asked for, and the words in which the operator answers.
export type { Behavior, Mode, Output, ParseResult, Problem, PrometheusAccess, Scaler } from "./spec.ts";
export type { ScalerSpec, ScaleTargetRef, ScalingPolicy, Schedule, ScalingRules, Season, SecretKeyRef } from "./spec.ts";
export type { ConditionType, MetricReason, Reason } from "./conditions.ts";
export type { Condition, ScalerStatus } from "./status.ts";
export { CONDITION_TYPES, REASONS } from "./conditions.ts";
export { crd } from "./crd.ts";
export { durationText, parseDuration } from "./duration.ts";
export { parseHpaBehavior } from "./hpa-behavior.ts";
export { scheduleClock } from "./schedule-clock.ts";
export { GROUP, KIND, PLURAL, VERSION } from "./identity.ts";
export { parseScaler } from "./parse.ts";
export type { Pause } from "./pause.ts";
export { PAUSED_ANNOTATION, PAUSED_UNTIL_ANNOTATION, pauseOf } from "./pause.ts";
export { formatProblems } from "./problems.ts";
export { conditionReference, fieldReference } from "./reference.ts";
export { STATUS_EVERY_MS, STATUS_LIMITS } from "./status.ts";
export { parseQuantity } from "./quantity.ts";
