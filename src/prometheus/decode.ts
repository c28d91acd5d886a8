// The bytes of a range query's answer -> samples of its first series, the label sets seen, warnings; in any chunking and key order.
// Invariant: nothing is returned unless the whole JSON was there; a value that cannot be read is an error, never 0.
import { decimal } from "./decimal.ts";
import { JsonScanner, NotJson } from "./json-scanner.ts";
import type { SampleBuffer } from "./sample-buffer.ts";

/** What an answer said, apart from the samples that went into the buffer. */
export interface MatrixAnswer {
  /** "success" or "error"; empty if the answer had none. */
  readonly status: string;
  readonly resultType: string;
  /** How many series it held. */
  readonly seriesCount: number;
  /** The label sets of the first two, as PromQL writes them: `{job="a", pod="b"}`. */
  readonly labelSets: readonly string[];
  /** Samples of all series together. */
  readonly sampleCount: number;
  /** Samples of the first series that were NaN or infinite. */
  readonly notANumber: number;
  /** Native histograms were among the results. */
  readonly histograms: boolean;
  /** The first few; `isPartial` of VictoriaMetrics is one too. */
  readonly warnings: readonly string[];
  readonly errorType: string;
  readonly error: string;
}

/** As many warnings as anybody reads. */
const MAX_WARNINGS = 10;

/** The last date that a program knows, seconds. */
const LATEST_S = 8.64e12;

/** What the value at a place of the answer means. */
const SKIPPED = 0;
const ROOT = 1;
const DATA = 2;
const RESULT = 3;
const ENTRY = 4;
const LABELS = 5;
const POINTS = 6;
const POINT = 7;
const WARNINGS = 8;
const HISTOGRAMS = 9;

/** The roles that only an array can have. */
const ARRAYS: ReadonlySet<number> = new Set([RESULT, POINTS, WARNINGS, HISTOGRAMS]);
/** The role of the value below a key, by the role of the object that has the key. */
const CHILDREN: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [ROOT]: { data: DATA, warnings: WARNINGS },
  [DATA]: { result: RESULT },
  [ENTRY]: { metric: LABELS, values: POINTS, histograms: HISTOGRAMS },
};

/** Decodes one answer; puts the first series' samples into the buffer: unix ms, and NaN for what is not a finite number. */
export class MatrixDecoder {
  /** The answer so far; `end` returns a whole one. */
  readonly seen = {
    status: "",
    resultType: "",
    seriesCount: 0,
    labelSets: [] as string[],
    sampleCount: 0,
    notANumber: 0,
    histograms: false as boolean,
    warnings: [] as string[],
    errorType: "",
    error: "",
  } satisfies MatrixAnswer;
  readonly #buffer: SampleBuffer;
  readonly #scanner: JsonScanner;
  readonly #roles: number[] = [];
  #role = SKIPPED;
  #key = "";
  #labels: [string, string][] = [];
  #timeS: number | undefined;
  #value: number | undefined;
  #pointLength = 0;
  #badPoint = false;

