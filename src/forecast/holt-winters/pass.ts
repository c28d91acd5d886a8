// A run of the recurrence over a whole history for several candidates of the fit at once: the h-step errors that each of them makes.
// The same equations as kernel.ts, with D and W updated once per block; nothing is allocated and nothing but the workspace is written.
// Candidates run side by side because the recurrence of one is a chain of dependent additions: the processor works on one while another waits.
import {
  type Blocks, DAY_NODE, DAY_SHARE, FIRST, FRACTIONS, INTEGERS, JUDGED, TARGET_DAY_NODE, TARGET_DAY_SHARE, TARGET_WEEK_NODE, TARGET_WEEK_SHARE, VALUE,
  WEEK_NODE, WEEK_SHARE, WEIGHT, WHOLE,
} from "./blocks.ts";
import type { Parameters } from "./kernel.ts";
import { ALPHA, CARRIED, DELTA, LEVEL, OMEGA, PHI, PHI_TO_H, RESIDUAL, runSingles, SAID, SLOPE, SQUARES, SUM } from "./single-pass.ts";

/** Level and profiles before the first sample, on z. */
export interface InitialState {
  readonly level: number;
  readonly day: Float64Array;
  readonly week: Float64Array;
}

/** Most candidates of one pass. */
export const MOST_CANDIDATES = 8;

/** The block size that has its own straight-line code: minutes in a node of five. */
const FIVE = 5;

/** Working memory of `pass`; with it a pass allocates nothing. */
export interface Workspace {
  /** Profiles of all candidates, those of one node side by side: day nodes, then week nodes. */
  readonly nodes: Float64Array;
  readonly carried: Float64Array;
  /** Profiles of one candidate at a time, for blocks of one sample; the week's first node is repeated at its end. */
  readonly day: Float64Array;
  readonly week: Float64Array;
  /** Errors of all candidates from the first judged block on, those of one block side by side; 0 where a block is not judged. */
  readonly errors: Float64Array;
}

export function createWorkspace({ count, judgedFrom, dayNodes, weekNodes }: Blocks): Workspace {
  return {
    nodes: new Float64Array((dayNodes + weekNodes) * MOST_CANDIDATES),
    carried: new Float64Array(CARRIED * MOST_CANDIDATES),
    day: new Float64Array(dayNodes),
    week: new Float64Array(weekNodes + 1),
    errors: new Float64Array((count - judgedFrom) * MOST_CANDIDATES),
  };
}

/** Puts the parameters of candidate `c` in place. */
export function propose({ carried }: Workspace, c: number, { alpha, delta, omega, phi }: Parameters, leadSteps: number): void {
  const a = c * CARRIED;
  carried[a + ALPHA] = alpha;
  carried[a + DELTA] = delta;
  carried[a + OMEGA] = omega;
  carried[a + PHI] = phi;
  carried[a + PHI_TO_H] = phi ** leadSteps;
}

/** Sum of squared errors that candidate `c` made in the last pass. */
export function squaresOf({ carried }: Workspace, c: number): number {
  return carried[c * CARRIED + SQUARES]!;
}

function begin({ nodes, carried }: Workspace, { level, day, week }: InitialState, candidates: number): void {
  let at = 0;
  for (let j = 0; j < day.length; j++) for (let c = 0; c < candidates; c++) nodes[at++] = day[j]!;
  for (let k = 0; k < week.length; k++) for (let c = 0; c < candidates; c++) nodes[at++] = week[k]!;
  for (let c = 0; c < candidates; c++) {
    carried[c * CARRIED + LEVEL] = level;
    carried[c * CARRIED + RESIDUAL] = 0;
    carried[c * CARRIED + SQUARES] = 0;
  }
}

/** Runs the first `candidates` proposals over `blocks` from `initial`; leaves their errors and sums of squares in the workspace. */
export function pass(blocks: Blocks, initial: InitialState, candidates: number, workspace: Workspace): void {
  begin(workspace, initial, candidates);
  if (blocks.size === 1 && blocks.isAligned) passSingles(blocks, initial, candidates, workspace);
  else passBlocks(blocks, candidates, workspace);
}

function passSingles(blocks: Blocks, initial: InitialState, candidates: number, { carried, day, week, errors }: Workspace): void {
  for (let c = 0; c < candidates; c++) {
    for (let j = 0; j < day.length; j++) day[j] = initial.day[j]!;
    for (let k = 0; k < initial.week.length; k++) week[k] = initial.week[k]!;
    week[initial.week.length] = initial.week[0]!;
    let out = c;
    for (let i = 0; i < blocks.spans.length; i++) out = runSingles(blocks, blocks.spans[i]!, carried, c * CARRIED, day, week, errors, out, candidates);
  }
}

