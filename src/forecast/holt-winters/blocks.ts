// The history cut into blocks, one per day node: everything of the objective that does not depend on the parameters, computed once per fit.
// Seasons are read at each block's own wall-clock time, so a change of the offset between blocks moves the nodes with it.
import type { Series } from "../../series/index.ts";
import type { LocalClock } from "../forecaster.ts";
import { DAY_MS, timeOfDay, timeOfWeek, WEEK_MS } from "../seasons.ts";
import { nodeCounts } from "./kernel.ts";

/** Whole numbers of a block, one record after the other. */
export const INTEGERS = 7;
/** Its first sample. */
export const FIRST = 0;
/** Node of the day and of the week profile at its first sample, and at the target of its judged sample. */
export const DAY_NODE = 1;
export const WEEK_NODE = 2;
export const TARGET_DAY_NODE = 3;
export const TARGET_WEEK_NODE = 4;
/** The sample whose forecast is judged, counted from the block's first; it rotates, for a fixed minute would miss minute jobs. */
export const JUDGED = 5;
/** 1 where the block has its full number of samples and none is missing. */
export const WHOLE = 6;

/** Fractions of a block, one record after the other: shares of the next node at the same places. */
export const FRACTIONS = 6;
export const DAY_SHARE = 0;
export const WEEK_SHARE = 1;
export const TARGET_DAY_SHARE = 2;
export const TARGET_WEEK_SHARE = 3;
/** The target's z, 0 where there is none, and 1 where it is judged, 0 where not. */
export const VALUE = 4;
export const WEIGHT = 5;

export interface Blocks {
  readonly count: number;
  /** Samples of a full block. */
  readonly size: number;
  /** sqrt of the values; NaN = missing. */
  readonly z: Float64Array;
  readonly integers: Int32Array;
  readonly fractions: Float64Array;
  /** How much the shares of the day and of the week node grow per sample. */
  readonly dayShare: number;
  readonly weekShare: number;
  readonly dayNodes: number;
  readonly weekNodes: number;
  /** The first block that is judged. */
  readonly judgedFrom: number;
  /** Blocks that are judged. */
  readonly judged: number;
}

/** How far the judged sample moves from block to block. */
const ROTATION = 2;

/** sqrt of the values; those that are negative or above `most` become NaN. */
export function rooted(values: Float64Array, most: number): Float64Array {
  const z = new Float64Array(values.length);
  for (let i = 0; i < z.length; i++) z[i] = values[i]! <= most ? Math.sqrt(values[i]!) : NaN;
  return z;
}

/** Cuts `history` (z = its roots) for forecasts `leadSteps` ahead, judged from sample `judgeFrom` on. */
export function cutBlocks(history: Series, z: Float64Array, leadSteps: number, judgeFrom: number, clock: LocalClock): Blocks {
  const { startMs, stepMs } = history;
  const { dayNodes, weekNodes } = nodeCounts(stepMs);
  const nodeMs = DAY_MS / dayNodes;
  const dayNodesPerMs = dayNodes / DAY_MS;
  const weekNodesPerMs = weekNodes / WEEK_MS;
  const size = Math.max(1, Math.round(nodeMs / stepMs));
  // A block ends with its node, or with the history: changes of the offset add at most a block each.
  const most = Math.min(z.length, Math.ceil((z.length * stepMs) / nodeMs) + Math.ceil((z.length * stepMs) / WEEK_MS) + 2);
  const integers = new Int32Array(most * INTEGERS + 1);
  const fractions = new Float64Array(most * FRACTIONS);
  let judged = 0;
  let judgedFrom = -1;
  let b = 0;
  for (let i = 0; i < z.length; b++) {
    const n = b * INTEGERS;
    const x = b * FRACTIONS;
    const local = clock.localMs(startMs + i * stepMs);
    const p = timeOfDay(local) * dayNodesPerMs;
    const q = timeOfWeek(local) * weekNodesPerMs;
    const j = p | 0;
    const k = q | 0;
    const left = Math.max(1, Math.ceil(((j + 1 - p) * nodeMs) / stepMs - 1e-6));
    const end = b + 1 < most ? Math.min(z.length, i + left) : z.length;
    const m = (ROTATION * b) % (end - i);
    const aim = i + m + leadSteps;
    const then = clock.localMs(startMs + aim * stepMs);
    const tp = timeOfDay(then) * dayNodesPerMs;
    const tq = timeOfWeek(then) * weekNodesPerMs;
    let sum = 0;
    for (let t = i; t < end; t++) sum += z[t]!;
    integers[n + FIRST] = i;
    integers[n + DAY_NODE] = j;
    integers[n + WEEK_NODE] = k;
    integers[n + TARGET_DAY_NODE] = tp | 0;
    integers[n + TARGET_WEEK_NODE] = tq | 0;
    integers[n + JUDGED] = m;
    integers[n + WHOLE] = sum === sum && end - i === size ? 1 : 0;
    fractions[x + DAY_SHARE] = p - j;
    fractions[x + WEEK_SHARE] = q - k;
    fractions[x + TARGET_DAY_SHARE] = tp - (tp | 0);
    fractions[x + TARGET_WEEK_SHARE] = tq - (tq | 0);
    const target = aim < z.length ? z[aim]! : NaN;
    if (i >= judgeFrom && target === target) {
      fractions[x + VALUE] = target;
      fractions[x + WEIGHT] = 1;
      if (judgedFrom < 0) judgedFrom = b;
      judged++;
    }
    i = end;
  }
  integers[b * INTEGERS + FIRST] = z.length;
  return {
    count: b, size, z, integers, fractions, dayNodes, weekNodes, judged, judgedFrom: Math.max(0, judgedFrom),
    dayShare: stepMs * dayNodesPerMs, weekShare: stepMs * weekNodesPerMs,
  };
}