  constructor(buffer: SampleBuffer) {
    this.#buffer = buffer;
    const addPoint = (timeS: number, value: number) => this.#addPoint(timeS, value);
    this.#scanner = new JsonScanner({
      open: (array) => this.#open(array),
      close: () => this.#close(),
      key: (bytes, length, escaped) => {
        this.#key = this.#role === SKIPPED ? "" : textOf(bytes, length, escaped);
      },
      text: (bytes, length, escaped) => this.#text(bytes, length, escaped),
      word: (bytes, length) => this.#word(bytes, length),
      elements: (bytes, from) => (this.#role === POINTS ? wholePoints(bytes, from, addPoint) : from),
    });
  }

  /** Throws NotJson at the first byte that cannot be right. */
  push(bytes: Buffer): void {
    this.#scanner.push(bytes);
  }

  /** Throws NotJson unless the answer is complete and its points are pairs of time and value. */
  end(): MatrixAnswer {
    this.#scanner.end();
    if (this.#badPoint && this.seen.resultType === "matrix") throw new NotJson('a point that is not [time, "value"]');
    return this.seen;
  }

  #addPoint(timeS: number, value: number): void {
    const { seen } = this;
    seen.sampleCount++;
    if (seen.seriesCount !== 1) return;
    const finite = value - value === 0;
    if (!finite) seen.notANumber++;
    this.#buffer.push(Math.round(timeS * 1000), finite ? value : NaN);
  }

  #childRole(array: boolean): number {
    if (this.#roles.length === 0) return array ? SKIPPED : ROOT;
    if (this.#role === RESULT) return array ? SKIPPED : ENTRY;
    if (this.#role === POINTS) return array ? POINT : SKIPPED;
    const child = CHILDREN[this.#role]?.[this.#key] ?? SKIPPED;
    return array === ARRAYS.has(child) ? child : SKIPPED;
  }

  #open(array: boolean): void {
    const child = this.#childRole(array);
    if (this.#role === POINT) this.#pointLength = Infinity;
    if (this.#role === POINTS && child !== POINT) this.#badPoint = true;
    if (child === ENTRY) {
      this.seen.seriesCount++;
      this.#labels = [];
    } else if (child === POINT) {
      this.#pointLength = 0;
      this.#timeS = undefined;
      this.#value = undefined;
    } else if (child === HISTOGRAMS) this.seen.histograms = true;
    this.#roles.push(this.#role);
    this.#role = child;
  }

  #close(): void {
    if (this.#role === POINT) {
      const [timeS, value] = [this.#timeS, this.#value];
      if (this.#pointLength === 2 && timeS !== undefined && value !== undefined && isTime(timeS)) this.#addPoint(timeS, value);
      else this.#badPoint = true;
    } else if (this.#role === ENTRY && this.seen.labelSets.length < 2) this.seen.labelSets.push(labelSet(this.#labels));
    this.#role = this.#roles.pop() ?? SKIPPED;
  }

  #text(bytes: Buffer, length: number, escaped: boolean): void {
    const { seen } = this;
    const key = this.#key;
    if (this.#role === POINT) this.#member(bytes, length);
    else if (this.#role === POINTS) this.#badPoint = true;
    else if (this.#role === LABELS) {
      if (seen.labelSets.length < 2) this.#labels.push([key, textOf(bytes, length, escaped)]);
    } else if (this.#role === WARNINGS) this.#warn(textOf(bytes, length, escaped));
    else if (this.#role === DATA && key === "resultType") seen.resultType = textOf(bytes, length, escaped);
    else if (this.#role === ROOT && (key === "status" || key === "error" || key === "errorType")) seen[key] = textOf(bytes, length, escaped);
  }

  #word(bytes: Buffer, length: number): void {
    if (this.#role === POINT) this.#member(bytes, length);
    else if (this.#role === POINTS) this.#badPoint = true;
    else if (this.#role === ROOT && this.#key === "isPartial" && bytes[0] === 116) this.#warn("the server marked the answer as partial (isPartial)");
  }

  /** The time or the value of a point. */
  #member(bytes: Buffer, length: number): void {
    const number = decimal(bytes, 0, length);
    if (number === undefined) this.#badPoint = true;
    else if (this.#pointLength === 0) this.#timeS = number;
    else this.#value = number;
    this.#pointLength++;
  }

  #warn(text: string): void {
    if (this.seen.warnings.length < MAX_WARNINGS) this.seen.warnings.push(text);
  }
}

/**
 * Takes points written as servers write them, `[1700000000,"1.5"],`, as long as each ends in these bytes; returns where the first
 * other one starts. The scanner takes that one byte by byte, so this changes the speed only.
 */
function wholePoints(bytes: Buffer, start: number, addPoint: (timeS: number, value: number) => void): number {
  const end = bytes.length;
  let from = start;
  for (;;) {
    let at = from + 1;
    if (bytes[from] !== 91) return from;
    while (at < end && isDigitOrDot(bytes[at] as number)) at++;
    const timeEnd = at;
    if (timeEnd === from + 1 || bytes[at] !== 44 || bytes[at + 1] !== 34) return from;
    const valueStart = at + 2;
    at = valueStart;
    while (at < end && bytes[at] !== 34 && bytes[at] !== 92) at++;
    if (at + 2 >= end || bytes[at] !== 34 || bytes[at + 1] !== 93 || bytes[at + 2] !== 44) return from;
    const timeS = decimal(bytes, from + 1, timeEnd);
    const value = decimal(bytes, valueStart, at);
    if (timeS === undefined || value === undefined || !isTime(timeS)) return from;
    addPoint(timeS, value);
    from = at + 3;
  }
}

/** Within the dates that there are. */
function isTime(timeS: number): boolean {
  return Math.abs(timeS) <= LATEST_S;
}

function isDigitOrDot(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || byte === 46;
}

/** The text of the bytes between two quotes. */
function textOf(bytes: Buffer, length: number, escaped: boolean): string {
  const raw = bytes.toString("utf8", 0, length);
  if (!escaped) return raw;
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    throw new NotJson(`the text ${raw.slice(0, 40)} has an unknown escape`);
  }
}

function labelSet(labels: readonly (readonly [string, string])[]): string {
  const sorted = labels.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}
