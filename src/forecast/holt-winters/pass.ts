// A run of the recurrence over a history for one candidate of the fit: the h-step errors that it makes, and the sum of their squares.
// The same equations as kernel.ts, with the profiles learning once per block; nothing is allocated, only the workspace and the errors are written.
import {
  type Blocks, DAY_NODE, DAY_SHARE, FIRST, FRACTIONS, INTEGERS, JUDGED, TARGET_DAY_NODE, TARGET_DAY_SHARE, TARGET_WEEK_NODE, TARGET_WEEK_SHARE, VALUE,
  WEEK_NODE, WEEK_SHARE, WHOLE,
} from "./blocks.ts";
import { FIVE, runFives } from "./five-pass.ts";
import type { Parameters } from "./kernel.ts";
import { runSingles } from "./single-pass.ts";
import {
  ALPHA, DELTA, type InitialState, LEVEL, OMEGA, PHI, PHI_TO_H, prepare, RESIDUAL, SAID, setWeekNode, SLOPE, SQUARES, SUM, type Workspace,
} from "./workspace.ts";

/**
 * Runs a candidate over the first `end` of `blocks` from `initial`. Its errors, from the first judged block on, are left in `errors` (0 where a block is
 * not judged), their sum of squares in the workspace.
 */
export function pass(blocks: Blocks, end: number, initial: InitialState, parameters: Parameters, workspace: Workspace, errors: Float64Array): void {
  prepare(workspace, initial, parameters, blocks.leadSteps);
  if (blocks.isSingle) for (let i = 0; i < blocks.spans.length; i++) runSingles(blocks, blocks.spans[i]!, end, workspace, errors);
  else if (blocks.size === FIVE) runWhole(blocks, end, workspace, errors);
  else for (let b = 0; b < end; b++) runBlock(blocks, b, workspace, errors);
}

/** Blocks of five, whole ones as long as they follow each other together. */
function runWhole(blocks: Blocks, end: number, workspace: Workspace, errors: Float64Array): void {
  const { integers } = blocks;
  for (let b = 0; b < end; ) {
    const whole = integers[b * INTEGERS + WHOLE]!;
    if (whole === 0) runBlock(blocks, b++, workspace, errors);
    else {
      const last = b + whole < end ? b + whole : end;
      runFives(blocks, b, last, workspace, errors);
      b = last;
    }
  }
}

/** The general block: of any number of samples, beginning anywhere, samples missing. */
function runBlock(blocks: Blocks, b: number, workspace: Workspace, errors: Float64Array): void {
  const { judgedFrom, integers, fractions, dayShare, weekShare, dayNodes } = blocks;
  const { carried, day, week } = workspace;
  const n = b * INTEGERS, x = b * FRACTIONS;
  const j = integers[n + DAY_NODE]!, j1 = j + 1 === dayNodes ? 0 : j + 1, k = integers[n + WEEK_NODE]!;
  const f = fractions[x + DAY_SHARE]!, g = fractions[x + WEEK_SHARE]!;
  const d0 = day[j]!, d1 = day[j1]!, w0 = week[k]!, w1 = week[k + 1]!;
  // Within a block the season is a straight line: s at its first sample, ds more per sample.
  stepThrough(blocks, n, carried, d0 + f * (d1 - d0) + w0 + g * (w1 - w0), dayShare * (d1 - d0) + weekShare * (w1 - w0));
  if (b >= judgedFrom) {
    const tj = integers[n + TARGET_DAY_NODE]!, tk = integers[n + TARGET_WEEK_NODE]!;
    const td = day[tj]!, tw = week[tk]!;
    const td1 = day[tj + 1 === dayNodes ? 0 : tj + 1]!, tw1 = week[tk + 1]!;
    const season = td + tw + fractions[x + TARGET_DAY_SHARE]! * (td1 - td) + fractions[x + TARGET_WEEK_SHARE]! * (tw1 - tw);
    const error = fractions[x + VALUE]! - (carried[SAID]! + season), counted = error === error ? error : 0;
    errors[b - judgedFrom] = counted;
    carried[SQUARES] = carried[SQUARES]! + counted * counted;
  }
  const sum = carried[SUM]!, slope = carried[SLOPE]!, delta = carried[DELTA]!, omega = carried[OMEGA]!;
  const dayPull = f * sum + dayShare * slope, weekPull = g * sum + weekShare * slope;
  day[j] = d0 + delta * (sum - dayPull);
  day[j1] = d1 + delta * dayPull;
  setWeekNode(week, k, w0 + omega * (sum - weekPull));
  setWeekNode(week, k + 1, w1 + omega * weekPull);
}

/** The samples of block record `n` one by one, missing ones too; the season is s at the first, and ds more per sample. */
function stepThrough({ z, integers }: Blocks, n: number, carried: Float64Array, s: number, ds: number): void {
  const first = integers[n + FIRST]!;
  const last = integers[n + INTEGERS + FIRST]!;
  const judged = integers[n + JUDGED]!;
  const alpha = carried[ALPHA]!;
  const phi = carried[PHI]!;
  let l = carried[LEVEL]!;
  let r = carried[RESIDUAL]!;
  let sum = 0;
  let slope = 0;
  for (let t = first, i = 0; t < last; t++, i++) {
    const y = z[t]!;
    if (y === y) {
      const next = y - (s + i * ds) - l;
      const e = next - phi * r;
      r = next;
      l += alpha * e;
      sum += e;
      slope += i * e;
    } else r *= phi;
    if (i === judged) carried[SAID] = l + carried[PHI_TO_H]! * r;
  }
  carried[LEVEL] = l;
  carried[RESIDUAL] = r;
  carried[SUM] = sum;
  carried[SLOPE] = slope;
}
