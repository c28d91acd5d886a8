// A Markdown text as the tests of the documentation see it: fenced blocks, anchors and links, each with its line.

export interface Block {
  /** The first word after the fence, such as `sh` or `yaml`; empty if there is none. */
  readonly language: string;
  /** What follows it: `run`, `file=PATH`, `at=FIELD`. */
  readonly marks: readonly string[];
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface Page {
  readonly blocks: readonly Block[];
  /** Names that `#name` leads to, as GitHub makes them of headings. */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly Link[];
}

const FENCE = /^(\s*)(`{3,}|~{3,})(.*)$/;

/** Throws where a fence is never closed. */
export function readPage(text: string): Page {
  const blocks: Block[] = [];
  const anchors = new Set<string>();
  const links: Link[] = [];
  let open: { readonly fence: string; readonly info: readonly string[]; readonly line: number; readonly lines: string[] } | undefined;
  for (const [i, line] of text.split("\n").entries()) {
    const fence = FENCE.exec(line);
    if (open !== undefined) {
      if (fence === null || !(fence[2] ?? "").startsWith(open.fence) || (fence[3] ?? "").trim() !== "") open.lines.push(line);
      else {
        const [language = "", ...marks] = open.info;
        blocks.push({ language, marks, text: open.lines.map((one) => `${one}\n`).join(""), line: open.line });
        open = undefined;
      }
    } else if (fence !== null) open = { fence: fence[2] ?? "", info: (fence[3] ?? "").trim().split(/\s+/).filter(Boolean), line: i + 1, lines: [] };
    else {
      const heading = /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1];
      if (heading !== undefined) anchors.add(unused(anchorOf(heading), anchors));
      for (const match of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(match[1] ?? "");
      for (const match of line.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) links.push({ target: match[1] ?? "", line: i + 1 });
    }
  }
  if (open !== undefined) throw new Error(`The fence of line ${open.line} is never closed.`);
  return { blocks, anchors, links };
}

/** The anchor that GitHub gives a heading: lower case, without punctuation, blanks as dashes. */
export function anchorOf(heading: string): string {
  const shown = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
  return shown.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");
}

function unused(anchor: string, taken: ReadonlySet<string>): string {
  let name = anchor;
  for (let n = 1; taken.has(name); n++) name = `${anchor}-${n}`;
  return name;
}
