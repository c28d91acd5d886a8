// What was a day and a week ago: z in blocks of five minutes, by wall clock, for a week and a little.
// A block is the mean of its present samples; NaN where it has none.
import * as frames from "../frame.ts";
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";

const { LOCAL, ROOT, TARGET } = frames;

const BLOCK_MS = 300_000;
/** Beyond a week: the wall clock may step back, and a target lies ahead. */
const SPARE_MS = 4 * 3_600_000;

/** Slots of `FOUND`. */
export const DAY_AGO = 0;
export const WEEK_AGO = 1;
const LAGS = 2;
/** What the last `seekLags` found, of any lags. */
export const FOUND = new Float64Array(LAGS);
const found = FOUND;
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

/** Slot of a block, also before the clock's zero (a remainder by division: `%` on doubles is a slow library call). */
function slotOf(block: number, length: number): number {
  return block - Math.floor(block / length) * length;
}

/** Takes the frame's root at its local time; NaN only lets time pass. */
export function remember({ blockMs, means, numbers }: Lags, frame: Float64Array): void {
  const block = Math.floor(frame[LOCAL]! / blockMs);
  const z = frame[ROOT]!;
  const was = numbers[BLOCK]!;
  if (block !== was) {
    // Blocks that the clock jumped over hold nothing; a clock that stepped back starts its blocks anew.
    const from = block > was ? Math.max(was + 1, block - means.length + 1) : block;
    for (let b = from; b <= block; b++) means[slotOf(b, means.length)] = NaN;
    numbers[BLOCK] = block;
    numbers[COUNT] = 0;
  }
  if (z !== z) return;
  const count = numbers[COUNT]! + 1;
  const at = slotOf(block, means.length);
  numbers[COUNT] = count;
  means[at] = count === 1 ? z : means[at]! + (z - means[at]!) / count;
}

/** Puts what was a day and a week before the frame's target into `FOUND`: means of the present ones of three blocks, NaN where none is. */
export function seekLags({ blockMs, perDay, perWeek, means }: Lags, frame: Float64Array): void {
  const { length } = means;
  let slot = slotOf(Math.floor(frame[TARGET]! / blockMs) - perDay - 1, length) | 0;
  for (let lag = 0; lag < LAGS; lag++) {
    let sum = 0;
    let present = 0;
    let at = slot;
    for (let b = 0; b < 3; b++) {
      const mean = means[at]!;
      if (mean === mean) {
        sum += mean;
        present++;
      }
      at = at + 1 === length ? 0 : at + 1;
    }
    found[lag] = sum / present;
    slot -= perWeek - perDay;
    if (slot < 0) slot += length;
  }
}
