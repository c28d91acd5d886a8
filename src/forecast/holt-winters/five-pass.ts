// The pass over whole blocks of five samples: minutes in day nodes of five. The equations of kernel.ts, five samples at a time, in straight-line code.
// Half the time of the general pass, for the same errors to 1e-3; nothing is allocated.
import {
  type Blocks, DAY_NODE, FIRST, FRACTIONS, INTEGERS, JUDGED, ROTATION, TARGET_DAY_NODE, TARGET_DAY_SHARE, TARGET_WEEK_NODE, TARGET_WEEK_SHARE, VALUE,
  WEEK_NODE, WEEK_SHARE,
} from "./blocks.ts";
import { ALPHA, DELTA, LEVEL, OMEGA, PHI, PHI_TO_H, RESIDUAL, setWeekNode, SQUARES, type Workspace } from "./workspace.ts";

/** Samples of a block. */
export const FIVE = 5;

/** Runs the workspace's candidate over the blocks [first, end), all whole and of one span, each beginning on a day node. Errors as in `pass`. */
export function runFives(blocks: Blocks, first: number, end: number, { carried, day, week }: Workspace, errors: Float64Array): void {
  const { judgedFrom, z, integers, fractions, dayShare, weekShare, dayNodes, weekNodes } = blocks;
  const alpha = carried[ALPHA]!, delta = carried[DELTA]!, omega = carried[OMEGA]!, phi = carried[PHI]!, phiToH = carried[PHI_TO_H]!;
  const stay = 1 - alpha, recall = alpha * phi, brim = 1 - (FIVE * weekShare) / 2;
  let l = carried[LEVEL]!, r = carried[RESIDUAL]!, squares = carried[SQUARES]!;
  let n = first * INTEGERS, x = first * FRACTIONS;
  let t = integers[n + FIRST]!, m = integers[n + JUDGED]!;
  let j = integers[n + DAY_NODE]!, d0 = day[j]!;
  // W[k] and W[k+1] as they were when the node was entered, and as they are learned since.
  let k = integers[n + WEEK_NODE]!, g = fractions[x + WEEK_SHARE]!, w0 = week[k]!, w1 = week[k + 1]!, learned0 = w0, learned1 = w1;
  for (let b = first; b < end; b++) {
    if (g > brim) {
      setWeekNode(week, k, learned0);
      g -= 1;
      k = k + 1 === weekNodes ? 0 : k + 1;
      w0 = learned0 = learned1;
      w1 = learned1 = week[k + 1]!;
    }
    const j1 = j + 1 === dayNodes ? 0 : j + 1, d1 = day[j1]!;
    // Within a block the season is a straight line: s at its first sample, ds more per sample.
    const s = d0 + w0 + g * (w1 - w0), ds = dayShare * (d1 - d0) + weekShare * (w1 - w0);
    const z0 = z[t]!, z1 = z[t + 1]!, z2 = z[t + 2]!, z3 = z[t + 3]!, z4 = z[t + 4]!;
    // r' = z' - s' - l with l = l_before + alpha e gives r' = z' - z - ds + r - alpha e, and e = r - phi r_before:
    // no sample waits for the level after the one before.
    const r0 = z0 - s - l;
    const r1 = z1 - z0 - ds + recall * r + stay * r0;
    const r2 = z2 - z1 - ds + recall * r0 + stay * r1;
    const r3 = z3 - z2 - ds + recall * r1 + stay * r2;
    const r4 = z4 - z3 - ds + recall * r2 + stay * r3;
    const e0 = r0 - phi * r, e1 = r1 - phi * r0, e2 = r2 - phi * r1, e3 = r3 - phi * r2, e4 = r4 - phi * r3;
    const sum = e0 + e1 + (e2 + e3) + e4, slope = e1 + 2 * e2 + (3 * e3 + 4 * e4);
    if (b >= judgedFrom) {
      let said = l;
      if (m === 0) said += alpha * e0 + phiToH * r0;
      else if (m === 1) said += alpha * (e0 + e1) + phiToH * r1;
      else if (m === 2) said += alpha * (e0 + e1 + e2) + phiToH * r2;
      else said += m === 3 ? alpha * (sum - e4) + phiToH * r3 : alpha * sum + phiToH * r4;
      const tj = integers[n + TARGET_DAY_NODE]!, tk = integers[n + TARGET_WEEK_NODE]!;
      const td = day[tj]!, tw = week[tk]!;
      const td1 = day[tj + 1 === dayNodes ? 0 : tj + 1]!, tw1 = week[tk + 1]!;
      const season = td + tw + fractions[x + TARGET_DAY_SHARE]! * (td1 - td) + fractions[x + TARGET_WEEK_SHARE]! * (tw1 - tw);
      const error = fractions[x + VALUE]! - (said + season), counted = error === error ? error : 0;
      errors[b - judgedFrom] = counted;
      squares += counted * counted;
    }
    l += alpha * sum;
    r = r4;
    day[j] = d0 + delta * (sum - dayShare * slope);
    d0 = d1 + delta * dayShare * slope;
    const weekPull = g * sum + weekShare * slope;
    learned0 += omega * (sum - weekPull);
    learned1 += omega * weekPull;
    j = j1;
    g += FIVE * weekShare;
    t += FIVE;
    m = m + ROTATION < FIVE ? m + ROTATION : m + ROTATION - FIVE;
    n += INTEGERS;
    x += FRACTIONS;
  }
  day[j] = d0;
  setWeekNode(week, k, learned0);
  setWeekNode(week, k + 1, learned1);
  carried[LEVEL] = l;
  carried[RESIDUAL] = r;
  carried[SQUARES] = squares;
}
