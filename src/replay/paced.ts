// What the rules after the demand make of it, over recorded time: the controller's own decisions about a target that does what it is told.
// Invariant: a step is decided from what was known at it; where a policy limits, the rest of the step is decided too, as the controller comes back for it.
import { decide, remember, startHistory } from "../decision/index.ts";
import type { LineDemand, Policy } from "../decision/index.ts";

/** Decisions within one step, at most. */
const MOST_PASSES = 20;
const DAY_MS = 24 * 3_600_000;

/** Says for each step in turn what has been asked for by its end. */
export type Pacer = (demand: LineDemand, timeMs: number) => number;

/** `replicas` are there before the first step, at `fromMs`, and have been for a day. A scaler that only recommends is taken as one that acts. */
export function createPacer({ mode, ...limits }: Policy, stepMs: number, replicas: number, fromMs: number): Pacer {
  const policy: Policy = { ...limits, mode: mode === "Recommend" ? "Active" : mode };
  const periods = [...policy.scaleUp.policies, ...policy.scaleDown.policies].map(({ periodSeconds }) => periodSeconds * 1000);
  const shortestMs = Math.max(stepMs / MOST_PASSES, Math.min(stepMs, ...periods));
  let current = replicas;
  let history = startHistory(fromMs - DAY_MS, current);
  let lastSampleMs = NaN;
  return (demand, timeMs) => {
    if (demand.present) lastSampleMs = timeMs;
    for (let nowMs = timeMs; nowMs < timeMs + stepMs; nowMs += shortestMs) {
      const decision = decide({
        nowMs, demand, expectedAtMost: NaN, lastSampleMs, missingBecause: undefined, policy, history,
        target: { replicas: current, ready: NaN, isRollingOut: false },
      });
      history = remember(history, decision, { nowMs, policy, isMissing: demand.kind === "missing" });
      current = decision.to;
      const reason = decision.limitedBy?.reason;
      if (reason !== "ScaleUpLimit" && reason !== "ScaleDownLimit") break;
    }
    return current;
  };
}
