// The bytes of a range query's answer -> samples of its first series, the label sets seen, warnings; in any chunking and key order.
// Invariant: nothing is returned unless the whole JSON was there; a value that cannot be read is an error, never 0.
import { decimal } from "./decimal.ts";
import { createJsonScanner, NotJson } from "./json-scanner.ts";
import type { JsonEvents } from "./json-scanner.ts";
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

export interface MatrixDecoder {
  /** Throws NotJson. */
  push(bytes: Buffer): void;
  /** The answer so far; use `end` for a whole one. */
  readonly seen: MatrixAnswer;
  /** Throws NotJson unless the answer is complete and its points are pairs of time and value. */
  end(): MatrixAnswer;
}

/** As many warnings as anybody reads. */
const MAX_WARNINGS = 10;

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

/** The role of the value below a key, by the role of the object that has the key. */
const CHILDREN: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  [ROOT]: { data: DATA, warnings: WARNINGS },
  [DATA]: { result: RESULT },
  [ENTRY]: { metric: LABELS, values: POINTS, histograms: HISTOGRAMS },
};

/** A decoder that puts the first series' samples into `buffer`: unix ms, and NaN for what is not a finite number. */
export function createMatrixDecoder(buffer: SampleBuffer): MatrixDecoder {
  const roles: number[] = [];
  let role = SKIPPED;
  let key = "";
  let labels: [string, string][] = [];
  let pointTime: number | undefined;
  let pointValue: number | undefined;
  let pointLength = 0;
  let badPoint = false;
  const seen = {
    status: "",
    resultType: "",
    seriesCount: 0,
    labelSets: [] as string[],
    sampleCount: 0,
    notANumber: 0,
    histograms: false,
    warnings: [] as string[],
    errorType: "",
    error: "",
  };

  const warn = (text: string) => {
    if (seen.warnings.length < MAX_WARNINGS) seen.warnings.push(text);
  };

  const addPoint = (timeS: number, value: number) => {
    seen.sampleCount++;
    if (seen.seriesCount !== 1) return;
    const finite = value - value === 0;
    if (!finite) seen.notANumber++;
    buffer.push(Math.round(timeS * 1000), finite ? value : NaN);
  };

  const childRole = (array: boolean): number => {
    if (roles.length === 0) return array ? SKIPPED : ROOT;
    if (role === RESULT) return array ? SKIPPED : ENTRY;
    if (role === POINTS) return array ? POINT : SKIPPED;
    const child = CHILDREN[role]?.[key] ?? SKIPPED;
    return array === (child === RESULT || child === POINTS || child === WARNINGS || child === HISTOGRAMS) ? child : SKIPPED;
  };

  const inPoint = (bytes: Buffer, length: number) => {
    const value = decimal(bytes, 0, length);
    if (value === undefined) badPoint = true;
    else if (pointLength === 0) pointTime = value;
    else pointValue = value;
    pointLength++;
  };

  const events: JsonEvents = {
    open(array) {
      const child = childRole(array);
      if (role === POINT) pointLength = Infinity;
      if (child === ENTRY) {
        seen.seriesCount++;
        labels = [];
      } else if (child === POINT) {
        pointLength = 0;
        pointTime = undefined;
        pointValue = undefined;
      } else if (child === HISTOGRAMS) seen.histograms = true;
      roles.push(role);
      role = child;
    },
    close() {
      if (role === POINT) {
        if (pointLength === 2 && pointTime !== undefined && pointValue !== undefined && Number.isFinite(pointTime)) addPoint(pointTime, pointValue);
        else badPoint = true;
      } else if (role === ENTRY && seen.labelSets.length < 2) seen.labelSets.push(labelSet(labels));
      role = roles.pop() ?? SKIPPED;
    },
    key(bytes, length, escaped) {
      key = role === SKIPPED ? "" : textOf(bytes, length, escaped);
    },
    text(bytes, length, escaped) {
      if (role === POINT) inPoint(bytes, length);
      else if (role === POINTS) badPoint = true;
      else if (role === LABELS) {
        if (seen.labelSets.length < 2) labels.push([key, textOf(bytes, length, escaped)]);
      } else if (role === WARNINGS) warn(textOf(bytes, length, escaped));
      else if (role === DATA && key === "resultType") seen.resultType = textOf(bytes, length, escaped);
      else if (role === ROOT && (key === "status" || key === "error" || key === "errorType")) seen[key] = textOf(bytes, length, escaped);
    },
    word(bytes, length) {
      if (role === POINT) inPoint(bytes, length);
      else if (role === POINTS) badPoint = true;
      else if (role === ROOT && key === "isPartial" && bytes[0] === 116) warn("the server marked the answer as partial (isPartial)");
    },
    elements: (bytes, from) => (role === POINTS ? wholePoints(bytes, from, addPoint) : from),
  };
  const scanner = createJsonScanner(events);
  return {
    push: (bytes) => scanner.push(bytes),
    seen,
    end() {
      scanner.end();
      if (badPoint && seen.resultType === "matrix") throw new NotJson('a point that is not [time, "value"]');
      return seen;
    },
  };
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
    if (timeS === undefined || value === undefined) return from;
    addPoint(timeS, value);
    from = at + 3;
  }
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
