// What was a day and a week ago: z in blocks of five minutes, by wall clock, for a week and a little.
// A block is the mean of its present samples; NaN where it has none.
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";

const BLOCK_MS = 300_000;
/** Beyond a week: the wall clock may step back, and a target lies ahead. */
const SPARE_MS = 4 * 3_600_000;

/** Slots of `numbers`: the block that is being filled (NaN: none yet) and how many samples it has. */
const BLOCK = 0;
const COUNT = 1;

export interface Lags {
  readonly blockMs: number;
  readonly perDay: number;
  readonly perWeek: number;
  readonly means: Float32Array;
  readonly numbers: Float64Array;
}

export function createLags(state: State, stepMs: number): Lags {
  const blockMs = Math.max(BLOCK_MS, stepMs);
  return {
    blockMs, perDay: Math.round(DAY_MS / blockMs), perWeek: Math.round(WEEK_MS / blockMs),
    means: state.f32(Math.ceil((WEEK_MS + SPARE_MS) / blockMs) + 2), numbers: state.f64(2),
  };
}

export function resetLags({ means, numbers }: Lags): void {
  means.fill(NaN);
  numbers[BLOCK] = NaN;
  numbers[COUNT] = 0;
}

/** Takes z at a local time; NaN only lets time pass. */
export function remember({ blockMs, means, numbers }: Lags, localMs: number, z: number): void {
  const block = Math.floor(localMs / blockMs);
  const was = numbers[BLOCK]!;
  if (block !== was) {
    // Blocks that the clock jumped over hold nothing; a clock that stepped back starts its blocks anew.
    const from = block > was ? Math.max(was + 1, block - means.length + 1) : block;
    for (let b = from; b <= block; b++) means[b % means.length] = NaN;
    numbers[BLOCK] = block;
    numbers[COUNT] = 0;
  }
  if (z !== z) return;
  const count = numbers[COUNT]! + 1;
  const at = block % means.length;
  numbers[COUNT] = count;
  means[at] = count === 1 ? z : means[at]! + (z - means[at]!) / count;
}

/** Mean of the present ones of the three blocks around `blocksBack` before the block of a local time; NaN if none is. */
export function lagged({ blockMs, means }: Lags, localMs: number, blocksBack: number): number {
  const middle = Math.floor(localMs / blockMs) - blocksBack;
  let sum = 0;
  let present = 0;
  for (let b = middle - 1; b <= middle + 1; b++) {
    const mean = means[b % means.length]!;
    if (mean !== mean) continue;
    sum += mean;
    present++;
  }
  return sum / present;
}
