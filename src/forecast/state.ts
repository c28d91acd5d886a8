// The memory of a forecaster: typed arrays only, so that the whole of it can be copied, moved to another thread and put back.
// Whatever a forecaster remembers lives in arrays taken from here; anything else would be lost by exportState.

/** Hands out zeroed arrays and copies all of them at once. */
export interface State {
  f64(length: number): Float64Array;
  f32(length: number): Float32Array;
  i16(length: number): Int16Array;
  i8(length: number): Int8Array;
  /** `fields` itself, zeroed: numbers with names. */
  record<R extends Record<keyof R, number>>(fields: R): R;
  /** Sets every array back to zero. */
  clear(): void;
  /** All arrays in order of creation, as one block of bytes. */
  snapshot(): Float64Array;
  /** Puts a snapshot of an equally built state back; throws RangeError when its size differs. */
  restore(block: Float64Array): void;
  /** Bytes held. */
  readonly bytes: number;
}

type Kept = Float64Array | Float32Array | Int16Array | Int8Array;

const ALIGNMENT = Float64Array.BYTES_PER_ELEMENT;

function fillRecord(fields: Record<string, number>, value: number): void {
  for (const field of Object.keys(fields)) fields[field] = value;
}

export function createState(): State {
  const arrays: Kept[] = [];
  const records: Record<string, number>[] = [];
  const keep = <A extends Kept>(array: A): A => {
    arrays.push(array);
    return array;
  };
  const bytesOf = (array: { byteLength: number }) => Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
  const numbersIn = () => records.reduce((sum, fields) => sum + Object.keys(fields).length, 0);
  const total = () => arrays.reduce((sum, array) => sum + bytesOf(array), numbersIn() * ALIGNMENT);
  const raw = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return {
    f64: (length) => keep(new Float64Array(length)),
    f32: (length) => keep(new Float32Array(length)),
    i16: (length) => keep(new Int16Array(length)),
    i8: (length) => keep(new Int8Array(length)),
    record(fields) {
      records.push(fields);
      // A field that has once held a fraction stays a double.
      fillRecord(fields, 0.5);
      fillRecord(fields, 0);
      return fields;
    },
    clear() {
      for (const array of arrays) array.fill(0);
      for (const fields of records) fillRecord(fields, 0);
    },
    snapshot() {
      const block = new Float64Array(total() / ALIGNMENT);
      const bytes = raw(block);
      let at = 0;
      for (const array of arrays) {
        bytes.set(raw(array), at);
        at += bytesOf(array);
      }
      at /= ALIGNMENT;
      for (const fields of records) for (const field of Object.keys(fields)) block[at++] = fields[field]!;
      return block;
    },
    restore(block) {
      if (block.byteLength !== total())
        throw new RangeError(`state has ${block.byteLength} bytes, expected ${total()}: export it from a forecaster of equal settings`);
      const bytes = raw(block);
      let at = 0;
      for (const array of arrays) {
        raw(array).set(bytes.subarray(at, at + array.byteLength));
        at += bytesOf(array);
      }
      at /= ALIGNMENT;
      for (const fields of records) for (const field of Object.keys(fields)) fields[field] = block[at++]!;
    },
    get bytes() {
      return total();
    },
  };
}
