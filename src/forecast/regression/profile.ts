// A seasonal profile that learns its own pace: each node by the mean of its first samples, later by a fixed share.
// Nodes longer than a step are centred and read by interpolation; nodes as long as a step are plain bins.
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";

const MINUTE_MS = 60_000;

/** Share: of a full node, learned while it is passed once. Caution: added to a count before its inverse is taken. */
interface Shape {
  readonly periodMs: number;
  readonly nodeMs: number;
  readonly share: number;
  readonly caution: number;
}

/** A1, A2, A3. */
export const DAY_SHAPE: Shape = { periodMs: DAY_MS, nodeMs: 30 * MINUTE_MS, share: 0.12, caution: 1.5 };
export const WEEK_SHAPE: Shape = { periodMs: WEEK_MS, nodeMs: 60 * MINUTE_MS, share: 0.2, caution: 2 };
export const FINE_SHAPE: Shape = { periodMs: DAY_MS, nodeMs: 5 * MINUTE_MS, share: 0.08, caution: 1.5 };

/** Added to positions of plain bins: by rounding, the first moment of a bin would fall into the one before. */
const ROUNDING = 1e-9;

export interface Profile {
  readonly nodes: Float32Array;
  /** The samples (fractions of them) that each node has learned from. */
  readonly counts: Float32Array;
  readonly nodesPerMs: number;
  /** Half a node (centred) or a whole one. */
  readonly shift: number;
  readonly isBin: boolean;
  /** Slowest gain, and the count from which on it is the gain. */
  readonly gain: number;
  readonly caution: number;
  readonly settled: number;
  /** Where it was sought last: two nodes, the share of the second, and what it reads there; and the error there, to learn from. */
  readonly found: { before: number; after: number; share: number; read: number; error: number };
}

export function createProfile(state: State, stepMs: number, { periodMs, nodeMs, share, caution }: Shape): Profile {
  const length = Math.max(1, Math.floor(periodMs / Math.max(nodeMs, stepMs)));
  const isBin = nodeMs <= stepMs;
  const gain = Math.min(1, (share * stepMs) / nodeMs);
  return {
    nodes: state.f32(length), counts: state.f32(length), nodesPerMs: length / periodMs, shift: isBin ? 1 + ROUNDING : 0.5, isBin,
    gain, caution, settled: 1 / gain - caution, found: { before: 0, after: 0, share: NaN, read: NaN, error: NaN },
  };
}

/** Finds the nodes around a time of the period (ms), and reads the profile there. */
export function seek({ nodes, nodesPerMs, shift, isBin, found }: Profile, ms: number): void {
  const position = ms * nodesPerMs + shift;
  const next = position | 0;
  const share = isBin ? 0 : position - next;
  const before = next === 0 ? nodes.length - 1 : next - 1;
  const after = next === nodes.length ? 0 : next;
  found.before = before;
  found.after = after;
  found.share = share;
  found.read = (1 - share) * nodes[before]! + share * nodes[after]!;
}

/** Moves the nodes that were sought by their gains times the error found there, and reads the profile anew. */
export function learnProfile({ nodes, counts, gain, caution, settled, found }: Profile): void {
  const { before, after, share, error } = found;
  const countBefore = counts[before]! + (1 - share);
  counts[before] = countBefore;
  nodes[before] = nodes[before]! + (countBefore < settled ? 1 / (caution + countBefore) : gain) * (1 - share) * error;
  if (share > 0) {
    const countAfter = counts[after]! + share;
    counts[after] = countAfter;
    nodes[after] = nodes[after]! + (countAfter < settled ? 1 / (caution + countAfter) : gain) * share * error;
  }
  found.read = (1 - share) * nodes[before] + share * nodes[after]!;
}
