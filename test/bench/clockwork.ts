// Measuring: how long a call takes, and how many bytes of heap it leaves behind.
// Times are wall-clock; on a machine that others use too the best of many runs is the steadiest figure, so both it and the median are given.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface Timing {
  /** Ms per call. */
  readonly best: number;
  readonly median: number;
}

/** Times `run` `times` times after `warmUps` unmeasured ones. */
export function timed(run: () => void, times: number, warmUps: number): Timing {
  for (let i = 0; i < warmUps; i++) run();
  const taken = Array.from({ length: times }, () => {
    const begin = performance.now();
    run();
    return performance.now() - begin;
  }).sort((a, b) => a - b);
  return { best: taken[0] ?? NaN, median: taken[taken.length >> 1] ?? NaN };
}

/** The collector, fetched when it is first needed: from then on the engine is slower by a third, so all that is timed comes before. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** `numbers` as values of their own on the heap, so that passing one of them to a function allocates nothing. */
export function boxed(numbers: ArrayLike<number>): readonly number[] {
  // An array that holds something else than numbers keeps each of them as an object.
  const objects: unknown[] = ["not a number", ...Array.from(numbers)];
  objects.shift();
  return objects as number[];
}

/** Bytes of heap per operation that `run` allocates over `operations` operations: the least of a few tries, for the engine itself allocates now and then. */
export function allocated(run: () => void, operations: number): number {
  const collect = collector();
  run();
  run();
  const tries = Array.from({ length: 5 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    run();
    return process.memoryUsage().heapUsed - before;
  });
  return Math.max(0, Math.min(...tries)) / operations;
}
