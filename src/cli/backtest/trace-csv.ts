// The text of a trace, `timestamp,value` a row, read in pieces -> Samples in ascending order of time, or what is wrong with it, line by line.
// Invariant: what is not a number is refused, not guessed; a value that is absent, NaN or infinite is missing, never 0.
import { parseTime, rfc3339 } from "../../clock.ts";
import type { Samples } from "../../series/index.ts";

export interface TraceProblem {
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly expected: string;
}

export type TraceText =
  | { readonly kind: "valid"; readonly samples: Samples }
  /** The first problems, and how many there are. */
  | { readonly kind: "invalid"; readonly problems: readonly TraceProblem[]; readonly count: number };

/** More problems than these are one problem. */
const MOST_PROBLEMS = 5;
/** Longest quotation of a row. */
const MOST_QUOTED = 60;
/** Longer than any row: text without line ends is no trace, and is not gathered. */
const MOST_ROW = 10_000;
/** 20 years of minutes: more is not a trace of demand, and would not fit in memory beside its replay. */
export const MOST_ROWS = 10_512_000;
/** Room to begin with. */
const FIRST_ROWS = 1 << 12;
/** Unix seconds beyond the year 5000 are milliseconds, or no time. */
const LATEST_SECONDS = 1e11;

const HEADER = "timestamp,value";
const EXPECTED_LINES = `rows of at most ${MOST_ROW} characters`;
const EXPECTED_HEADER = `the header ${HEADER}`;
const EXPECTED_ROW = "two columns, a timestamp and a value";
const EXPECTED_TIME = "an ISO 8601 time such as 2026-03-02T08:00:00Z, or unix seconds";
const EXPECTED_VALUE = "a number of 0 or more, or nothing where the value is missing";
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NO_NUMBER = /^([+-]?(nan|inf|infinity)|null)?$/i;
/** What most rows are: UTC, whole seconds. */
const PLAIN = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z$/;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?([.,]\d{1,9})?)?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** Reads a trace piece by piece. */
export interface TraceReader {
  /** The next piece of the text, cut anywhere. */
  push(text: string): void;
  /** After the last piece. Times without a zone are UTC. Rows may come in any order; of equal times the later row stands later. */
  end(): TraceText;
}

export function createTraceReader(): TraceReader {
  const problems: TraceProblem[] = [];
  const dates = new Map<string, number>();
  let [timesMs, values] = [new Float64Array(FIRST_ROWS), new Float64Array(FIRST_ROWS)];
  let [line, rows, count, rest] = [0, 0, 0, ""];
  let isAscending = true;
  let isStopped = false;
  const complain = (found: string, expected: string) => {
    const shown = found === "" ? "nothing" : JSON.stringify(found);
    if (++count <= MOST_PROBLEMS) problems.push({ line, found: shown.length > MOST_QUOTED ? `${shown.slice(0, MOST_QUOTED)}…` : shown, expected });
  };
  const take = (timeMs: number, value: number) => {
    if (rows === timesMs.length) [timesMs, values] = [doubled(timesMs), doubled(values)];
    if (rows > 0 && timeMs < (timesMs[rows - 1] as number)) isAscending = false;
    timesMs[rows] = timeMs;
    values[rows++] = value;
  };
  const readRow = (row: string) => {
    if (isStopped) return;
    line++;
    if (row.length > MOST_ROW) {
      complain(row, EXPECTED_LINES);
      isStopped = true;
      return;
    }
    if (line === 1) {
      if (columnsOf(row.replace(/^\uFEFF/, "")).join(",").toLowerCase() !== HEADER) complain(row, EXPECTED_HEADER);
      return;
    }
    if (rows > MOST_ROWS || problems[0]?.line === 1 || row.trim() === "") return;
    const [time = "", value = "", ...more] = columnsOf(row);
    const timeMs = timeOf(time, dates);
    if (!row.includes(",") || more.length > 0) complain(row, EXPECTED_ROW);
    else if (Number.isNaN(timeMs)) complain(time, EXPECTED_TIME);
    else if (NO_NUMBER.test(value)) take(timeMs, NaN);
    else if (!NUMBER.test(value) || !(Number(value) >= 0 && Number(value) < Infinity)) complain(value, EXPECTED_VALUE);
    else take(timeMs, Number(value));
  };
  return {
    push(text) {
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/); // a \r at the end may be the half of a \r\n
      rest = lines.pop() ?? "";
      for (const row of lines) readRow(row);
      if (rest.length > MOST_ROW) readRow(rest);
      if (isStopped) rest = "";
    },
    end() {
      for (const row of rest.split("\r")) readRow(row);
      if (rows > MOST_ROWS) complain(`row ${rows}`, `at most ${MOST_ROWS} rows`);
      if (count > 0) return { kind: "invalid", problems, count };
      const samples = { timesMs: timesMs.subarray(0, rows), values: values.subarray(0, rows) };
      return { kind: "valid", samples: isAscending ? samples : ordered(samples) };
    },
  };
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}

function ordered({ timesMs, values }: Samples): Samples {
  const order = Uint32Array.from(timesMs, (_, i) => i).sort((a, b) => (timesMs[a] as number) - (timesMs[b] as number) || a - b);
  return { timesMs: Float64Array.from(order, (i) => timesMs[i] as number), values: Float64Array.from(order, (i) => values[i] as number) };
}

function columnsOf(row: string): string[] {
  return row.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

/** Unix ms; NaN if the text is no time. `dates` remembers midnights: a day has many rows. */
function timeOf(text: string, dates: Map<string, number>): number {
  const plain = PLAIN.exec(text);
  if (plain !== null) {
    const [, date = "", hours, minutes, seconds] = plain;
    return midnightOf(date, dates) + (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  }
  if (NUMBER.test(text)) return Math.abs(Number(text)) < LATEST_SECONDS ? Math.round(Number(text) * 1000) : NaN;
  const parts = ISO.exec(text);
  if (parts === null) return NaN;
  const [, date = "", time = "00:00", seconds = ":00", fraction = "", zone = "Z"] = parts;
  if (Number.isNaN(midnightOf(date, dates))) return NaN;
  return parseTime(`${date}T${time}${seconds}${fraction.replace(",", ".")}${zoneOf(zone)}`);
}

/** Unix ms of a date in UTC; NaN for a day that its month does not have. */
function midnightOf(date: string, dates: Map<string, number>): number {
  const known = dates.get(date);
  if (known !== undefined) return known;
  const parsed = parseTime(`${date}T00:00:00Z`);
  const midnight = !Number.isNaN(parsed) && rfc3339(parsed).startsWith(date) ? parsed : NaN;
  dates.set(date, midnight);
  return midnight;
}

/** `+0200` and `+02` as `+02:00`. */
function zoneOf(zone: string): string {
  if (/^z$/i.test(zone)) return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
