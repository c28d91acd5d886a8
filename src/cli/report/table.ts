// Tables of a report: numbers to the right with the same decimals, units in the head, the best in bold, sortable where long.
import { escaped } from "./wording.ts";

export interface Column {
  /** With the unit. */
  readonly head: string;
  /** Words stand to the left. The first column always does. */
  readonly isWords?: boolean;
}

export interface Cell {
  readonly text: string;
  /** What to sort by, where it is not the text itself. */
  readonly value?: number;
  readonly isBest?: boolean;
  /** Overloaded: marked in colour, beside its text. */
  readonly isMarked?: boolean;
  /** A click shows this time in the chart. */
  readonly zoom?: { readonly fromMs: number; readonly toMs: number };
  /** A bar of this share (0..1) of the cell; faint where it is not well known. */
  readonly bar?: { readonly share: number; readonly isFaint: boolean };
}

/** Longer tables can be sorted. */
const SHORT = 10;

/** `caption` says what the rows are, for those who do not see the heading. A stacked table shows its cells below each other on a phone. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[], isStacked = false): string {
  const isSortable = rows.length > SHORT;
  const heads = columns.map(({ head, isWords }) => {
    const name = escaped(head);
    return `<th scope="col"${isWords === true ? ' class="words"' : ""}>${isSortable && head !== "" ? `<button type="button">${name}</button>` : name}</th>`;
  });
  const body = rows.map((row) => `<tr>${row.map((cell, i) => cellHtml(cell, columns[i], i === 0, isStacked)).join("")}</tr>`);
  const label = `aria-label="${escaped(caption)}"`;
  return `<div class="wide" role="region" tabindex="0" ${label}><table ${label}${isStacked ? ' class="stacked"' : ""}${isSortable ? " data-sortable" : ""}>
<thead><tr>${heads.join("")}</tr></thead>
<tbody>${body.join("\n")}</tbody></table></div>`;
}

function cellHtml(cell: Cell, column: Column | undefined, isFirst: boolean, isStacked: boolean): string {
  const { value, isBest } = cell;
  const classes = [column?.isWords === true ? "words" : "", isBest === true ? "best" : ""].filter((name) => name !== "").join(" ");
  const head = isStacked ? ` data-head="${escaped(column?.head ?? "")}"` : "";
  const attributes = `${classes === "" ? "" : ` class="${classes}"`}${value === undefined ? "" : ` data-value="${value}"`}${head}`;
  const inside = contentOf(cell);
  return isFirst ? `<th scope="row"${attributes} style="font-weight:inherit">${inside}</th>` : `<td${attributes}>${inside}</td>`;
}

function contentOf({ text, isMarked, zoom, bar }: Cell): string {
  if (bar !== undefined) return `<span class="bar${bar.isFaint ? " faint" : ""}" style="width:${(100 * bar.share).toFixed(1)}%"></span>`;
  const words = isMarked === true ? `<span class="mark">▲</span>&nbsp;${escaped(text)}` : escaped(text);
  if (zoom === undefined) return words;
  return `<button type="button" class="link" data-from="${zoom.fromMs / 1000}" data-to="${zoom.toMs / 1000}">${words}</button>`;
}
