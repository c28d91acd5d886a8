// The reader of traces: what is read, what is missing, and each thing that is refused with its line.
import { expect, test } from "vitest";
import { createTraceReader } from "../../../src/cli/backtest/trace-csv.ts";

/** Read in pieces of `size` characters: wherever a piece ends, the rows are the same. */
function readTraceCsv(text: string, size = 7) {
  const reader = createTraceReader();
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
  return reader.end();
}

const rows = (...lines: readonly string[]) => ["timestamp,value", ...lines, ""].join("\n");

function read(text: string): [number, number][] {
  const result = readTraceCsv(text);
  if (result.kind === "invalid") throw new Error(JSON.stringify(result.problems));
  const { timesMs, values } = result.samples;
  return Array.from(timesMs, (ms, i) => [ms, values[i] ?? NaN]);
}

function problem(text: string): unknown {
  const result = readTraceCsv(text);
  return result.kind === "invalid" ? result.problems[0] : result.kind;
}

const MS = 1_772_438_400_000; // 2026-03-02T08:00:00Z

test.each([
  "2026-03-02T08:00:00Z",
  "2026-03-02T08:00:00",
  "2026-03-02 08:00",
  "2026-03-02T09:00:00+01:00",
  "2026-03-02T02:30:00.000-0530",
  "2026-03-02T09:00+01",
  "1772438400",
  "1.7724384e9",
  "1772438400.0004",
  '"2026-03-02T08:00:00Z"',
])("the time %s is read", (time) => {
  expect(read(rows(`${time},1`))).toEqual([[MS, 1]]);
});

test("fractions of a second and days without a time are read", () => {
  expect(read(rows("1772438400.25,1"))[0]?.[0]).toBe(MS + 250);
  expect(read(rows("2026-03-02T08:00:00.5Z,1"))[0]?.[0]).toBe(MS + 500);
  expect(read(rows("2026-03-02,1"))[0]?.[0]).toBe(MS - 8 * 3_600_000);
});

test("what is absent, NaN or infinite is missing, and never 0", () => {
  expect(read(rows("1,", "2,NaN", "3,+Inf", "4,0", "5,1e-3", "6, 7 ")).map(([, value]) => value)).toEqual([NaN, NaN, NaN, 0, 0.001, 7]);
});

test("rows are put in order of time, equal times in order of the file", () => {
  expect(read(rows("120,3", "60,1", "120,4", "0,0"))).toEqual([[0, 0], [60_000, 1], [120_000, 3], [120_000, 4]]);
});

test("a piece may end anywhere", () => {
  const text = "timestamp,value\r\n60,1\r\n\r\n120,2\r180,3\n2026-03-02T08:00:00Z,4";
  const whole = readTraceCsv(text, 1000);
  expect(whole).toMatchObject({ kind: "valid", samples: { values: Float64Array.of(1, 2, 3, 4) } });
  for (let size = 1; size < text.length; size++) expect(readTraceCsv(text, size), `pieces of ${size}`).toEqual(whole);
});

test("more rows than there is room for at first are read", () => {
  const count = 140_000;
  const text = ["timestamp,value", ...Array.from({ length: count }, (_, i) => `${i * 60},${i}`)].join("\n");
  const result = readTraceCsv(text, 1 << 16);
  expect(result.kind === "valid" && [result.samples.values.length, result.samples.values.at(-1), result.samples.timesMs.at(-1)]).toEqual([count, count - 1, (count - 1) * 60_000]);
});

test("a byte order mark, Windows line ends and empty lines are no problem", () => {
  expect(read("\uFEFFTimestamp, Value\r\n60,1\r\n\r\n120,2\r\n")).toEqual([[60_000, 1], [120_000, 2]]);
});

test.each([
  ["", 1, "nothing", "the header timestamp,value"],
  ["time;value\n1;2\n", 1, '"time;value"', "the header timestamp,value"],
  [rows("60,1", "120,-3"), 3, '"-3"', "a number of 0 or more, or nothing where the value is missing"],
  [rows("60,1", "", "120,many"), 4, '"many"', "a number of 0 or more, or nothing where the value is missing"],
  [rows("60,0x10"), 2, '"0x10"', "a number of 0 or more, or nothing where the value is missing"],
  [rows("60"), 2, '"60"', "two columns, a timestamp and a value"],
  [rows("60,1,5"), 2, '"60,1,5"', "two columns, a timestamp and a value"],
  [rows("yesterday,1"), 2, '"yesterday"', "an ISO 8601 time such as 2026-03-02T08:00:00Z, or unix seconds"],
  [rows("2026-02-30T00:00:00Z,1"), 2, '"2026-02-30T00:00:00Z"', "an ISO 8601 time such as 2026-03-02T08:00:00Z, or unix seconds"],
  [rows("1772438400000,1"), 2, '"1772438400000"', "an ISO 8601 time such as 2026-03-02T08:00:00Z, or unix seconds"],
  [rows(",1"), 2, "nothing", "an ISO 8601 time such as 2026-03-02T08:00:00Z, or unix seconds"],
])("%j is refused at line %i", (text, line, found, expected) => {
  expect(problem(text)).toEqual({ line, found, expected });
});

test("many problems are the first five and a count", () => {
  const result = readTraceCsv(rows(...Array.from({ length: 12 }, (_, i) => `${i},x`)));
  expect(result).toMatchObject({ kind: "invalid", count: 12 });
  expect(result.kind === "invalid" && result.problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
});
