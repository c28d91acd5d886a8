// What the rules remember between decisions. Every function returns a new value; call `remember` only once a decision's write has succeeded.
// Invariant: nothing older than the windows that read it is kept, and never more than the caps below.
import type { Decision, DirectionPolicy, Policy, ScaleHistory } from "./decision.ts";

/** A decision every 15 s for the longest window of an hour; older entries fall out first. */
const MAX_RECOMMENDATIONS = 300;
const MAX_EVENTS = 300;

/** The memory of a scaler that this process decides for the first time, at `nowMs`, with so many replicas there. */
export function startHistory(nowMs: number, replicas: number): ScaleHistory {
  return { startedMs: nowMs, startReplicas: replicas, events: [], recommendations: [], recoveredMs: undefined };
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
    recoveredMs: recovered(history.recoveredMs, isOutage, nowMs, policy),
  };
}

function longestPeriod({ policies }: DirectionPolicy): number {
  return Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds));
}

function recovered(recoveredMs: number | undefined, isOutage: boolean, nowMs: number, policy: Policy): number | undefined {
  if (isOutage) return nowMs;
  if (recoveredMs === undefined || nowMs - recoveredMs >= policy.scaleDown.stabilizationWindowSeconds * 1000) return undefined;
  return recoveredMs;
}
