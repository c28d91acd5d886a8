// Three seasonal profiles that learn their own pace: each node by the mean of its first samples, later by a fixed share.
// Nodes longer than a step are centred and read by interpolation; nodes as long as a step are plain bins.
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";

const MINUTE_MS = 60_000;

/** The profiles, as indices: day (30 min), week (60 min), fine day (5 min). */
export const DAY = 0;
export const WEEK = 1;
export const FINE = 2;
/** Share: of a full node, learned while it is passed once. Caution: added to a count before its inverse is taken. */
const SHAPES = [
  { periodMs: DAY_MS, nodeMs: 30 * MINUTE_MS, share: 0.12, caution: 1.5 },
  { periodMs: WEEK_MS, nodeMs: 60 * MINUTE_MS, share: 0.2, caution: 2 },
  { periodMs: DAY_MS, nodeMs: 5 * MINUTE_MS, share: 0.08, caution: 1.5 },
] as const;
/** Added to positions of plain bins: by rounding, the first moment of a bin would fall into the one before. */
const ROUNDING = 1e-9;
const PROFILES = 3;
const WEEKLY = 1;

/** Slots of `shapes`: nodes per ms; half a node (centred) or a whole one; 1 where reading interpolates; slowest gain; caution; count that it is reached at. */
const PER_MS = 0;
const SHIFT = 1;
const BLEND = 2;
const GAIN = 3;
const CAUTION = 4;
const SETTLED = 5;
const SHAPE = 6;

export interface Profiles {
  /** All nodes, and the samples (fractions of them) that each has learned from. */
  readonly nodes: Float32Array;
  readonly counts: Float32Array;
  /** Where each profile begins, and the end. */
  readonly starts: Int32Array;
  readonly shapes: Float64Array;
}

/** Work space of any profiles, for arrays that all share are reached fastest: what each read where it was sought last, and its error there to learn from. */
export const READ = new Float64Array(PROFILES);
export const ERRORS = new Float64Array(PROFILES);
/** Two nodes each, and the share of the second. */
const BETWEEN = new Int32Array(2 * PROFILES);
const SHARES = new Float64Array(PROFILES);
const found = READ;
const errors = ERRORS;

export function createProfiles(state: State, stepMs: number): Profiles {
  const lengths = SHAPES.map(({ periodMs, nodeMs }) => Math.max(1, Math.floor(periodMs / Math.max(nodeMs, stepMs))));
  const starts = Int32Array.from([0, ...lengths], (_, p) => lengths.slice(0, p).reduce((sum, length) => sum + length, 0));
  const shapes = SHAPES.flatMap(({ periodMs, nodeMs, share, caution }, p) => {
    const isCentred = nodeMs > stepMs;
    const gain = Math.min(1, (share * stepMs) / nodeMs);
    return [lengths[p]! / periodMs, isCentred ? 0.5 : 1 + ROUNDING, isCentred ? 1 : 0, gain, caution, 1 / gain - caution];
  });
  const total = starts[PROFILES]!;
  return { nodes: state.f32(total), counts: state.f32(total), starts, shapes: Float64Array.from(shapes) };
}

/** Finds the nodes around the local times in two slots of the frame, of day and of week, and reads the profiles there. */
export function seekProfiles({ nodes, starts, shapes }: Profiles, frame: Float64Array, daySlot: number, weekSlot: number): void {
  for (let p = 0, at = 0; p < PROFILES; p++, at += SHAPE) {
    const start = starts[p]!;
    const end = starts[p + 1]!;
    const position = frame[p === WEEKLY ? weekSlot : daySlot]! * shapes[at + PER_MS]! + shapes[at + SHIFT]!;
    const next = position | 0;
    const share = (position - next) * shapes[at + BLEND]!;
    const a = next === 0 ? end - 1 : start + next - 1;
    const b = start + next === end ? start : start + next;
    BETWEEN[2 * p] = a;
    BETWEEN[2 * p + 1] = b;
    SHARES[p] = share;
    found[p] = (1 - share) * nodes[a]! + share * nodes[b]!;
  }
}

/** Moves the nodes that were sought by their gains times the errors, and reads the profiles there anew. */
export function learnProfiles({ nodes, counts, shapes }: Profiles): void {
  for (let p = 0, at = 0; p < PROFILES; p++, at += SHAPE) {
    const a = BETWEEN[2 * p]!;
    const b = BETWEEN[2 * p + 1]!;
    const share = SHARES[p]!;
    const error = errors[p]!;
    const gain = shapes[at + GAIN]!;
    const caution = shapes[at + CAUTION]!;
    const settled = shapes[at + SETTLED]!;
    const countA = counts[a]! + (1 - share);
    counts[a] = countA;
    nodes[a] = nodes[a]! + (countA < settled ? 1 / (caution + countA) : gain) * (1 - share) * error;
    if (share > 0) {
      const countB = counts[b]! + share;
      counts[b] = countB;
      nodes[b] = nodes[b]! + (countB < settled ? 1 / (caution + countB) : gain) * share * error;
    }
    found[p] = (1 - share) * nodes[a] + share * nodes[b]!;
  }
}
