// The behavior of an autoscaling/v2 HorizontalPodAutoscaler as its controller reads it, every default filled in, or all that is wrong with it.
import { behaviorSchema } from "./behavior.ts";
import { problemsOf } from "./problems.ts";
import type { Behavior, Problem } from "./spec.ts";

/** Where the HPA's defaults are not those of spec.behavior. */
const HPA_DEFAULTS = { scaleUp: { tolerance: "0.1" }, scaleDown: { stabilizationWindowSeconds: 300 } };

export type BehaviorResult = { readonly kind: "valid"; readonly behavior: Behavior } | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

/** Parses an HPA's spec.behavior, undefined or null for none. Never throws. */
export function parseHpaBehavior(value: unknown): BehaviorResult {
  const given = withoutNulls(value ?? {});
  const filled = isObject(given) ? { ...given, ...filledIn(given, "scaleUp"), ...filledIn(given, "scaleDown") } : given;
  const parsed = behaviorSchema.safeParse(filled);
  if (parsed.success) return { kind: "valid", behavior: parsed.data };
  return { kind: "invalid", problems: problemsOf(parsed.error.issues, behaviorSchema, filled, ["spec", "behavior"]) };
}

function filledIn(given: Readonly<Record<string, unknown>>, direction: keyof typeof HPA_DEFAULTS): object {
  const rules = given[direction] ?? {};
  return isObject(rules) ? { [direction]: { ...HPA_DEFAULTS[direction], ...rules } } : {};
}

/** As the API server does it: null is the same as nothing. */
function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, entry]) => (entry === null ? [] : [[key, withoutNulls(entry)]])));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
