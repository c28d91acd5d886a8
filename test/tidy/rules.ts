// The structure of src/ as data and the rules that hold it: who may import whom, sizes, names, homes of the outside world.
// A source tree goes in as path -> text; what is wrong comes out as sentences.

export type Tree = ReadonlyMap<string, string>;

/** Rooms that a room may import from: for values, and beyond that for types only. */
export const IMPORTS: Readonly<Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>> = {
  api: { values: [], types: [] },
  series: { values: [], types: [] },
  forecast: { values: ["series"], types: [] },
  decision: { values: [], types: ["forecast"] },
  replay: { values: ["series", "forecast", "decision"], types: [] },
  advice: { values: ["api", "series", "decision"], types: ["forecast", "replay"] },
  prometheus: { values: [], types: ["api", "series"] },
  kube: { values: ["api"], types: [] },
  telemetry: { values: [], types: [] },
  external: { values: ["api"], types: ["kube"] },
  controller: { values: ["api", "series", "forecast", "decision", "advice"], types: ["prometheus", "kube", "telemetry"] },
  playground: { values: ["api"], types: [] },
  cli: { values: ["api", "series", "forecast", "decision", "replay", "advice", "prometheus", "kube", "telemetry", "external", "controller", "playground"], types: [] },
};
/** Files at the top of src/ that anyone may import; main.ts may import cli. */
const EVERYONES = new Set(["clock.ts", "errors.ts"]);
const PURE = new Set(["api", "series", "forecast", "decision", "replay", "advice"]);
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = { api: ["zod", "croner"], forecast: ["simple-statistics"], replay: ["simple-statistics"] };
const BANNED_NAMES = /^(utils?|helpers?|common|shared|types|misc|lib|core)(\.ts)?$/;
export const SIZES = { median: 100, ninety: 300, file: 500, function: 70, line: 160 };

interface Import {
  readonly specifier: string;
  readonly isType: boolean;
}

export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]+?\sfrom\s+)?"([^"]+)"/gm;
  for (const match of text.matchAll(pattern)) found.push({ specifier: match[2] ?? "", isType: match[1] !== undefined });
  return found;
}

/** Resolves a relative specifier seen in `path`, both below src/. */
export function resolve(path: string, specifier: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

const roomOf = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? "") : "");