/** The samples of block record `n` one by one, missing ones too, for the candidate at `carried[a...]`; the season is s, and ds more per sample. */
function stepThrough({ z, integers }: Blocks, n: number, carried: Float64Array, a: number, s: number, ds: number): void {
  const first = integers[n + FIRST]!;
  const last = integers[n + INTEGERS + FIRST]!;
  const judged = integers[n + JUDGED]!;
  const alpha = carried[a + ALPHA]!;
  const phi = carried[a + PHI]!;
  let l = carried[a + LEVEL]!;
  let r = carried[a + RESIDUAL]!;
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
    if (i === judged) carried[a + SAID] = l + carried[a + PHI_TO_H]! * r;
  }
  carried[a + LEVEL] = l;
  carried[a + RESIDUAL] = r;
  carried[a + SUM] = sum;
  carried[a + SLOPE] = slope;
}

/** The general pass: blocks of any size, all candidates side by side. */
function passBlocks(blocks: Blocks, candidates: number, { nodes, carried, errors }: Workspace): void {
  const { count, judgedFrom, size, z, integers, fractions, dayShare, weekShare, dayNodes, weekNodes } = blocks;
  const week = dayNodes * candidates;
  const end = week + weekNodes * candidates;
  for (let b = 0, n = 0, x = 0, out = -judgedFrom * candidates; b < count; b++, n += INTEGERS, x += FRACTIONS, out += candidates) {
    const j0 = integers[n + DAY_NODE]! * candidates;
    const j1 = j0 + candidates === week ? 0 : j0 + candidates;
    const k0 = week + integers[n + WEEK_NODE]! * candidates;
    const k1 = k0 + candidates === end ? week : k0 + candidates;
    const tj0 = integers[n + TARGET_DAY_NODE]! * candidates;
    const tj1 = tj0 + candidates === week ? 0 : tj0 + candidates;
    const tk0 = week + integers[n + TARGET_WEEK_NODE]! * candidates;
    const tk1 = tk0 + candidates === end ? week : tk0 + candidates;
    const f = fractions[x + DAY_SHARE]!, g = fractions[x + WEEK_SHARE]!;
    const tf = fractions[x + TARGET_DAY_SHARE]!, tg = fractions[x + TARGET_WEEK_SHARE]!;
    const value = fractions[x + VALUE]!, weight = fractions[x + WEIGHT]!;
    const t = integers[n + FIRST]!;
    const judged = integers[n + JUDGED]!;
    const isWhole = integers[n + WHOLE] === 1 && size === FIVE;
    for (let c = 0, a = 0; c < candidates; c++, a += CARRIED) {
      const d0 = nodes[j0 + c]!, d1 = nodes[j1 + c]!;
      const w0 = nodes[k0 + c]!, w1 = nodes[k1 + c]!;
      // Within a block the season is a straight line: s at its first sample, ds more per sample.
      const s = d0 + w0 + (f * (d1 - d0) + g * (w1 - w0));
      const ds = dayShare * (d1 - d0) + weekShare * (w1 - w0);
      let sum = 0, slope = 0, said = 0;
      if (isWhole) {
        const alpha = carried[a + ALPHA]!, phi = carried[a + PHI]!, phiToH = carried[a + PHI_TO_H]!;
        const r = carried[a + RESIDUAL]!, l = carried[a + LEVEL]!;
        const r0 = z[t]! - s - l, e0 = r0 - phi * r, l0 = l + alpha * e0;
        const r1 = z[t + 1]! - (s + ds) - l0, e1 = r1 - phi * r0, l1 = l0 + alpha * e1;
        const r2 = z[t + 2]! - (s + 2 * ds) - l1, e2 = r2 - phi * r1, l2 = l1 + alpha * e2;
        const r3 = z[t + 3]! - (s + 3 * ds) - l2, e3 = r3 - phi * r2, l3 = l2 + alpha * e3;
        const r4 = z[t + 4]! - (s + 4 * ds) - l3, e4 = r4 - phi * r3, l4 = l3 + alpha * e4;
        carried[a + RESIDUAL] = r4;
        carried[a + LEVEL] = l4;
        sum = e0 + e1 + (e2 + e3) + e4;
        slope = e1 + 2 * e2 + (3 * e3 + 4 * e4);
        if (judged === 0) said = l0 + phiToH * r0;
        else if (judged === 1) said = l1 + phiToH * r1;
        else said = judged === 2 ? l2 + phiToH * r2 : judged === 3 ? l3 + phiToH * r3 : l4 + phiToH * r4;
      } else {
        stepThrough(blocks, n, carried, a, s, ds);
        sum = carried[a + SUM]!;
        slope = carried[a + SLOPE]!;
        said = carried[a + SAID]!;
      }
      if (out >= 0) {
        const td = nodes[tj0 + c]!, tw = nodes[tk0 + c]!;
        const error = weight * (value - said - (td + tw + (tf * (nodes[tj1 + c]! - td) + tg * (nodes[tk1 + c]! - tw))));
        errors[out + c] = error;
        carried[a + SQUARES] = carried[a + SQUARES]! + error * error;
      }
      const dayPull = f * sum + dayShare * slope, weekPull = g * sum + weekShare * slope;
      const delta = carried[a + DELTA]!, omega = carried[a + OMEGA]!;
      nodes[j0 + c] = d0 + delta * (sum - dayPull);
      nodes[j1 + c] = d1 + delta * dayPull;
      nodes[k0 + c] = w0 + omega * (sum - weekPull);
      nodes[k1 + c] = w1 + omega * weekPull;
    }
  }
}
