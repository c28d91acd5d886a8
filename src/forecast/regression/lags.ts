// What was a day and a week ago: z in blocks of five minutes, by wall clock, for a week and a little.
// A block is the mean of its present samples; NaN where it has none.
import type { Frame } from "../frame.ts";
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";

const BLOCK_MS = 300_000;
/** Beyond a week: the wall clock may step back, and a target lies ahead. */
const SPARE_MS = 4 * 3_600_000;


export interface Lags {
  readonly blockMs: number;
  readonly perDay: number;
  readonly means: Float32Array;
  /** The block that is being filled (NaN: none yet) and how many samples it has. */
  readonly numbers: { block: number; count: number };
}

export function createLags(state: State, stepMs: number): Lags {
  const blockMs = Math.max(BLOCK_MS, stepMs);
  return {
    blockMs, perDay: Math.round(DAY_MS / blockMs),
    means: state.f32(Math.ceil((WEEK_MS + SPARE_MS) / blockMs) + 2), numbers: state.record({ block: 0, count: 0 }),
  };
}

export function resetLags({ means, numbers }: Lags): void {
  means.fill(NaN);
  numbers.block = NaN;
  numbers.count = 0;
}

/** Number of the block that a moment lies in: a whole number of 32 bits, which passes between functions without being allocated. */
function blockOf(timeMs: number, blockMs: number): number {
  return Math.floor(timeMs / blockMs) | 0;
}

/** Slot of a block, also before the clock's zero. */
function slotOf(block: number, length: number): number {
  const slot = block % length;
  return slot < 0 ? slot + length : slot;
}

/** Takes the frame's root at its local time; NaN only lets time pass. */
export function remember({ blockMs, means, numbers }: Lags, frame: Frame): void {
  const block = blockOf(frame.local, blockMs);
  const z = frame.root;
  const was = numbers.block;
  if (block !== was) {
    // Blocks that the clock jumped over hold nothing; a clock that stepped back starts its blocks anew.
    const from = block > was ? Math.max(was + 1, block - means.length + 1) | 0 : block;
    for (let b = from; b <= block; b++) means[slotOf(b, means.length)] = NaN;
    numbers.block = block;
    numbers.count = 0;
  }
  if (z !== z) return;
  const count = numbers.count + 1;
  const at = slotOf(block, means.length);
  numbers.count = count;
  means[at] = count === 1 ? z : means[at]! + (z - means[at]!) / count;
}

/** What was a day and a week before a target (around holidays: on the day to compare with), and the target's block: NaN before it was sought. */
export interface Ago {
  block: number;
  dayAgo: number;
  weekAgo: number;
}

export function createAgo(state: State): Ago {
  return state.record({ block: 0, dayAgo: 0, weekAgo: 0 });
}

/** Seeks what was before the frame's target, if its block is another than in `ago`: means of the present ones of three blocks, NaN where none is. */
export function seekLags({ blockMs, perDay, means }: Lags, frame: Frame, ago: Ago): void {
  const block = blockOf(frame.target, blockMs);
  if (block === ago.block) return;
  ago.block = block;
  const { length } = means;
  const dayLag = frame.targetDayLag | 0;
  const weekLag = frame.targetWeekLag | 0;
  for (let lag = 0; lag < 2; lag++) {
    const days = lag === 0 ? dayLag : weekLag;
    const slot = slotOf(block - days * perDay - 1, length);
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
    const mean = days === 0 ? NaN : sum / present;
    if (lag === 0) ago.dayAgo = mean;
    else ago.weekAgo = mean;
  }
}
