// What leaves here: the decision, an ordered fold of small rules. Each takes and returns a number of replicas; the fold is the trace.
// Order: what the demand asks for -> how soon it counts -> missing samples, fallback -> how fast -> bounds -> guards -> mode -> people.
// Bounds win over speed, as in autoscaling/v2; guards only raise; the mode says what is done with the number. Invariant: nothing missing lowers it.
import type { Decision, DecisionInput, DecisionReason, TraceEntry } from "./decision.ts";
import { bounds } from "./rules/bounds.ts";
import { demandRule, fallback, missingMetric, reactiveStart, scaleDownTolerance, scaleDownWindow } from "./rules/demand.ts";
import { collapseGuard, workloadNow } from "./rules/collapse.ts";
import { outageGuard, restartGuard, rolloutGuard } from "./rules/guards.ts";
import { mode } from "./rules/mode.ts";
import { conflict, paused } from "./rules/people.ts";
import type { Rule } from "./rules/rule.ts";
import { scaleDownPolicy } from "./rules/scale-down.ts";
import { climbNow, staggeredClimb } from "./rules/staggered.ts";
import { scaleUpPolicy, scaleUpTolerance, scaleUpWindow } from "./rules/scale-up.ts";
import { replicasText } from "./wording.ts";

const RULES: readonly Rule[] = [
  demandRule,
  scaleDownWindow,
  scaleDownTolerance,
  reactiveStart,
  scaleUpTolerance,
  scaleUpWindow,
  missingMetric,
  fallback,
  staggeredClimb,
  scaleUpPolicy,
  scaleDownPolicy,
  bounds,
  restartGuard,
  rolloutGuard,
  outageGuard,
  collapseGuard,
  mode,
  paused,
  conflict,
];

const LIMITS: ReadonlySet<DecisionReason> = new Set([
  "ScaleUpLimit",
  "ScaleUpStabilized",
  "ScaleUpDisabled",
  "ScaleDownLimit",
  "ScaleDownDisabled",
  "TooManyReplicas",
  "TooFewReplicas",
]);

/** The decision at `nowMs`. Pure: the same input gives the same decision. */
export function decide(input: DecisionInput): Decision {
  const { nowMs, target, policy, demand } = input;
  const from = target.replicas;
  if (from === 0) return leftAlone(input);
  const trace: TraceEntry[] = [];
  const to = fold(from, input, trace);
  const kind = policy.mode === "Recommend" ? "recommend" : to === from ? "hold" : "scale";
  return {
    kind,
    timeMs: nowMs,
    from,
    to,
    ...named(decider(trace, from), policy),
    trace,
    limitedBy: trace.findLast((entry) => LIMITS.has(entry.reason) && entry.to === to),
    recommended: demand.kind === "missing" ? NaN : demand.raw,
    climb: climbNow(input),
    workload: workloadNow(input),
  };
}

/** Runs the rules over `replicas`, adding what they say to `trace`. */
function fold(replicas: number, input: DecisionInput, trace: TraceEntry[]): number {
  let current = replicas;
  for (const { name, apply } of RULES) {
    const verdict = apply(current, input);
    if (verdict === undefined) continue;
    trace.push({ rule: name, from: current, ...verdict });
    current = verdict.to;
  }
  return current;
}

/** The last rule that changed the number decided it. */
function decider(trace: readonly TraceEntry[], from: number): Pick<Decision, "reason" | "message"> {
  const last = trace.findLast((entry) => entry.to !== entry.from) ?? trace.find((entry) => entry.reason === "MetricMissing");
  if (last !== undefined) return { reason: last.reason, message: last.message };
  return { reason: "NothingToDo", message: `The target has what it needs, ${replicasText(from)}. ${trace[0]?.message ?? ""}`.trim() };
}

/** Where the number is not what runs, the sentence says what it is. */
function named<T extends Pick<Decision, "message">>(decided: T, { autoscaler }: DecisionInput["policy"]): T {
  return autoscaler === undefined ? decided : { ...decided, message: `${decided.message} This is the floor of ${autoscaler.name}.` };
}

/** A target at 0 replicas is switched off by its owner. Nothing is recommended, so that its return counts as the end of an outage. */
function leftAlone({ nowMs }: DecisionInput): Decision {
  const message = "The target has 0 replicas: it is switched off, and left alone until it has at least 1.";
  const entry: TraceEntry = { rule: "switchedOff", from: 0, to: 0, reason: "ScalingDisabled", message };
  return { kind: "hold", timeMs: nowMs, from: 0, to: 0, reason: entry.reason, message, trace: [entry], limitedBy: undefined, recommended: NaN, climb: 0 };
}
