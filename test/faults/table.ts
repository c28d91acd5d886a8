// The table of docs/reliability.md between its marks, from the cases and what the last run measured.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { CASES } from "./cases.ts";
import type { Outcome } from "./scenario.ts";

const PAGE = new URL("../../docs/reliability.md", import.meta.url);
const MEASURED = new URL("measured.json", import.meta.url);
const BEGIN = "<!-- faults: written by npm run test:faults -->";
const END = "<!-- end of faults -->";

/** What is known of each case by its id. */
export function readMeasured(): Record<string, Outcome> {
  return existsSync(MEASURED) ? (JSON.parse(readFileSync(MEASURED, "utf8")) as Record<string, Outcome>) : {};
}

/** Adds what a case measured, and writes the page anew. */
export function writeMeasured(id: string, outcome: Outcome): void {
  const all: Record<string, Outcome> = { ...readMeasured(), [id]: outcome };
  const known = Object.fromEntries(CASES.flatMap((one) => Object.entries(all).filter(([key]) => key === one.id)));
  writeFileSync(MEASURED, `${JSON.stringify(known, null, 2)}\n`);
  writeFileSync(PAGE, pageWith(tableOf(known)));
}

/** Markdown; a case without a measurement has no row. */
export function tableOf(measured: Readonly<Record<string, Outcome>>): string {
  const rows = CASES.flatMap(({ id, what, happens }) => {
    const outcome = measured[id];
    return outcome === undefined ? [] : [`| ${what} | ${happens} | ${outcome.seen.replaceAll("|", "\\|")} | ${Math.max(1, Math.round(outcome.wellAgainSeconds))} s |`];
  });
  return ["| what fails | what happens | what the user sees | well again after |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** The page with this table between its marks. */
export function pageWith(table: string): string {
  const page = readFileSync(PAGE, "utf8");
  const [head, rest] = page.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (head === undefined || tail === undefined) throw new Error(`docs/reliability.md has no ${BEGIN} and ${END}.`);
  return `${head}${BEGIN}\n${table}\n${END}${tail}`;
}
