// Expert 3: an exponential average of z over five minutes. Persistence, without the noise of a single sample.
// At steps of five minutes and more it is close to the last sample itself; a missing sample leaves it as it is.
import type { Frame } from "./frame.ts";
import type { State } from "./state.ts";

const TAU_MS = 300_000;

export interface MovingAverage {
  readonly gain: number;
  /** The average on z; NaN before any sample. */
  readonly numbers: { average: number };
}

export function createMovingAverage(state: State, stepMs: number): MovingAverage {
  return { gain: 1 - Math.exp(-stepMs / TAU_MS), numbers: state.record({ average: 0 }) };
}

export function resetMovingAverage({ numbers }: MovingAverage): void {
  numbers.average = NaN;
}

/** Takes the frame's root, not NaN. */
export function average({ gain, numbers }: MovingAverage, frame: Frame): void {
  const z = frame.root;
  const was = numbers.average;
  numbers.average = was === was ? was + gain * (z - was) : z;
}

/** The average now, on z; NaN before any sample. */
export function averageOf({ numbers }: MovingAverage): number {
  return numbers.average;
}
