// The history cut into blocks, one per day node: everything of the objective that does not depend on the parameters, computed once per fit.
// Seasons are read at each block's own wall-clock time, so a change of the offset between blocks moves the nodes with it.
import type { Series } from "../../series/index.ts";
import type { LocalClock } from "../forecaster.ts";
import { DAY_MS, timeOfDay, timeOfWeek, WEEK_MS } from "../seasons.ts";
import { nodeCounts } from "./kernel.ts";

/** Positions in the two profiles: node j and share f of the next, node k and share g of the next. */
export interface Positions {
  readonly j: Int32Array;
  readonly f: Float64Array;
  readonly k: Int32Array;
  readonly g: Float64Array;
}

export interface Blocks {
  readonly count: number;
  /** sqrt of the values; NaN = missing. */
  readonly z: Float64Array;
  /** First sample of each block; one more entry than there are blocks. */
  readonly first: Int32Array;
  /** 1 where no sample of the block is missing. */
  readonly whole: Uint8Array;
  /** Positions of each block's first sample, and their growth per sample. */
  readonly start: Positions;
  readonly dayShare: number;
  readonly weekShare: number;
  /** The sample of each block whose forecast is judged, counted from the block's first; it rotates, for a fixed minute would miss minute jobs. */
  readonly judged: Int32Array;
  /** Its target, `leadSteps` later: positions, value (0 where none) and weight (1 judged, 0 not). */
  readonly target: Positions;
  readonly value: Float64Array;
  readonly weight: Uint8Array;
  readonly dayNodes: number;
  readonly weekNodes: number;
}

/** How far the judged sample moves from block to block. */
const ROTATION = 2;

function createPositions(count: number): Positions {
  return { j: new Int32Array(count), f: new Float64Array(count), k: new Int32Array(count), g: new Float64Array(count) };
}

function place({ j, f, k, g }: Positions, at: number, localMs: number, dayNodes: number, weekNodes: number): void {
  const p = timeOfDay(localMs) * (dayNodes / DAY_MS);
  const q = timeOfWeek(localMs) * (weekNodes / WEEK_MS);
  j[at] = p | 0;
  f[at] = p - (p | 0);
  k[at] = q | 0;
  g[at] = q - (q | 0);
}

/** sqrt of the values; those that are negative or above `most` become NaN. */
export function rooted(values: Float64Array, most: number): Float64Array {
  const z = new Float64Array(values.length);
  for (let i = 0; i < z.length; i++) z[i] = values[i]! <= most ? Math.sqrt(values[i]!) : NaN;
  return z;
}

/** Cuts `history` (z already rooted) for forecasts `leadSteps` ahead, judged from sample `judgeFrom` on. */
export function cutBlocks(history: Series, z: Float64Array, leadSteps: number, judgeFrom: number, clock: LocalClock): Blocks {
  const { startMs, stepMs } = history;
  const { dayNodes, weekNodes } = nodeCounts(stepMs);
  const nodeMs = DAY_MS / dayNodes;
  const most = Math.min(z.length, Math.ceil((z.length * stepMs) / nodeMs) * 2 + 2);
  const first = new Int32Array(most + 1);
  const whole = new Uint8Array(most);
  const judged = new Int32Array(most);
  const value = new Float64Array(most);
  const weight = new Uint8Array(most);
  const start = createPositions(most);
  const target = createPositions(most);
  let b = 0;
  for (let i = 0; i < z.length; b++) {
    const local = clock.localMs(startMs + i * stepMs);
    place(start, b, local, dayNodes, weekNodes);
    const leftMs = (1 - start.f[b]!) * nodeMs;
    const end = b + 1 < most ? Math.min(z.length, i + Math.max(1, Math.ceil(leftMs / stepMs - 1e-6))) : z.length;
    first[b] = i;
    let sum = 0;
    for (let t = i; t < end; t++) sum += z[t]!;
    whole[b] = sum === sum ? 1 : 0;
    const m = (ROTATION * b) % (end - i);
    const aim = i + m + leadSteps;
    judged[b] = m;
    place(target, b, clock.localMs(startMs + aim * stepMs), dayNodes, weekNodes);
    const there = aim < z.length ? z[aim]! : NaN;
    if (i >= judgeFrom && there === there) {
      value[b] = there;
      weight[b] = 1;
    }
    i = end;
  }
  first[b] = z.length;
  return {
    count: b, z, first, whole, start, judged, target, value, weight, dayNodes, weekNodes,
    dayShare: (stepMs * dayNodes) / DAY_MS, weekShare: (stepMs * weekNodes) / WEEK_MS,
  };
}
