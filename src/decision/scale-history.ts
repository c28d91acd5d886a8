// What the rules remember between decisions. Every function returns a new value; call `remember` only once a decision's write has succeeded.
// Invariant: nothing older than the windows that read it is kept, and never more than the caps below.
import type { Decision, DirectionPolicy, Policy, ScaleHistory } from "./decision.ts";

/** A decision every 15 s for the longest window of an hour; older entries fall out first. */
const MAX_RECOMMENDATIONS = 300;
const MAX_EVENTS = 300;

/** The memory of a scaler that this process decides for the first time, at `nowMs`, with so many replicas there. */
export function startHistory(nowMs: number, replicas: number): ScaleHistory {
  return { startedMs: nowMs, startReplicas: replicas, events: [], recommendations: [], climbs: [], recoveredMs: undefined };
}

/** The history after `decision` has been carried out. `isMissing`: the metric was missing at this decision. */
export function remember(history: ScaleHistory, decision: Decision, seen: { nowMs: number; policy: Policy; isMissing: boolean }): ScaleHistory {
  const { nowMs, policy } = seen;
  const isOutage = seen.isMissing || Number.isNaN(decision.recommended);
  const periodMs = 1000 * Math.max(longestPeriod(policy.scaleUp), longestPeriod(policy.scaleDown));
  const upWindowMs = policy.scaleUp.stabilizationWindowSeconds * 1000;
  const events = history.events.filter(({ timeMs }) => timeMs > nowMs - periodMs);
  if (decision.kind === "scale") events.push({ timeMs: nowMs, change: decision.to - decision.from });
  const recommendations = history.recommendations.filter(({ timeMs }) => timeMs > nowMs - upWindowMs);
  if (upWindowMs > 0 && !Number.isNaN(decision.recommended)) recommendations.push({ timeMs: nowMs, replicas: decision.recommended });
  return {
    ...history,
    events: events.slice(-MAX_EVENTS),
    recommendations: recommendations.slice(-MAX_RECOMMENDATIONS),
    climbs: climbsAfter(history.climbs, decision.climb, nowMs, policy.scaleDown.stabilizationWindowSeconds * 1000),
    workload: workloadAfter(history.workload, decision.workload, nowMs),
    recoveredMs: recovered(history.recoveredMs, isOutage, nowMs, policy),
  };
}

/** The history with a change of the target's replicas (signed) that was not written by us and that the policies are to count. */
export function withChange(history: ScaleHistory, change: number, nowMs: number): ScaleHistory {
  return { ...history, events: [...history.events, { timeMs: nowMs, change }].slice(-MAX_EVENTS) };
}

function longestPeriod({ policies }: DirectionPolicy): number {
  return Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds));
}

function recovered(recoveredMs: number | undefined, isOutage: boolean, nowMs: number, policy: Policy): number | undefined {
  if (isOutage) return nowMs;
  if (recoveredMs === undefined || nowMs - recoveredMs >= policy.scaleDown.stabilizationWindowSeconds * 1000) return undefined;
  return recoveredMs;
}

/** What is no more than something newer never counts again. */
function climbsAfter(climbs: ScaleHistory["climbs"], replicas: number, nowMs: number, windowMs: number): ScaleHistory["climbs"] {
  if (climbs.length === 0 && !(replicas > 1 && windowMs > 0)) return climbs;
  const kept = climbs.filter((climb) => climb.timeMs > nowMs - windowMs && climb.replicas > replicas);
  return replicas > 1 && windowMs > 0 ? [...kept, { timeMs: nowMs, replicas }] : kept;
}

function workloadAfter(before: ScaleHistory["workload"], seen: Decision["workload"], nowMs: number): NonNullable<ScaleHistory["workload"]> {
  const { readyBefore, lostMs } = before ?? { readyBefore: NaN, lostMs: undefined };
  if (seen === undefined) return { readyBefore, lostMs };
  if (seen.isLost) return { readyBefore, lostMs: nowMs };
  return { readyBefore: seen.isCollapsed || Number.isNaN(seen.ready) ? readyBefore : seen.ready, lostMs };
}
