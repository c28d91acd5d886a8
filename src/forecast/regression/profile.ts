// A seasonal profile that learns its own pace: each node by the mean of its first samples, later by a fixed share.
// Nodes longer than a step are centred and read by interpolation; a node as long as a step is a plain bin.
import type { State } from "../state.ts";

export interface Profile {
  readonly nodes: Float32Array;
  /** Samples (fractions of them) that each node has learned from. */
  readonly counts: Float32Array;
  readonly nodesPerMs: number;
  /** Half a node where nodes are centred, else 0; and 1 where reading interpolates, else 0. */
  readonly shift: number;
  readonly blend: number;
  /** Slowest gain, and what is added to a count before its inverse is taken. */
  readonly gain: number;
  readonly caution: number;
  /** Where `seekProfile` stands, what it read, and the error to learn from. */
  readonly place: Float64Array;
}

/** Slots of `place`. */
const NODE = 0;
const NEXT = 1;
const SHARE = 2;
export const READ = 3;
export const ERROR = 4;

export interface ProfileShape {
  readonly periodMs: number;
  readonly nodeMs: number;
  readonly stepMs: number;
  /** Share of a full node that is learned while it is passed once. */
  readonly share: number;
  readonly caution: number;
}

export function createProfile(state: State, { periodMs, nodeMs, stepMs, share, caution }: ProfileShape): Profile {
  const length = Math.max(1, Math.floor(periodMs / Math.max(nodeMs, stepMs)));
  const isCentred = nodeMs > stepMs;
  return {
    nodes: state.f32(length), counts: state.f32(length), nodesPerMs: length / periodMs, shift: isCentred ? 0.5 : 0, blend: isCentred ? 1 : 0,
    gain: Math.min(1, (share * stepMs) / nodeMs), caution, place: new Float64Array(5),
  };
}

/** The profile at `ms` since the start of its period. */
export function profileAt({ nodes, nodesPerMs, shift, blend }: Profile, ms: number): number {
  const position = ms * nodesPerMs - shift;
  const floor = Math.floor(position);
  const share = (position - floor) * blend;
  const a = floor < 0 ? nodes.length - 1 : floor;
  const b = a + 1 === nodes.length ? 0 : a + 1;
  return (1 - share) * nodes[a]! + share * nodes[b]!;
}

/** Finds the nodes around a local time (a slot of the frame) for `learnProfile`, and reads the profile there: `place[READ]`. */
export function seekProfile({ nodes, nodesPerMs, shift, blend, place }: Profile, frame: Float64Array, slot: number): void {
  const position = frame[slot]! * nodesPerMs - shift;
  const floor = Math.floor(position);
  const share = (position - floor) * blend;
  const a = floor < 0 ? nodes.length - 1 : floor;
  const b = a + 1 === nodes.length ? 0 : a + 1;
  place[NODE] = a;
  place[NEXT] = b;
  place[SHARE] = share;
  place[READ] = (1 - share) * nodes[a]! + share * nodes[b]!;
}

/** Moves the nodes that were sought by their gains times `place[ERROR]`. */
export function learnProfile({ nodes, counts, gain, caution, place }: Profile): void {
  const a = place[NODE]! | 0;
  const b = place[NEXT]! | 0;
  const share = place[SHARE]!;
  const error = place[ERROR]!;
  const countA = counts[a]! + 1 - share;
  counts[a] = countA;
  nodes[a] = nodes[a]! + Math.max(gain, 1 / (caution + countA)) * (1 - share) * error;
  if (share === 0) return;
  const countB = counts[b]! + share;
  counts[b] = countB;
  nodes[b] = nodes[b]! + Math.max(gain, 1 / (caution + countB)) * share * error;
}
