// Level and profiles to start from: averages over the first week, by time of day and then, of what is left, by time of week.
// Profiles are indexed by the same wall clock that reads them later; a missing sample counts nowhere.
import type { Series } from "../../series/index.ts";
import type { LocalClock } from "../forecaster.ts";
import { DAY_MS, timeOfDay, WEEK_MS } from "../seasons.ts";
import { nodeCounts } from "./kernel.ts";
import type { InitialState } from "./workspace.ts";
import { type Span, spansOf } from "./spans.ts";

/** A window with a larger share missing than this is extended by a day. */
const MOST_MISSING = 0.7;
/** Profiles are smoothed over so long a time: five nodes of five, and of fifteen minutes. */
const DAY_SMOOTHING_MS = 5 * 300_000;
const WEEK_SMOOTHING_MS = 5 * 900_000;

/** End (exclusive sample index) of the window to initialise from: `wantedMs` long, or longer while too much of it is missing. */
export function windowEnd(z: Float64Array, stepMs: number, wantedMs: number): number {
  const day = Math.max(1, Math.round(DAY_MS / stepMs));
  let end = Math.min(z.length, Math.max(1, Math.round(wantedMs / stepMs)));
  let present = 0;
  let counted = 0;
  for (;;) {
    for (; counted < end; counted++) if (z[counted] === z[counted]) present++;
    if (present >= (1 - MOST_MISSING) * end || end === z.length) return end;
    end = Math.min(z.length, end + day);
  }
}

/** Centred moving average over `width` nodes (odd) of a circular profile, ignoring nodes without samples; a node with none near reads 0. */
function smoothed(sums: Float64Array, counts: Float64Array, width: number): Float64Array {
  const nodes = sums.length;
  const half = (Math.min(width, nodes) - 1) >> 1;
  const out = new Float64Array(nodes);
  for (let n = 0; n < nodes; n++) {
    let total = 0;
    let present = 0;
    for (let i = -half; i <= half; i++) {
      const at = (n + i + nodes) % nodes;
      if (counts[at]! <= 0) continue;
      total += sums[at]! / counts[at]!;
      present++;
    }
    out[n] = present === 0 ? 0 : total / present;
  }
  return out;
}

/** Nodes (an odd number) that a smoothing over `smoothingMs` takes. */
function widthOf(smoothingMs: number, nodeMs: number): number {
  return Math.max(1, 2 * Math.round((smoothingMs / nodeMs - 1) / 2 - 1e-9) + 1);
}

/** A season: its length, its nodes, and how long ago it began when a span began. */
interface Season {
  readonly periodMs: number;
  readonly nodes: number;
  readonly timeOf: (span: Span) => number;
}

/** The profile that best explains `left`: each sample counts at the two nodes around it, as reading would weigh them. */
function profile(left: Float64Array, spans: readonly Span[], stepMs: number, { periodMs, nodes, timeOf }: Season, width: number): Float64Array {
  const sums = new Float64Array(nodes);
  const counts = new Float64Array(nodes);
  const nodesPerMs = nodes / periodMs;
  for (const span of spans) {
    const { first, end } = span;
    for (let i = first, ms = timeOf(span); i < end; i++, ms += stepMs) {
      if (ms >= periodMs) ms -= periodMs;
      const x = left[i]!;
      if (x !== x) continue;
      const p = ms * nodesPerMs;
      const n = p | 0;
      const share = p - n;
      const next = n + 1 === nodes ? 0 : n + 1;
      sums[n] = sums[n]! + (1 - share) * x;
      counts[n] = counts[n]! + 1 - share;
      sums[next] = sums[next]! + share * x;
      counts[next] = counts[next]! + share;
    }
  }
  return smoothed(sums, counts, width);
}

/** Takes what a profile explains out of `left`. */
function subtract(profiled: Float64Array, left: Float64Array, spans: readonly Span[], stepMs: number, { periodMs, nodes, timeOf }: Season): void {
  const nodesPerMs = nodes / periodMs;
  for (const span of spans) {
    const { first, end } = span;
    for (let i = first, ms = timeOf(span); i < end; i++, ms += stepMs) {
      if (ms >= periodMs) ms -= periodMs;
      const p = ms * nodesPerMs;
      const n = p | 0;
      const share = p - n;
      left[i] = left[i]! - (1 - share) * profiled[n]! - share * profiled[n + 1 === nodes ? 0 : n + 1]!;
    }
  }
}

/** The state before the first sample of `history`, from its first `end` samples (z = their square roots). */
export function initialState(history: Series, z: Float64Array, end: number, seasons: { day: boolean; week: boolean }, clock: LocalClock): InitialState {
  const { stepMs } = history;
  const { dayNodes, weekNodes } = nodeCounts(stepMs);
  const spans = spansOf(history, end, 0, clock);
  let sum = 0;
  let present = 0;
  for (let i = 0; i < end; i++) {
    const x = z[i]!;
    if (x !== x) continue;
    sum += x;
    present++;
  }
  const level = present === 0 ? 0 : sum / present;
  const left = z.slice(0, end);
  for (let i = 0; i < end; i++) left[i] = left[i]! - level;
  const ofDay = { periodMs: DAY_MS, nodes: dayNodes, timeOf: (span: Span) => timeOfDay(span.localMs) };
  const day = seasons.day ? profile(left, spans, stepMs, ofDay, widthOf(DAY_SMOOTHING_MS, DAY_MS / dayNodes)) : new Float64Array(dayNodes);
  if (!seasons.week) return { level, day, week: new Float64Array(weekNodes) };
  if (seasons.day) subtract(day, left, spans, stepMs, ofDay);
  const ofWeek = { periodMs: WEEK_MS, nodes: weekNodes, timeOf: (span: Span) => span.weekMs };
  return { level, day, week: profile(left, spans, stepMs, ofWeek, widthOf(WEEK_SMOOTHING_MS, WEEK_MS / weekNodes)) };
}
