// The state of a line as it is kept between passes: about two thirds of its size, and exact to the last bit.
// Rings and histograms hold the same number many times over, so a word of 32 bits is kept only where it differs from the one that it is compared with:
// that of the number before it, or, where only what changed is kept, the same word of the state that it changed from.
import type { LineState } from "../decision/index.ts";

/** First a bit for each word of the state, then the words that differ. */
export type Packed = Uint32Array;

/** Words of a number. */
const WORDS = 2;
const BITS = 32;

/** `state`; with `base`, what differs from it (a state of the same lengths). The state is copied. */
export function pack(state: LineState, base?: Packed): Packed {
  const words = wordsOf(state);
  const before = base === undefined ? undefined : wordsIn(base, words.length);
  const marks = marksFor(words.length);
  const packed = new Uint32Array(marks + words.length);
  let end = marks;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === (before === undefined ? previous(words, i) : before[i]!)) continue;
    packed[i >>> 5]! |= 1 << (i & 31);
    packed[end++] = word;
  }
  return packed.slice(0, end);
}

/** Lengths of the arrays of a state. */
export type Lengths = { readonly [K in keyof LineState]: readonly number[] };

export function lengthsOf({ forecaster, rule, present, gate }: LineState): Lengths {
  const of = (arrays: readonly Float64Array[]) => arrays.map(({ length }) => length);
  return { forecaster: of(forecaster), rule: of(rule), present: of(present), gate: of(gate) };
}

/** What was packed, of a state of these lengths. With `changes`, the state that was packed with `packed` as its base. */
export function unpack(packed: Packed, lengths: Lengths, changes?: Packed): LineState {
  const { forecaster, rule, present, gate } = lengths;
  const words = wordsIn(packed, WORDS * [...forecaster, ...rule, ...present, ...gate].reduce((sum, length) => sum + length, 0));
  if (changes !== undefined) change(words, changes);
  let at = 0;
  const next = (length: number) => {
    const array = new Float64Array(words.buffer, 8 * at, length);
    at += length;
    return array;
  };
  return { forecaster: forecaster.map(next), rule: rule.map(next), present: present.map(next), gate: gate.map(next) };
}

function wordsOf(state: LineState): Uint32Array {
  const arrays = arraysOf(state);
  const numbers = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    // As words: a copy of numbers need not keep the bits of a NaN.
    new Uint32Array(numbers.buffer, 8 * at, WORDS * array.length).set(new Uint32Array(array.buffer, array.byteOffset, WORDS * array.length));
    at += array.length;
  }
  return new Uint32Array(numbers.buffer);
}

function wordsIn(packed: Packed, length: number): Uint32Array {
  const words = new Uint32Array(length);
  let next = marksFor(length);
  for (let i = 0; i < length; i++) words[i] = isMarked(packed, i) ? packed[next++]! : previous(words, i);
  return words;
}

function change(words: Uint32Array, changes: Packed): void {
  let next = marksFor(words.length);
  for (let i = 0; i < words.length; i++) if (isMarked(changes, i)) words[i] = changes[next++]!;
}

function isMarked(packed: Packed, i: number): boolean {
  return ((packed[i >>> 5]! >>> (i & 31)) & 1) === 1;
}

function previous(words: Uint32Array, i: number): number {
  return i < WORDS ? 0 : words[i - WORDS]!;
}

function marksFor(words: number): number {
  return Math.ceil(words / BITS);
}

function arraysOf({ forecaster, rule, present, gate }: LineState): readonly Float64Array[] {
  return [...forecaster, ...rule, ...present, ...gate];
}
