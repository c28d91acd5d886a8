// Samples while they arrive: two arrays of the expected size that grow only if the server sends more than was asked for.
import type { Samples } from "../series/index.ts";

export interface SampleBuffer {
  /** How many it holds. */
  readonly count: number;
  push(timeMs: number, value: number): void;
  /** Views of what was pushed. */
  samples(): Samples;
}

/** An empty buffer with room for `expected` samples. */
export function createSampleBuffer(expected: number): SampleBuffer {
  let timesMs = new Float64Array(Math.max(1, expected));
  let values = new Float64Array(timesMs.length);
  let count = 0;
  return {
    get count() {
      return count;
    },
    push(timeMs, value) {
      if (count === timesMs.length) {
        const [times, numbers] = [timesMs, values];
        timesMs = new Float64Array(2 * count);
        values = new Float64Array(2 * count);
        timesMs.set(times);
        values.set(numbers);
      }
      timesMs[count] = timeMs;
      values[count++] = value;
    },
    samples: () => ({ timesMs: timesMs.subarray(0, count), values: values.subarray(0, count) }),
  };
}
