// One run of the recurrence over a whole history: the squared h-step errors that one candidate of the fit makes.
// The same equations as kernel.ts, with D and W updated once per block; nothing is allocated and nothing but the buffers given is written.
import type { Blocks } from "./blocks.ts";
import type { Parameters } from "./kernel.ts";

/** Level and profiles before the first sample, on z. */
export interface InitialState {
  readonly level: number;
  readonly day: Float64Array;
  readonly week: Float64Array;
}

/** Working memory of `pass`: both profiles with the first node repeated at the end, so that every node has a next one. */
export interface Workspace {
  readonly day: Float64Array;
  readonly week: Float64Array;
}

export function createWorkspace({ dayNodes, weekNodes }: Pick<Blocks, "dayNodes" | "weekNodes">): Workspace {
  return { day: new Float64Array(dayNodes + 1), week: new Float64Array(weekNodes + 1) };
}

function load(into: Float64Array, nodes: Float64Array): void {
  into.set(nodes);
  into[nodes.length] = nodes[0]!;
}

/**
 * Runs `parameters` over `blocks` from `initial`; writes the h-step error of each block's judged sample to `errors` (0 where none is judged)
 * and returns the sum of their squares. `leadSteps` is h.
 */
export function pass(
  blocks: Blocks, initial: InitialState, { alpha, delta, omega, phi }: Parameters, leadSteps: number, { day, week }: Workspace, errors: Float64Array,
): number {
  const { count, z, first, start, target, judged, value, weight, dayShare, weekShare, dayNodes, weekNodes } = blocks;
  const { j: startJ, f: startF, k: startK, g: startG } = start;
  const { j: targetJ, f: targetF, k: targetK, g: targetG } = target;
  load(day, initial.day);
  load(week, initial.week);
  const phiToH = phi ** leadSteps;
  let l = initial.level;
  let r = 0;
  let squares = 0;
  let t = 0;
  for (let b = 0; b < count; b++) {
    const end = first[b + 1]!;
    const judge = t + judged[b]!;
    const j = startJ[b]!;
    const k = startK[b]!;
    const f = startF[b]!;
    const g = startG[b]!;
    const d0 = day[j]!;
    const d1 = day[j + 1]!;
    const w0 = week[k]!;
    const w1 = week[k + 1]!;
    // The season is linear within a block: s at its first sample, ds more per sample.
    let s = d0 + f * (d1 - d0) + w0 + g * (w1 - w0);
    const ds = dayShare * (d1 - d0) + weekShare * (w1 - w0);
    const tj = targetJ[b]!;
    const tk = targetK[b]!;
    const tf = targetF[b]!;
    const tg = targetG[b]!;
    // Sums of e and of e x (samples since the block's first).
    let sum = 0;
    let slope = 0;
    let i = 0;
    for (; t <= judge; t++, i++, s += ds) {
      const x = z[t]!;
      if (x === x) {
        const next = x - l - s;
        const e = next - phi * r;
        r = next;
        l += alpha * e;
        sum += e;
        slope += i * e;
      } else r *= phi;
    }
    const error = weight[b]! * (value[b]! - l - phiToH * r - ((1 - tf) * day[tj]! + tf * day[tj + 1]! + (1 - tg) * week[tk]! + tg * week[tk + 1]!));
    for (; t < end; t++, i++, s += ds) {
      const x = z[t]!;
      if (x === x) {
        const next = x - l - s;
        const e = next - phi * r;
        r = next;
        l += alpha * e;
        sum += e;
        slope += i * e;
      } else r *= phi;
    }
    errors[b] = error;
    squares += error * error;
    const dayPull = delta * (f * sum + dayShare * slope);
    const weekPull = omega * (g * sum + weekShare * slope);
    day[j] = d0 + delta * sum - dayPull;
    day[j + 1] = d1 + dayPull;
    week[k] = w0 + omega * sum - weekPull;
    week[k + 1] = w1 + weekPull;
    if (j === 0) day[dayNodes] = day[0]!;
    else if (j + 1 === dayNodes) day[0] = day[dayNodes]!;
    if (k === 0) week[weekNodes] = week[0]!;
    else if (k + 1 === weekNodes) week[0] = week[weekNodes]!;
  }
  return squares;
}