/** Code without comments, texts and patterns, so that words inside them do not count. */
function bare(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/(^|[^:"'`\\])\/\/.*$/gm, "$1")
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""')
    .replaceAll(/`(?:[^`\\$]|\\.|\$(?!\{))*`/g, "``");
}

function importProblems(path: string, text: string, tree: Tree): string[] {
  const room = roomOf(path);
  const problems: string[] = [];
  for (const { specifier, isType } of importsOf(text)) {
    if (!specifier.startsWith(".")) {
      if (PURE.has(room) && !specifier.startsWith("node:") && !(PURE_PACKAGES[room] ?? []).includes(specifier)) problems.push(`${path} imports the package ${specifier}: ${room} is pure`);
      if (PURE.has(room) && specifier.startsWith("node:")) problems.push(`${path} imports ${specifier}: ${room} is pure`);
      continue;
    }
    const target = resolve(path, specifier);
    const targetRoom = roomOf(target);
    if (!tree.has(target)) problems.push(`${path} imports ${target}, which is not there`);
    if (targetRoom === room || EVERYONES.has(target) || room === "") continue;
    if (target !== `${targetRoom}/index.ts`) problems.push(`${path} enters ${targetRoom} by ${target}: rooms are entered through their index`);
    const allowed = IMPORTS[room];
    if (allowed === undefined) problems.push(`${path}: the room ${room} is not in the import table`);
    else if (!allowed.values.includes(targetRoom) && !(isType && allowed.types.includes(targetRoom)))
      problems.push(`${path} imports ${isType ? "types" : "values"} of ${targetRoom}: not allowed for ${room}`);
  }
  return problems;
}

function cycleProblems(tree: Tree): string[] {
  const state = new Map<string, "open" | "done">();
  const problems: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") return void problems.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
    state.set(path, "open");
    for (const { specifier, isType } of importsOf(tree.get(path) ?? "")) if (specifier.startsWith(".") && !isType) visit(resolve(path, specifier), [...trail, path]);
    state.set(path, "done");
  };
  for (const path of tree.keys()) visit(path, []);
  return problems;
}

/** Lines of each function: from its head to the first line at the same indentation that closes it. */
export function functionLengths(text: string): { readonly line: number; readonly length: number }[] {
  const lines = text.split("\n");
  const heads = /^(\s*)(?:export )?(?:async )?(?:function\b.*|(?:static |async |readonly |override )*(?!if|for|while|switch|catch|else|do)[\w#*.]+\(.*\)(?:: [^=]+)? |.*=> )\{$/;
  const found: { line: number; length: number }[] = [];
  for (const [i, line] of lines.entries()) {
    const head = heads.exec(line);
    if (head === null) continue;
    const indent = head[1] ?? "";
    const end = lines.findIndex((other, j) => j > i && other.startsWith(`${indent}}`));
    if (end > i) found.push({ line: i + 1, length: end - i + 1 });
  }
  return found;
}

const HOMES: readonly { readonly what: RegExp; readonly word: string; readonly home: RegExp }[] = [
  { what: /\bnew Date\b|\bDate\.|\b(setTimeout|setInterval|performance)\b/, word: "Date and timers", home: /^clock\.ts$/ },
  { what: /\bprocess\.|\bconsole\./, word: "process and console", home: /^(main\.ts|cli\/.*)$/ },
  { what: /\bMath\.random\b/, word: "Math.random", home: /^(cli|kube|prometheus)\// },
  { what: /:\s*any\b|\bas any\b|<any>/, word: "any", home: /^$/ },
];

function fileProblems(path: string, text: string): string[] {
  const problems: string[] = [];
  const lines = text.split("\n").length - 1;
  if (lines > SIZES.file) problems.push(`${path} has ${lines} lines; at most ${SIZES.file}`);
  for (const { line, length } of functionLengths(text)) if (length > SIZES.function) problems.push(`${path}:${line} has a function of ${length} lines; at most ${SIZES.function}`);
  const long = text.split("\n").findIndex((line) => line.length > SIZES.line);
  if (long >= 0) problems.push(`${path}:${long + 1} is longer than ${SIZES.line} characters`);
  for (const part of path.split("/")) {
    if (BANNED_NAMES.test(part)) problems.push(`${path}: ${part} is a banned name`);
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.ts)?$/.test(part)) problems.push(`${path}: ${part} is not kebab-case`);
  }
  if (!text.startsWith("//") && !path.endsWith("index.ts")) problems.push(`${path} does not open with what leaves it`);
  if (/\bexport default\b/.test(text)) problems.push(`${path} has a default export`);
  const code = bare(text);
  for (const { what, word, home } of HOMES) if (what.test(code) && !home.test(path)) problems.push(`${path} uses ${word} outside its home`);
  return problems;
}

function sizeProblems(tree: Tree): string[] {
  const lengths = [...tree.values()].map((text) => text.split("\n").length - 1).toSorted((a, b) => a - b);
  const at = (share: number) => lengths[Math.floor(share * (lengths.length - 1))] ?? 0;
  const problems: string[] = [];
  if (at(0.5) > SIZES.median) problems.push(`the median file has ${at(0.5)} lines; at most ${SIZES.median}`);
  if (at(0.9) > SIZES.ninety) problems.push(`one file in ten has more than ${at(0.9)} lines; at most ${SIZES.ninety}`);
  return problems;
}

export function problemsOf(tree: Tree): string[] {
  const perFile = [...tree].flatMap(([path, text]) => [...importProblems(path, text, tree), ...fileProblems(path, text)]);
  return [...perFile, ...cycleProblems(tree), ...sizeProblems(tree)];
}
