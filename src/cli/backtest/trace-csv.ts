// The text of a trace, `timestamp,value` a row -> Samples in ascending order of time, or what is wrong with it, line by line.
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
/** 20 years of minutes: more is not a trace of demand, and would not fit in memory beside its replay. */
export const MOST_ROWS = 10_512_000;
/** Unix seconds beyond the year 5000 are milliseconds, or no time. */
const LATEST_SECONDS = 1e11;

const HEADER = "timestamp,value";
const EXPECTED_HEADER = `the header ${HEADER}`;
const EXPECTED_ROW = "two columns, a timestamp and a value";
const EXPECTED_TIME = "an ISO 8601 time such as 2026-03-02T08:00:00Z, or unix seconds";
const EXPECTED_VALUE = "a number of 0 or more, or nothing where the value is missing";
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NO_NUMBER = /^([+-]?(nan|inf|infinity)|null)?$/i;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?([.,]\d{1,9})?)?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** Reads the whole text. Times without a zone are UTC. Rows may come in any order; of equal times the later row stands later. */
export function readTraceCsv(text: string): TraceText {
  const problems: TraceProblem[] = [];
  let count = 0;
  const complain = (line: number, found: string, expected: string) => {
    if (++count <= MOST_PROBLEMS) problems.push({ line, found: found.length > MOST_QUOTED ? `${found.slice(0, MOST_QUOTED)}…` : found, expected });
  };
  const rows = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const header = columnsOf(rows[0] ?? "").join(",");
  if (header.toLowerCase() !== HEADER) return { kind: "invalid", problems: [{ line: 1, found: quoted(rows[0] ?? ""), expected: EXPECTED_HEADER }], count: 1 };
  const found: { readonly timeMs: number; readonly value: number }[] = [];
  for (let i = 1; i < rows.length && found.length <= MOST_ROWS; i++) {
    const row = rows[i] ?? "";
    if (row.trim() === "") continue;
    const [time = "", value = "", ...more] = columnsOf(row);
    const timeMs = timeOf(time);
    const problem = !row.includes(",") || more.length > 0 ? [row, EXPECTED_ROW] : Number.isNaN(timeMs) ? [time, EXPECTED_TIME] : valueProblem(value);
    if (problem !== undefined) complain(i + 1, quoted(problem[0] ?? ""), problem[1] ?? "");
    else found.push({ timeMs, value: NO_NUMBER.test(value) ? NaN : Number(value) });
  }
  if (found.length > MOST_ROWS) complain(MOST_ROWS + 2, "more rows", `at most ${MOST_ROWS} rows`);
  if (count > 0) return { kind: "invalid", problems, count };
  found.sort((a, b) => a.timeMs - b.timeMs);
  return { kind: "valid", samples: { timesMs: Float64Array.from(found, ({ timeMs }) => timeMs), values: Float64Array.from(found, ({ value }) => value) } };
}

function columnsOf(row: string): string[] {
  return row.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

const quoted = (found: string) => (found === "" ? "nothing" : JSON.stringify(found));

function valueProblem(value: string): readonly [string, string] | undefined {
  if (NO_NUMBER.test(value)) return undefined;
  return NUMBER.test(value) && Number(value) >= 0 ? undefined : [value, EXPECTED_VALUE];
}

/** Unix ms; NaN if the text is no time. */
function timeOf(text: string): number {
  if (NUMBER.test(text)) return Math.abs(Number(text)) < LATEST_SECONDS ? Math.round(Number(text) * 1000) : NaN;
  const parts = ISO.exec(text);
  if (parts === null) return NaN;
  const [, date = "", time = "00:00", seconds = ":00", fraction = "", zone = "Z"] = parts;
  // A day that its month does not have would be read as one of the next month.
  const midnight = parseTime(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || !rfc3339(midnight).startsWith(date)) return NaN;
  return parseTime(`${date}T${time}${seconds}${fraction.replace(",", ".")}${zoneOf(zone)}`);
}

/** `+0200` and `+02` as `+02:00`. */
function zoneOf(zone: string): string {
  if (/^z$/i.test(zone)) return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
