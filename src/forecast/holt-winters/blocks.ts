// The history cut into blocks, one per day node: everything of the objective that does not depend on the parameters, computed once per fit.
// Seasons are read at each block's own wall-clock time, so a change of the offset between blocks moves the nodes with it.
import type { Series } from "../../series/index.ts";
import type { LocalClock } from "../forecaster.ts";
import { DAY_MS, timeOfDay, WEEK_MS } from "../seasons.ts";
import { nodeCounts } from "./kernel.ts";
import { type Span, spansOf } from "./spans.ts";

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
/** How many blocks from this one on, within a span, have their full number of samples, none of them missing. */
export const WHOLE = 6;

/** Fractions of a block, one record after the other: shares of the next node at the same places. */
export const FRACTIONS = 5;
export const DAY_SHARE = 0;
export const WEEK_SHARE = 1;
export const TARGET_DAY_SHARE = 2;
export const TARGET_WEEK_SHARE = 3;
/** The target's z; NaN where there is none, or nothing is judged. */
export const VALUE = 4;

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
  readonly spans: readonly Span[];
  readonly leadSteps: number;
  /** Every sample is a block, and it and its target lie on a day node: then there are no records, and every sample is judged that has a target. */
  readonly isSingle: boolean;
}

/** How far the judged sample moves from block to block. */
export const ROTATION = 2;

/** sqrt of the values; those that are negative or above `most` become NaN. */
export function rooted(values: Float64Array, most: number): Float64Array {
  const z = new Float64Array(values.length);
  for (let i = 0; i < z.length; i++) z[i] = values[i]! <= most ? Math.sqrt(values[i]!) : NaN;
  return z;
}

/** Cuts `history` (z = its roots) for forecasts `leadSteps` ahead, judged from sample `judgeFrom` on. */
export function cutBlocks(history: Pick<Series, "startMs" | "stepMs">, z: Float64Array, leadSteps: number, judgeFrom: number, clock: LocalClock): Blocks {
  const { stepMs } = history;
  const { dayNodes, weekNodes } = nodeCounts(stepMs);
  const nodeMs = DAY_MS / dayNodes;
  const spans = spansOf(history, z.length, leadSteps, clock);
  const isSingle = stepMs === nodeMs && spans.every(({ localMs, targetMs }) => timeOfDay(localMs) % nodeMs === 0 && timeOfDay(targetMs) % nodeMs === 0);
  // Each span ends a block.
  const most = isSingle ? 0 : Math.min(z.length, Math.ceil((z.length * stepMs) / nodeMs) + 2 * spans.length);
  const cut = {
    z, spans, dayNodes, weekNodes, leadSteps, judgeFrom, isSingle,
    size: Math.max(1, Math.round(nodeMs / stepMs)),
    integers: new Int32Array(most * INTEGERS + 1), fractions: new Float64Array(most * FRACTIONS),
    dayShare: (stepMs * dayNodes) / DAY_MS, weekShare: (stepMs * weekNodes) / WEEK_MS,
    count: 0, judged: 0, judgedFrom: -1,
  };
  if (isSingle) {
    let judged = 0;
    for (let t = judgeFrom + leadSteps; t < z.length; t++) if (z[t] === z[t]) judged++;
    return { ...cut, count: z.length, judged, judgedFrom: judgeFrom };
  }
  for (const span of spans) cutSpan(cut, span, stepMs);
  cut.integers[cut.count * INTEGERS + FIRST] = z.length;
  return { ...cut, judgedFrom: Math.max(0, cut.judgedFrom) };
}

type Cut = { -readonly [K in keyof Blocks]: Blocks[K] } & { readonly judgeFrom: number };

/** Cuts one span, appending to the blocks that there are. */
function cutSpan(cut: Cut, span: Span, stepMs: number): void {
  const { z, size, dayNodes, weekNodes, leadSteps, judgeFrom, integers, fractions, dayShare } = cut;
  const { first, end: spanEnd } = span;
  const dayNodesPerMs = dayNodes / DAY_MS;
  const weekNodesPerMs = weekNodes / WEEK_MS;
  // Ms since midnight and since the week began, of the block's first sample and of its target.
  let dayMs = timeOfDay(span.localMs);
  let weekMs = span.weekMs;
  let targetDayMs = timeOfDay(span.targetMs);
  let targetWeekMs = span.targetWeekMs;
  let { count: b, judged, judgedFrom } = cut;
  let m = 0;
  for (let i = first; i < spanEnd; b++) {
    const n = b * INTEGERS;
    const x = b * FRACTIONS;
    const p = dayMs * dayNodesPerMs;
    const q = weekMs * weekNodesPerMs;
    const j = p | 0;
    const k = q | 0;
    // As many samples as there are up to the next day node.
    const length = Math.min(spanEnd - i, Math.max(1, Math.ceil((j + 1 - p) / dayShare - 1e-6))) | 0;
    while (m >= length) m -= length;
    const aim = i + m + leadSteps;
    const tp = wrapped(targetDayMs + m * stepMs, DAY_MS) * dayNodesPerMs;
    const tq = wrapped(targetWeekMs + m * stepMs, WEEK_MS) * weekNodesPerMs;
    let sum = 0;
    for (let t = i; t < i + length; t++) sum += z[t]!;
    integers[n + FIRST] = i;
    integers[n + DAY_NODE] = j;
    integers[n + WEEK_NODE] = k;
    integers[n + TARGET_DAY_NODE] = tp | 0;
    integers[n + TARGET_WEEK_NODE] = tq | 0;
    integers[n + JUDGED] = m;
    integers[n + WHOLE] = sum === sum && length === size ? 1 : 0;
    fractions[x + DAY_SHARE] = p - j;
    fractions[x + WEEK_SHARE] = q - k;
    fractions[x + TARGET_DAY_SHARE] = tp - (tp | 0);
    fractions[x + TARGET_WEEK_SHARE] = tq - (tq | 0);
    const target = i >= judgeFrom && aim < z.length ? z[aim]! : NaN;
    fractions[x + VALUE] = target;
    if (target === target) {
      if (judgedFrom < 0) judgedFrom = b;
      judged++;
    }
    const passedMs = length * stepMs;
    dayMs = wrapped(dayMs + passedMs, DAY_MS);
    weekMs = wrapped(weekMs + passedMs, WEEK_MS);
    targetDayMs = wrapped(targetDayMs + passedMs, DAY_MS);
    targetWeekMs = wrapped(targetWeekMs + passedMs, WEEK_MS);
    i += length;
    m += ROTATION;
  }
  for (let n = (b - 2) * INTEGERS + WHOLE; n >= cut.count * INTEGERS; n -= INTEGERS) if (integers[n] === 1) integers[n] = 1 + integers[n + INTEGERS]!;
  cut.count = b;
  cut.judged = judged;
  cut.judgedFrom = judgedFrom;
}

/** Ms of a period, at most one period too many. */
function wrapped(ms: number, periodMs: number): number {
  return ms >= periodMs ? ms - periodMs : ms;
}
