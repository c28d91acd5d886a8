// Text for a terminal of 80 columns: sentences in lines, rows in columns.

const WIDTH = 80;

/** Lines of at most 80 columns, or `width`; a percent sign stays with its number. */
export function wrapped(sentence: string, width = WIDTH): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(/ (?!%)/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** The head and its rows: first column to the left, the others to the right, two spaces in between. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  return all.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "));
}
