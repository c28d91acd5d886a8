// The pass over a history whose steps are as long as day nodes (five minutes and more): every block is one sample, and every sample a plain node.
// Positions advance by counting, and the week profile learns when its node is left: half the work of the general pass, for the same errors to 1e-3.
import type { Blocks } from "./blocks.ts";
import { DAY_MS, timeOfDay, timeOfWeek, WEEK_MS } from "../seasons.ts";

/** Parameters and state of one candidate, in and out: l, r, alpha, delta, omega, phi, phi^h, sum of squared errors; then day nodes, then week nodes. */
export const LEVEL = 0;
export const RESIDUAL = 1;
export const ALPHA = 2;
export const DELTA = 3;
export const OMEGA = 4;
export const PHI = 5;
export const PHI_TO_H = 6;
export const SQUARES = 7;
/** What a block left behind: sum of e, sum of i e, and l + phi^h r after its judged sample. */
export const SUM = 8;
export const SLOPE = 9;
export const SAID = 10;
export const CARRIED = 11;

/** Moves week node k and the next by what was learned between them; the first node stands at both ends. */
function leave(week: Float64Array, k: number, pull: number, nextPull: number): void {
  const last = week.length - 1;
  week[k] = week[k]! + pull;
  week[k + 1] = week[k + 1]! + nextPull;
  if (k === 0) week[last] = week[0]!;
  else if (k + 1 === last) week[0] = week[last]!;
}

/**
 * Runs the candidate at `carried[at...]` over samples [first, end) of an aligned span whose local times begin at `localMs` and `targetMs`.
 * `day` and `week` hold its profiles, `week` with its first node repeated at the end. Errors go to `errors[out]`, `errors[out + stride]`, ...
 * for samples from `judgedFrom` on. Returns the next `out`.
 */
export function runSingles(
  { z, judgedFrom, leadSteps, dayNodes, weekNodes, weekShare }: Blocks, { first, end, localMs, targetMs }: Blocks["spans"][number],
  carried: Float64Array, at: number, day: Float64Array, week: Float64Array, errors: Float64Array, begin: number, stride: number,
): number {
  const alpha = carried[at + ALPHA]!;
  const delta = carried[at + DELTA]!;
  const omega = carried[at + OMEGA]!;
  const phi = carried[at + PHI]!;
  const phiToH = carried[at + PHI_TO_H]!;
  let l = carried[at + LEVEL]!;
  let r = carried[at + RESIDUAL]!;
  let squares = carried[at + SQUARES]!;
  let out = begin;
  let j = Math.round(timeOfDay(localMs) * (dayNodes / DAY_MS)) % dayNodes;
  let tj = Math.round(timeOfDay(targetMs) * (dayNodes / DAY_MS)) % dayNodes;
  let q = timeOfWeek(localMs) * (weekNodes / WEEK_MS);
  let tq = timeOfWeek(targetMs) * (weekNodes / WEEK_MS);
  let k = q | 0;
  let w = week[k]!;
  let rise = week[k + 1]! - w;
  // Sums of e and of g e since the node was entered.
  let sum = 0;
  let slope = 0;
  for (let t = first; t < end; t++) {
    if ((q | 0) !== k) {
      leave(week, k, omega * (sum - slope), omega * slope);
      if (q >= weekNodes) q -= weekNodes;
      k = q | 0;
      w = week[k]!;
      rise = week[k + 1]! - w;
      sum = 0;
      slope = 0;
    }
    const y = z[t]!;
    if (y === y) {
      const g = q - k;
      const d = day[j]!;
      const next = y - d - (w + g * rise) - l;
      const e = next - phi * r;
      r = next;
      l += alpha * e;
      day[j] = d + delta * e;
      sum += e;
      slope += g * e;
    } else r *= phi;
    if (t >= judgedFrom) {
      const aim = t + leadSteps;
      const tk = tq | 0;
      const before = week[tk]!;
      const error = aim < z.length ? z[aim]! - day[tj]! - (before + (tq - tk) * (week[tk + 1]! - before)) - (l + phiToH * r) : 0;
      const counted = error === error ? error : 0;
      errors[out] = counted;
      squares += counted * counted;
      out += stride;
    }
    j = j + 1 === dayNodes ? 0 : j + 1;
    tj = tj + 1 === dayNodes ? 0 : tj + 1;
    q += weekShare;
    tq += weekShare;
    if (tq >= weekNodes) tq -= weekNodes;
  }
  // What the node of the last samples would learn is left out: one node per change of the clocks, and none is read after the history's end.
  carried[at + LEVEL] = l;
  carried[at + RESIDUAL] = r;
  carried[at + SQUARES] = squares;
  return out;
}
