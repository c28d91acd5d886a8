// What values.yaml documents, as data and as the table in the chart's README. The comment `# -- …` right above a key is its description.
import { parse } from "yaml";

export interface DocumentedValue {
  /** For example `prometheus.url`. */
  readonly path: string;
  readonly description: string;
  readonly value: unknown;
}

const START = "<!-- values -->\n";
const END = "<!-- /values -->";

/** Every key of `text` (block style, two spaces) that has a description, in the file's order. */
export function documentedValues(text: string): DocumentedValue[] {
  const values: unknown = parse(text);
  const found: DocumentedValue[] = [];
  const stack: string[] = [];
  let description = "";
  for (const line of text.split("\n")) {
    const said = /^ *# -- (.*)$/.exec(line);
    const key = /^( *)([A-Za-z]\w*):/.exec(line);
    if (said !== null) description = said[1] ?? "";
    if (key === null) continue;
    stack.length = (key[1] ?? "").length / 2;
    stack.push(key[2] ?? "");
    if (description !== "") found.push({ path: stack.join("."), description, value: stack.reduce(member, values) });
    description = "";
  }
  return found;
}

/** `readme` with the table of `values` (the text of values.yaml) between its two markers. */
export function withValuesTable(readme: string, values: string): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`The chart's README has no ${START.trim()} … ${END} to put the values between.`);
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = documentedValues(values).map(({ path, description, value }) => `| \`${path}\` | \`${JSON.stringify(value)}\` | ${cell(description)} |`);
  return `${before}${START}${["| Value | Default | Meaning |", "| --- | --- | --- |", ...rows].join("\n")}\n${END}${after}`;
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
