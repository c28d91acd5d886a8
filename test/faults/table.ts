// The table of docs/reliability.md between its marks, from the cases and what the last run measured.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { CASES } from "./cases.ts";
import type { Outcome } from "./scenario.ts";

const PAGE = new URL("../../docs/reliability.md", import.meta.url);
const MEASURED = new URL("measured.json", import.meta.url);
const RANDOM = new URL("measured-random.json", import.meta.url);
const BEGIN = "<!-- faults: written by npm run test:faults -->";
const END = "<!-- end of faults -->";

/** What is known of each case by its id. */
export function readMeasured(): Record<string, Outcome> {
  return existsSync(MEASURED) ? (JSON.parse(readFileSync(MEASURED, "utf8")) as Record<string, Outcome>) : {};
}

/** What a run of random faults measured. */
export interface RandomOutcome {
  readonly minutes: number;
  readonly scalers: number;
  readonly seed: number;
  readonly faults: number;
  /** Wall clock from the end of the last fault until every scaler is decided on again. */
  readonly wellAgainSeconds: number;
  /** In the end. */
  readonly residentMb: number;
}

/** Undefined: never measured. */
export function readRandom(): RandomOutcome | undefined {
  return existsSync(RANDOM) ? (JSON.parse(readFileSync(RANDOM, "utf8")) as RandomOutcome) : undefined;
}

/** Keeps what the random faults measured, and writes the page anew. */
export function writeRandom(outcome: RandomOutcome): void {
  writeFileSync(RANDOM, `${JSON.stringify(outcome, null, 2)}\n`);
  writeFileSync(PAGE, pageWith(tableOf(readMeasured(), outcome)));
}

/** Keeps what a whole run measured, and writes the page anew. */
export function writeMeasured(all: Readonly<Record<string, Outcome>>): void {
  const ordered = Object.fromEntries(CASES.flatMap(({ id }) => Object.entries(all).filter(([key]) => key === id)));
  writeFileSync(MEASURED, `${JSON.stringify(ordered, null, 2)}\n`);
  writeFileSync(PAGE, pageWith(tableOf(ordered, readRandom())));
}

/** Markdown; what was not measured has no row. */
export function tableOf(measured: Readonly<Record<string, Outcome>>, random?: RandomOutcome): string {
  const rows = CASES.flatMap(({ id, what, happens }) => {
    const outcome = measured[id];
    return outcome === undefined ? [] : [rowOf(what, happens, outcome.seen, outcome.wellAgainSeconds)];
  });
  return ["| what fails | what happens | what the user sees | well again after |", "| --- | --- | --- | --- |", ...rows, ...(random === undefined ? [] : [randomRow(random)])].join("\n");
}

function randomRow({ minutes, scalers, seed, faults, wellAgainSeconds, residentMb }: RandomOutcome): string {
  const what = `${faults} faults of the API server and of Prometheus, drawn by a seed (${seed}), in ${minutes} minutes under ${scalers} scalers`;
  const happens = `no scaler is lost, nothing is lowered below what demand needs, and memory stays (${residentMb} MB in the end)`;
  return rowOf(what, happens, "what belongs to each fault; nothing about an internal error", wellAgainSeconds);
}

function rowOf(what: string, happens: string, seen: string, wellAgainSeconds: number): string {
  return `| ${what} | ${happens} | ${seen.replaceAll("|", "\\|")} | ${Math.max(1, Math.round(wellAgainSeconds))} s |`;
}

/** The page with this table between its marks. */
export function pageWith(table: string): string {
  const page = readFileSync(PAGE, "utf8");
  const [head, rest] = page.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (head === undefined || tail === undefined) throw new Error(`docs/reliability.md has no ${BEGIN} and ${END}.`);
  return `${head}${BEGIN}\n${table}\n${END}${tail}`;
}
