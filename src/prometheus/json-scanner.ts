// JSON as it arrives: events for every key, text, number and bracket, whatever the chunks' boundaries; the text itself is never held.
// Invariant: `end()` accepts exactly one complete JSON value; what is cut off or garbled throws NotJson.

/** The bytes are no JSON, or not all of it. */
export class NotJson extends Error {
  override readonly name = "NotJson";
}

/** What the scanner tells; scalars come as the scratch buffer and its length, valid during the call only. */
export interface JsonEvents {
  open(array: boolean): void;
  close(array: boolean): void;
  /** A key of an object, as `text`: still escaped. */
  key(bytes: Buffer, length: number, escaped: boolean): void;
  text(bytes: Buffer, length: number, escaped: boolean): void;
  /** A number, true, false or null. */
  word(bytes: Buffer, length: number): void;
  /** Called where an array's element may start at `from`: returns where scanning goes on after whole elements `X,X,` that it took itself, or `from`. */
  elements(bytes: Buffer, from: number): number;
}

export interface JsonScanner {
  /** Throws NotJson at the first byte that cannot be right. */
  push(bytes: Buffer): void;
  /** Throws NotJson unless one value has ended. */
  end(): void;
}

/** Deeper nesting than any answer of a metrics server has. */
const MAX_DEPTH = 32;
/** A key, label or warning longer than this is no answer of a metrics server. */
const MAX_TEXT_BYTES = 1 << 20;

const VALUE = 0;
const VALUE_OR_CLOSE = 1;
const KEY = 2;
const KEY_OR_CLOSE = 3;
const COLON = 4;
const COMMA_OR_CLOSE = 5;
const TEXT = 6;
const TEXT_ESCAPE = 7;
const WORD = 8;
const DONE = 9;

const WORDS = /^(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/;

/** A scanner that tells `events`. */
export function createJsonScanner(events: JsonEvents): JsonScanner {
  let state = VALUE;
  let escaped = false;
  let isKey = false;
  let scratch: Buffer = Buffer.allocUnsafe(256);
  let length = 0;
  let total = 0;
  const arrays: boolean[] = [];

  const garbled = (byte: number | undefined) =>
    new NotJson(byte === undefined ? `it ends after ${total} bytes` : `unexpected ${JSON.stringify(String.fromCharCode(byte))} at byte ${total}`);

  const keep = (bytes: Buffer, from: number, to: number) => {
    if (length + to - from > MAX_TEXT_BYTES) throw new NotJson(`a text longer than ${MAX_TEXT_BYTES} bytes`);
    if (length + to - from > scratch.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * scratch.length, length + to - from));
      scratch.copy(larger, 0, 0, length);
      scratch = larger;
    }
    if (to - from < 24) for (let i = from; i < to; i++) scratch[length++] = bytes[i] as number;
    else length += bytes.copy(scratch, length, from, to);
  };

  const afterValue = () => {
    state = arrays.length === 0 ? DONE : COMMA_OR_CLOSE;
  };

  const open = (array: boolean, byte: number) => {
    if (arrays.length === MAX_DEPTH) throw garbled(byte);
    events.open(array);
    arrays.push(array);
    state = array ? VALUE_OR_CLOSE : KEY_OR_CLOSE;
  };

  const close = (array: boolean, byte: number) => {
    if (arrays.at(-1) !== array) throw garbled(byte);
    arrays.pop();
    events.close(array);
    afterValue();
  };

  const finishWord = () => {
    // Digits alone are the common case and need no text.
    let plain = scratch[0] !== 48;
    for (let i = 0; plain && i < length; i++) plain = (scratch[i] as number) >= 48 && (scratch[i] as number) <= 57;
    if (!plain) {
      const word = scratch.toString("latin1", 0, length);
      if (!WORDS.test(word)) throw new NotJson(`unexpected ${JSON.stringify(word.slice(0, 40))}`);
    }
    events.word(scratch, length);
    afterValue();
  };

  const finishText = () => {
    if (isKey) {
      events.key(scratch, length, escaped);
      state = COLON;
    } else {
      events.text(scratch, length, escaped);
      afterValue();
    }
  };

  const begin = (bytes: Buffer, at: number, byte: number) => {
    length = 0;
    if (byte === 34) {
      isKey = state === KEY || state === KEY_OR_CLOSE;
      escaped = false;
      state = TEXT;
    } else if (state === KEY || state === KEY_OR_CLOSE) throw garbled(byte);
    else if (byte === 123) open(false, byte);
    else if (byte === 91) open(true, byte);
    else if (byte === 45 || (byte >= 48 && byte <= 57) || byte === 116 || byte === 102 || byte === 110) {
      keep(bytes, at, at + 1);
      state = WORD;
    } else throw garbled(byte);
  };

  /** Takes the bytes of a text up to its end, an escape or the chunk's end; returns the index of the next byte. */
  const takeText = (bytes: Buffer, from: number): number => {
    let at = from;
    while (at < bytes.length && bytes[at] !== 34 && bytes[at] !== 92) {
      if ((bytes[at] as number) < 32) throw garbled(bytes[at]);
      at++;
    }
    keep(bytes, from, at);
    if (at === bytes.length) return at;
    if (bytes[at] === 34) finishText();
    else {
      keep(bytes, at, at + 1);
      escaped = true;
      state = TEXT_ESCAPE;
    }
    return at + 1;
  };

  /** Takes the bytes of a word; the byte after it is read again by the caller. */
  const takeWord = (bytes: Buffer, from: number): number => {
    let at = from;
    while (at < bytes.length && isWordByte(bytes[at] as number)) at++;
    keep(bytes, from, at);
    if (at < bytes.length) finishWord();
    return at;
  };

  /** Takes one byte between values. */
  const takeBetween = (bytes: Buffer, at: number, byte: number) => {
    if (byte === 32 || byte === 10 || byte === 13 || byte === 9) return;
    if (state === COLON) {
      if (byte !== 58) throw garbled(byte);
      state = VALUE;
    } else if (state === COMMA_OR_CLOSE && byte === 44) state = arrays.at(-1) === true ? VALUE : KEY;
    else if ((state === COMMA_OR_CLOSE || state === VALUE_OR_CLOSE) && byte === 93) close(true, byte);
    else if ((state === COMMA_OR_CLOSE || state === KEY_OR_CLOSE) && byte === 125) close(false, byte);
    else if (state === COMMA_OR_CLOSE || state === DONE) throw garbled(byte);
    else begin(bytes, at, byte);
  };

  return {
    push(bytes) {
      const before = total;
      let at = 0;
      while (at < bytes.length) {
        total = before + at;
        if (state === TEXT) at = takeText(bytes, at);
        else if (state === WORD) at = takeWord(bytes, at);
        else if (state === TEXT_ESCAPE) {
          keep(bytes, at, ++at);
          state = TEXT;
        } else {
          if (bytes[at] === 91 && (state === VALUE || state === VALUE_OR_CLOSE) && arrays.at(-1) === true) {
            const next = events.elements(bytes, at);
            if (next > at) {
              at = next;
              state = VALUE;
              continue;
            }
          }
          takeBetween(bytes, at, bytes[at] as number);
          at++;
        }
      }
      total = before + bytes.length;
    },
    end() {
      if (state === WORD) finishWord();
      if (state !== DONE) throw garbled(undefined);
    },
  };
}

/** Letters, digits, plus, minus and dot: what numbers and literals are made of. */
function isWordByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte === 43 || byte === 45 || byte === 46 || byte === 69;
}
