// Fits that are thrown away: after them the fit has been compiled for every kind of step, and the first real one is as fast as the others.
// The series are generated from a seed; nothing is read, written or remembered.
import { createLocalClock, DAY_MS } from "../seasons.ts";
import { fitHoltWinters } from "./fit.ts";

/** So much history that the week is fitted too. */
const DAYS = 15;
const STEPS_MS = [60_000, 300_000];
const LEAD_MS = 1_200_000;
/** So often until the compiler is done. */
const ROUNDS = 4;
/** One in so many samples is missing, for that code to be compiled too. */
const MISSING_EVERY = 997;

/** A day's wave with noise (a linear congruential generator). */
function wave(stepMs: number): Float64Array {
  let seed = 1;
  return Float64Array.from({ length: Math.round((DAYS * DAY_MS) / stepMs) }, (_, i) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return i % MISSING_EVERY === 0 ? NaN : 100 + 50 * Math.sin((2 * Math.PI * i * stepMs) / DAY_MS) + (20 * seed) / 2 ** 32;
  });
}

/** Compiles the fit, in some 200 ms of processor time: to be called in a thread that may be kept busy. */
export function warmUp(): void {
  const localClock = createLocalClock("UTC");
  for (let round = 0; round < ROUNDS; round++) {
    for (const stepMs of STEPS_MS) {
      fitHoltWinters({ startMs: 0, stepMs, values: wave(stepMs) }, { leadSteps: LEAD_MS / stepMs, day: true, week: true, localClock, most: 1e30 });
    }
  }
}
