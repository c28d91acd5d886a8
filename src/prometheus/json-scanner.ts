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

/** Reads one JSON value, chunk by chunk, and tells its events. */
export class JsonScanner {
  readonly #events: JsonEvents;
  #state = VALUE;
  #escaped = false;
  #isKey = false;
  #scratch: Buffer = Buffer.allocUnsafe(256);
  #length = 0;
  #total = 0;
  readonly #arrays: boolean[] = [];

  constructor(events: JsonEvents) {
    this.#events = events;
  }

  /** Throws NotJson at the first byte that cannot be right. */
  push(bytes: Buffer): void {
    const before = this.#total;
    let at = 0;
    while (at < bytes.length) {
      this.#total = before + at;
      if (this.#state === TEXT) at = this.#takeText(bytes, at);
      else if (this.#state === WORD) at = this.#takeWord(bytes, at);
      else if (this.#state === TEXT_ESCAPE) {
        this.#keep(bytes, at, ++at);
        this.#state = TEXT;
      } else at = this.#takeElements(bytes, at) ?? this.#takeBetween(bytes, at, bytes[at] as number);
    }
    this.#total = before + bytes.length;
  }

  /** Throws NotJson unless one value has ended. */
  end(): void {
    if (this.#state === WORD) this.#finishWord();
    if (this.#state !== DONE) throw this.#garbled(undefined);
  }

  #garbled(byte: number | undefined): NotJson {
    if (byte === undefined) return new NotJson(`it ends after ${this.#total} bytes`);
    return new NotJson(`unexpected ${JSON.stringify(String.fromCharCode(byte))} at byte ${this.#total}`);
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const needed = this.#length + to - from;
    if (needed > MAX_TEXT_BYTES) throw new NotJson(`a text longer than ${MAX_TEXT_BYTES} bytes`);
    if (needed > this.#scratch.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#scratch.length, needed));
      this.#scratch.copy(larger, 0, 0, this.#length);
      this.#scratch = larger;
    }
    bytes.copy(this.#scratch, this.#length, from, to);
    this.#length = needed;
  }

  #afterValue(): void {
    this.#state = this.#arrays.length === 0 ? DONE : COMMA_OR_CLOSE;
  }

  #open(array: boolean, byte: number): void {
    if (this.#arrays.length === MAX_DEPTH) throw this.#garbled(byte);
    this.#events.open(array);
    this.#arrays.push(array);
    this.#state = array ? VALUE_OR_CLOSE : KEY_OR_CLOSE;
  }

  #close(array: boolean, byte: number): void {
    if (this.#arrays.at(-1) !== array) throw this.#garbled(byte);
    this.#arrays.pop();
    this.#events.close(array);
    this.#afterValue();
  }

  #finishWord(): void {
    const word = this.#scratch.toString("latin1", 0, this.#length);
    if (!WORDS.test(word)) throw new NotJson(`unexpected ${JSON.stringify(word.slice(0, 40))}`);
    this.#events.word(this.#scratch, this.#length);
    this.#afterValue();
  }

  #finishText(): void {
    if (this.#isKey) {
      this.#events.key(this.#scratch, this.#length, this.#escaped);
      this.#state = COLON;
    } else {
      this.#events.text(this.#scratch, this.#length, this.#escaped);
      this.#afterValue();
    }
  }

  /** The first byte of a key or a value. */
  #begin(bytes: Buffer, at: number, byte: number): void {
    const isKey = this.#state === KEY || this.#state === KEY_OR_CLOSE;
    this.#length = 0;
    if (byte === 34) {
      this.#isKey = isKey;
      this.#escaped = false;
      this.#state = TEXT;
    } else if (isKey) throw this.#garbled(byte);
    else if (byte === 123) this.#open(false, byte);
    else if (byte === 91) this.#open(true, byte);
    else if (byte === 45 || (byte >= 48 && byte <= 57) || byte === 116 || byte === 102 || byte === 110) {
      this.#keep(bytes, at, at + 1);
      this.#state = WORD;
    } else throw this.#garbled(byte);
  }

  /** Takes the bytes of a text up to its end, an escape or the chunk's end; returns the index of the next byte. */
  #takeText(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && bytes[at] !== 34 && bytes[at] !== 92) {
      if ((bytes[at] as number) < 32) throw this.#garbled(bytes[at]);
      at++;
    }
    this.#keep(bytes, from, at);
    if (at === bytes.length) return at;
    if (bytes[at] === 34) this.#finishText();
    else {
      this.#keep(bytes, at, at + 1);
      this.#escaped = true;
      this.#state = TEXT_ESCAPE;
    }
    return at + 1;
  }

  /** Takes the bytes of a word; returns the index of the byte after it, which is still to be read. */
  #takeWord(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && isWordByte(bytes[at] as number)) at++;
    this.#keep(bytes, from, at);
    if (at < bytes.length) this.#finishWord();
    return at;
  }

  /** Lets the listener take whole elements that start at `at`; undefined if it took none. */
  #takeElements(bytes: Buffer, at: number): number | undefined {
    if (bytes[at] !== 91 || (this.#state !== VALUE && this.#state !== VALUE_OR_CLOSE) || this.#arrays.at(-1) !== true) return undefined;
    const next = this.#events.elements(bytes, at);
    if (next === at) return undefined;
    this.#state = VALUE;
    return next;
  }

  /** Takes one byte between or at the start of values; returns the index of the next. */
  #takeBetween(bytes: Buffer, at: number, byte: number): number {
    const state = this.#state;
    if (byte === 32 || byte === 10 || byte === 13 || byte === 9) return at + 1;
    if (state === COLON) {
      if (byte !== 58) throw this.#garbled(byte);
      this.#state = VALUE;
    } else if (state === COMMA_OR_CLOSE && byte === 44) this.#state = this.#arrays.at(-1) === true ? VALUE : KEY;
    else if ((state === COMMA_OR_CLOSE || state === VALUE_OR_CLOSE) && byte === 93) this.#close(true, byte);
    else if ((state === COMMA_OR_CLOSE || state === KEY_OR_CLOSE) && byte === 125) this.#close(false, byte);
    else if (state === COMMA_OR_CLOSE || state === DONE) throw this.#garbled(byte);
    else this.#begin(bytes, at, byte);
    return at + 1;
  }
}

/** Letters, digits, plus, minus and dot: what numbers and literals are made of. */
function isWordByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte === 43 || byte === 45 || byte === 46 || byte === 69;
}
