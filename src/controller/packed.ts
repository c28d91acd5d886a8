// The state of a line as it is kept between passes: about two thirds of its size, and exact to the last bit.
// Rings and histograms hold the same number many times over, so a word of 32 bits is kept only where it differs from the one that it is compared with:
// that of the number before it, or, where only what changed is kept, the same word of the state that it changed from.
import type { LineState } from "../decision/index.ts";

/** First a bit for each word of the state, then the words that differ. */
export type Packed = Uint32Array;

/** Words of a number. */
const WORDS = 2;
const BITS = 32;
/** Bits of words that all differ. */
const ALL = 0xffff_ffff;

/** Words that are left free behind a state, for the next one. */
const ROOM = 256;

/** `state`; with `base`, what differs from it (a state of the same lengths). The state is copied. */
export function pack(state: LineState, base?: Packed): Packed {
  return packedWords(state, base).slice();
}

/** `state` in the place of `before`, which is overwritten, where that has the room; else in a new one with some room to spare. */
export function repack(state: LineState, before: Packed): Packed {
  const words = packedWords(state);
  const place = words.length <= before.length && words.length > before.length - 2 * ROOM ? before : new Uint32Array(words.length + ROOM);
  place.set(words);
  return place;
}

/** In memory that the next call uses again. */
function packedWords(state: LineState, base?: Packed): Packed {
  const words = wordsOf(state);
  const before = base === undefined ? undefined : wordsIn(base, words.length);
  const marks = marksFor(words.length);
  const packed = room.packed(marks + words.length + 1);
  let end = marks;
  for (let group = 0; group < marks; group++) {
    const from = group * BITS;
    const count = Math.min(BITS, words.length - from);
    let mark = 0;
    for (let bit = 0; bit < count; bit++) {
      const i = from + bit;
      const word = words[i]!;
      const differs = word === (before === undefined ? previous(words, i) : before[i]!) ? 0 : 1;
      // Written in any case, and written over by the next one if it does not differ: a branch would be guessed wrong too often.
      packed[end] = word;
      end += differs;
      mark |= differs << bit;
    }
    packed[group] = mark;
  }
  return packed.subarray(0, end);
}

/** Lengths of the arrays of a state. */
export type Lengths = { readonly [K in keyof LineState]: readonly number[] };

export function lengthsOf({ forecaster, rule, present, gate }: LineState): Lengths {
  const of = (arrays: readonly Float64Array[]) => arrays.map(({ length }) => length);
  return { forecaster: of(forecaster), rule: of(rule), present: of(present), gate: of(gate) };
}

/**
 * What was packed, of a state of these lengths. With `changes`, the state that was packed with `packed` as its base.
 * The arrays are views of memory that the next call here uses again: to be copied at once.
 */
export function unpack(packed: Packed, lengths: Lengths, changes?: Packed): LineState {
  const { forecaster, rule, present, gate } = lengths;
  const words = wordsIn(packed, WORDS * [...forecaster, ...rule, ...present, ...gate].reduce((sum, length) => sum + length, 0));
  if (changes !== undefined) change(words, changes);
  let at = words.byteOffset;
  const next = (length: number) => {
    const array = new Float64Array(words.buffer, at, length);
    at += array.byteLength;
    return array;
  };
  return { forecaster: forecaster.map(next), rule: rule.map(next), present: present.map(next), gate: gate.map(next) };
}

/** Memory for one call, which grows as it must: states are large, and thousands of them come and go every minute. */
function createRoom() {
  let [given, base, packed] = [new Uint32Array(0), new Uint32Array(0), new Uint32Array(0)];
  const grown = (array: Uint32Array<ArrayBuffer>, length: number) => (array.length < length ? new Uint32Array(length) : array);
  return {
    given: (length: number) => (given = grown(given, length)).subarray(0, length),
    base: (length: number) => (base = grown(base, length)).subarray(0, length),
    packed: (length: number) => (packed = grown(packed, length)),
  };
}
const room = createRoom();

function wordsOf(state: LineState): Uint32Array {
  const arrays = arraysOf(state);
  const words = room.given(WORDS * arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    // As words: a copy of numbers need not keep the bits of a NaN.
    words.set(new Uint32Array(array.buffer, array.byteOffset, WORDS * array.length), at);
    at += WORDS * array.length;
  }
  return words;
}

function wordsIn(packed: Packed, length: number): Uint32Array {
  const words = room.base(length);
  let next = marksFor(length);
  for (let group = 0, from = 0; from < length; group++, from += BITS) {
    const mark = packed[group]!;
    const end = Math.min(length, from + BITS);
    if (mark === ALL) for (let i = from; i < end; i++) words[i] = packed[next++]!;
    else for (let i = from; i < end; i++) words[i] = ((mark >>> (i - from)) & 1) === 1 ? packed[next++]! : previous(words, i);
  }
  return words;
}

function change(words: Uint32Array, changes: Packed): void {
  let next = marksFor(words.length);
  for (let i = 0; i < words.length; i++) if (((changes[i >>> 5]! >>> (i & 31)) & 1) === 1) words[i] = changes[next++]!;
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
