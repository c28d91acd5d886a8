// What the demand rule will ask for at each coming step, if the forecast comes true: a limited climb has to begin before that.
// Invariant: times that normally have no samples ask for nothing, as in the rule itself.
import type { DemandSettings } from "../decision.ts";

/** What the rule lends of itself. */
export interface AheadParts {
  readonly settings: Pick<DemandSettings, "stepMs" | "leadSteps" | "targetPerReplica" | "minReplicas" | "maxReplicas" | "localClock">;
  readonly timeMs: number;
  readonly margin: number;
  readonly isOpen: (localMs: number) => boolean;
  /** S of the window whose middle has this local time. */
  readonly scaleAt: (localMs: number) => number;
}

/**
 * `path[k - 1]` is the forecast `k` steps ahead. Answers the replicas, minReplicas to maxReplicas, that the rule will ask for 1, 2, ... steps ahead: as in the
 * rule the largest forecast of the lead that follows, with the margin of that time of day. The last lead of the path has no step of its own.
 */
export function needsAhead(path: Float64Array, { settings, timeMs, margin, isOpen, scaleAt }: AheadParts): Float64Array {
  const { stepMs, leadSteps, targetPerReplica, minReplicas, maxReplicas, localClock } = settings;
  const local = path.map((_, j) => localClock.localMs(timeMs + (j + 1) * stepMs));
  const open = path.map((demand, j) => (demand >= 0 && isOpen(local[j]!) ? demand : -Infinity));
  const needs = new Float64Array(Math.max(0, path.length - leadSteps)).fill(minReplicas);
  const rising = new Int32Array(path.length); // places of a monotone queue: the largest of the window first
  let [head, tail] = [0, 0];
  for (let j = path.length - 1; j >= 0; j--) {
    while (tail > head && open[rising[tail - 1]!]! <= open[j]!) tail--;
    rising[tail++] = j;
    if (rising[head]! > j + leadSteps) head++;
    if (j >= needs.length) continue;
    const point = open[rising[head]!]!;
    if (point === -Infinity) continue;
    const scale = scaleAt(local[j + (leadSteps >> 1)]! + (leadSteps & 1) * 0.5 * stepMs);
    // Further ahead errors are larger, as of a sum of errors.
    const wider = margin > 0 ? Math.sqrt(1 + (j + 1) / leadSteps) : 1;
    const need = Math.max(open[j]!, point + wider * margin * scale);
    needs[j] = Math.min(maxReplicas, Math.max(minReplicas, Math.ceil(need / targetPerReplica - 1e-9)));
  }
  return needs;
}
