// For each peak: when the capacity that it needs was asked for, when it was ready, and when the demand first needed it.
import type { ReplicaRecord, TrafficPeak } from "../../playground/index.ts";
import { MINUTE_MS, stateAt } from "./course.ts";

/** A run-up is no longer than half a day. */
const RUN_UP_MS = 12 * 3_600_000;
/** How long after its top capacity for a peak may still come, ms. */
const TOO_LATE_MS = 2 * 3_600_000;

export interface PeakReport {
  readonly kind: TrafficPeak["kind"];
  /** The top of the noise-free rate, unix ms. */
  readonly atMs: number;
  /** Replicas that the top needs. */
  readonly needed: number;
  /** When demand first needed them, unix ms. */
  readonly neededMs: number;
  /** Since when they had been asked for without a break at that time, else when they first were after it; undefined if never. */
  readonly askedMs: number | undefined;
  /** The same for the Ready pods. */
  readonly readyMs: number | undefined;
  /** From asking to needing, minutes; negative when it came too late. */
  readonly leadMinutes: number | undefined;
}

export interface PeakWorld {
  readonly noiseFree: (timeMs: number) => number;
  readonly demandAt: (timeMs: number) => number;
  readonly targetPerReplica: number;
  readonly record: readonly ReplicaRecord[];
}

/** Reports on peaks in the order of time. */
export function peakReports(peaks: readonly TrafficPeak[], world: PeakWorld): PeakReport[] {
  return peaks.map((peak) => {
    const needed = Math.ceil(peak.rate / world.targetPerReplica - 1e-9);
    const neededMs = firstNeed(peak, needed, world);
    const askedMs = since(world.record, neededMs, peak.atMs + TOO_LATE_MS, ({ asked }) => asked >= needed);
    const readyMs = since(world.record, neededMs, peak.atMs + TOO_LATE_MS, ({ ready }) => ready >= needed);
    const leadMinutes = askedMs === undefined ? undefined : (neededMs - askedMs) / MINUTE_MS;
    return { kind: peak.kind, atMs: peak.atMs, needed, neededMs, askedMs, readyMs, leadMinutes };
  });
}

/**
 * The first minute of the run-up (since the noise-free rate last fell) whose demand is above one replica less;
 * the top itself where noise kept the demand below.
 */
function firstNeed({ atMs }: TrafficPeak, needed: number, { noiseFree, demandAt, targetPerReplica }: PeakWorld): number {
  let fromMs = atMs;
  while (fromMs > atMs - RUN_UP_MS && noiseFree(fromMs - MINUTE_MS) < noiseFree(fromMs)) fromMs -= MINUTE_MS;
  for (let timeMs = fromMs; timeMs < atMs; timeMs += MINUTE_MS) if (demandAt(timeMs) > (needed - 1) * targetPerReplica) return timeMs;
  return atMs;
}

function since(record: readonly ReplicaRecord[], timeMs: number, untilMs: number, holds: (state: ReplicaRecord) => boolean): number | undefined {
  const now = stateAt(record, timeMs);
  if (now === undefined || !holds(now)) return record.find((state) => state.timeMs > timeMs && state.timeMs <= untilMs && holds(state))?.timeMs;
  let first = now.timeMs;
  for (let i = record.indexOf(now); i >= 0; i--) {
    const state = record[i];
    if (state === undefined || !holds(state)) break;
    first = state.timeMs;
  }
  return first;
}
