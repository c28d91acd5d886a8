// The rows of fixtures/reference.csv: every demand, and on some rows what a separate implementation says.
import { readFileSync } from "node:fs";
import { MONDAY_MS } from "./series.ts";

export const STEP_MS = 300_000;
const PER_DAY = 288;
const COLUMNS = ["expert1", "expert2", "expert3", "combination", "forecast"] as const;

export interface Row {
  readonly timeMs: number;
  readonly demand: number;
  readonly said: Readonly<Record<(typeof COLUMNS)[number], number>> | undefined;
}

function parse(line: string): Row {
  const [row, demand, ...said] = line.split(",");
  const numbers = Object.fromEntries(COLUMNS.map((column, i) => [column, Number(said[i])])) as Record<(typeof COLUMNS)[number], number>;
  return { timeMs: MONDAY_MS + Number(row) * STEP_MS, demand: demand === "" ? NaN : Number(demand), said: said.length > 0 ? numbers : undefined };
}

export const REFERENCE: readonly Row[] = readFileSync(new URL("fixtures/reference.csv", import.meta.url), "utf8").trim().split("\n").slice(1).map(parse);

/** Mean and standard deviation of sqrt(demand) over the first day. */
export function dayOne(): { mean: number; spread: number } {
  const z = REFERENCE.slice(0, PER_DAY).map(({ demand }) => Math.sqrt(demand)).filter((x) => !Number.isNaN(x));
  const mean = z.reduce((sum, x) => sum + x, 0) / z.length;
  return { mean, spread: Math.sqrt(z.reduce((sum, x) => sum + (x - mean) ** 2, 0) / z.length) };
}
