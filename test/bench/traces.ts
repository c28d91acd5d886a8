// Traces as series: a CSV with the header `timestamp,value` put on a regular grid, rows that are absent becoming NaN.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Series } from "../../src/series/index.ts";
import type { Window } from "./windows.ts";

const DAY_MS = 86_400_000;

/** Reads DIR/TRACE.csv at `stepMs`; throws with the path when it cannot be read or has no rows. */
export function readTrace(dir: string, trace: string, stepMs: number): Series {
  const path = join(dir, `${trace}.csv`);
  const rows = readFileSync(path, "utf8").trim().split("\n").slice(1);
  const times = rows.map((row) => Date.parse(row.slice(0, row.indexOf(","))));
  const startMs = times[0];
  const endMs = times.at(-1);
  if (startMs === undefined || endMs === undefined) throw new Error(`${path} has no rows, expected the header timestamp,value and samples`);
  const values = new Float64Array(Math.round((endMs - startMs) / stepMs) + 1).fill(NaN);
  rows.forEach((row, i) => (values[Math.round((times[i]! - startMs) / stepMs)] = Number(row.slice(row.indexOf(",") + 1))));
  return { startMs, stepMs, values };
}

/** The part of `series` that a window judges. */
export function cut(series: Series, { span }: Window): Series {
  const { startMs, stepMs, values } = series;
  const perDay = DAY_MS / stepMs;
  const index = (iso: string) => Math.max(0, Math.round((Date.parse(iso) - startMs) / stepMs));
  let from = 0;
  let to = values.length;
  if (span !== "all") {
    if ("from" in span) [from, to] = [index(span.from), index(span.to)];
    else if ("firstDays" in span) to = span.firstDays * perDay;
    else from = values.length - span.lastDays * perDay;
  }
  return { startMs: startMs + from * stepMs, stepMs, values: values.slice(from, to) };
}
