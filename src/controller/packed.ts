// The state of a line as it is kept while nobody looks at it: two thirds of its size, and exact.
// Rings and histograms hold the same value many times over, so a word is kept only where it differs from that of the number before it.
import type { LineState } from "../decision/index.ts";

/** First a bit for each word, then the words that differ. */
export type Packed = Uint32Array;

const WORDS = 2; // of 32 bits a number
const BITS = 32;

/** Copies `state`, whose arrays each own their buffer. */
export function pack(state: LineState): Packed {
  const arrays = arraysOf(state);
  const length = arrays.reduce((sum, array) => sum + WORDS * array.length, 0);
  const marks = Math.ceil(length / BITS);
  const packed = new Uint32Array(marks + length);
  let word = 0;
  let end = marks;
  for (const array of arrays) {
    const words = wordsOf(array);
    for (let i = 0; i < words.length; i++, word++) {
      const value = words[i]!;
      if (value === (i < WORDS ? 0 : words[i - WORDS])) continue;
      packed[word >>> 5]! |= 1 << (word & 31);
      packed[end++] = value;
    }
  }
  return packed.slice(0, end);
}

/** Puts what was packed into `state`, which has the lengths of that which was packed. */
export function unpack(packed: Packed, state: LineState): void {
  const arrays = arraysOf(state);
  let word = 0;
  let next = Math.ceil(arrays.reduce((sum, array) => sum + WORDS * array.length, 0) / BITS);
  for (const array of arrays) {
    const words = wordsOf(array);
    for (let i = 0; i < words.length; i++, word++) {
      const differs = (packed[word >>> 5]! >>> (word & 31)) & 1;
      words[i] = differs === 1 ? packed[next++]! : i < WORDS ? 0 : words[i - WORDS]!;
    }
  }
}

function arraysOf({ forecaster, rule, present, gate }: LineState): readonly Float64Array[] {
  return [...forecaster, ...rule, ...present, ...gate];
}

function wordsOf(array: Float64Array): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, WORDS * array.length);
}
