// The largest need that is forecast for the next hour, so that a maximum that is too low is told before the peak and not at it.
import type { Memory } from "./memory.ts";

/** How far ahead is looked, ms: enough to hear of a peak 40 minutes before it even if the forecast sees it grow step by step. */
export const AHEAD_MS = 60 * 60_000;

export interface PeakAhead {
  readonly timeMs: number;
  /** Forecast demand, and the replicas that it needs with the margin of now, whatever the maximum. */
  readonly demand: number;
  readonly replicas: number;
}

/** What the largest demand of `peak` needs, that of the next hour if none is given. Undefined while there is no forecast to go by. */
export function peakAhead({ track, plan, model, missing }: Memory, peak = track.outlook.peak): PeakAhead | undefined {
  const demand = track.demand();
  if (model.kind !== "fitted" || missing !== undefined || demand.kind !== "calibrated" || demand.control === "demand") return undefined;
  if (peak === undefined || !(peak.demand >= 0)) return undefined;
  const needed = peak.demand + Math.max(0, demand.margin * demand.scale);
  return { ...peak, replicas: Math.max(plan.policy.minReplicas, Math.ceil(needed / plan.targetPerReplica - 1e-9)) };
}
