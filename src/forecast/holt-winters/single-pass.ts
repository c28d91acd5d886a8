// The pass over a history whose steps are as long as day nodes (five minutes and more): every block is one sample, and every sample a plain node.
// Positions advance by counting: half the work of the general pass, for the same errors to 1e-3.
import type { Blocks } from "./blocks.ts";
import type { Span } from "./spans.ts";
import { DAY_MS, timeOfDay, WEEK_MS } from "../seasons.ts";
import { ALPHA, DELTA, LEVEL, OMEGA, PHI, PHI_TO_H, RESIDUAL, setWeekNode, SQUARES, type Workspace } from "./workspace.ts";

/** Runs the workspace's candidate over the samples of an aligned span before sample `until`; errors go to `errors`, the first judged sample's to its start. */
export function runSingles(blocks: Blocks, span: Span, until: number, { carried, day, week }: Workspace, errors: Float64Array): void {
  const { z, judgedFrom, leadSteps, dayNodes, weekNodes, weekShare } = blocks;
  const alpha = carried[ALPHA]!, delta = carried[DELTA]!, omega = carried[OMEGA]!, phi = carried[PHI]!, phiToH = carried[PHI_TO_H]!;
  let l = carried[LEVEL]!, r = carried[RESIDUAL]!, squares = carried[SQUARES]!;
  // Past the last sample with a target nothing is judged.
  const end = Math.min(span.end, until, z.length - leadSteps) | 0;
  // Day nodes of the sample and of its target.
  let j = Math.round(timeOfDay(span.localMs) * (dayNodes / DAY_MS)) % dayNodes;
  let tj = Math.round(timeOfDay(span.targetMs) * (dayNodes / DAY_MS)) % dayNodes;
  // Week nodes and places between them: a place beyond `brim` lies in the next node.
  const brim = 1 - weekShare / 2;
  let g = span.weekMs * (weekNodes / WEEK_MS);
  let tg = span.targetWeekMs * (weekNodes / WEEK_MS);
  let k = g | 0, tk = tg | 0;
  g -= k;
  tg -= tk;
  // W[k] and W[k+1] as they were when the node was entered, and as they are learned since.
  let w0 = week[k]!, w1 = week[k + 1]!, learned0 = w0, learned1 = w1;
  let tw = week[tk]!, targetRise = week[tk + 1]! - tw;
  for (let t = span.first, aim = span.first + leadSteps, out = span.first - judgedFrom; t < end; t++, aim++, out++) {
    if (g > brim) {
      setWeekNode(week, k, learned0);
      g -= 1;
      k = k + 1 === weekNodes ? 0 : k + 1;
      w0 = learned0 = learned1;
      w1 = learned1 = week[k + 1]!;
    }
    if (tg > brim) {
      tg -= 1;
      tk = tk + 1 === weekNodes ? 0 : tk + 1;
      tw = week[tk]!;
      targetRise = week[tk + 1]! - tw;
    }
    const y = z[t]!;
    if (y === y) {
      const d = day[j]!;
      const next = y - d - g * w1 - l - (1 - g) * w0;
      const e = next - phi * r;
      r = next;
      l += alpha * e;
      day[j] = d + delta * e;
      learned0 += omega * (1 - g) * e;
      learned1 += omega * g * e;
    } else r *= phi;
    if (out >= 0) {
      const error = z[aim]! - day[tj]! - (tw + tg * targetRise) - (l + phiToH * r);
      const counted = error === error ? error : 0;
      errors[out] = counted;
      squares += counted * counted;
    }
    j = j + 1 === dayNodes ? 0 : j + 1;
    tj = tj + 1 === dayNodes ? 0 : tj + 1;
    g += weekShare;
    tg += weekShare;
  }
  setWeekNode(week, k, learned0);
  setWeekNode(week, k + 1, learned1);
  carried[LEVEL] = l;
  carried[RESIDUAL] = r;
  carried[SQUARES] = squares;
}
