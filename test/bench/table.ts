// Text tables: numbers right-aligned with the same decimals in a column, the best of a row in bold where the output is a terminal.

export interface Column {
  readonly title: string;
  /** Decimals of its numbers; text columns have none. */
  readonly decimals?: number;
}

export type Cell = string | number;

const BOLD = "\u001B[1m";
const PLAIN = "\u001B[22m";

/**
 * Lines of a table. `best` names, per row, the column to print in bold (-1: none); `isBold` says whether the output shows it.
 * NaN prints as a dash.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], best: (row: readonly Cell[]) => number = () => -1, isBold = false): string[] {
  const text = (cell: Cell, at: number) => (typeof cell === "string" ? cell : Number.isNaN(cell) ? "-" : cell.toFixed(columns[at]?.decimals ?? 0));
  const texts = rows.map((row) => row.map(text));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...texts.map((row) => (row[at] ?? "").length)));
  const isText = columns.map((_, at) => rows.every((row) => typeof row[at] === "string"));
  const pad = (cell: string, at: number) => (isText[at] ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0));
  const line = (cells: readonly string[], boldAt: number) =>
    cells.map((cell, at) => (at === boldAt && isBold ? `${BOLD}${pad(cell, at)}${PLAIN}` : pad(cell, at))).join(" ").trimEnd();
  const head = line(columns.map(({ title }) => title), -1);
  return [head, "-".repeat(head.length), ...texts.map((row, i) => line(row, best(rows[i] ?? [])))];
}
