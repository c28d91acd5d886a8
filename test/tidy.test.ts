// The structure holds: the rules of test/tidy/rules.ts over src/, and over a fixture with one violation a rule.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { problemsOf } from "./tidy/rules.ts";

const src = join(import.meta.dirname, "../src");

function sourceTree(): Map<string, string> {
  const paths = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return new Map(paths.map((path) => [path, readFileSync(join(src, path), "utf8")]));
}

test("src keeps to the structure", () => {
  expect(problemsOf(sourceTree())).toEqual([]);
});

test("a source tree without files is not mistaken for a tidy one", () => {
  expect(sourceTree().size).toBeGreaterThan(50);
});

const long = (count: number, line: string) => Array.from({ length: count }, () => line).join("\n");
const indexOf = (names: string) => `export { ${names} } from "./a.ts";\n`;

test.each([
  ["a forbidden room", { "series/a.ts": '// x\nimport { b } from "../kube/index.ts";\n', "kube/index.ts": "" }, "imports values of kube: not allowed for series"],
  ["a value where only types are allowed", { "decision/a.ts": '// x\nimport { b } from "../forecast/index.ts";\n', "forecast/index.ts": "" }, "imports values of forecast"],
  ["a room entered by the side", { "cli/a.ts": '// x\nimport { b } from "../kube/a.ts";\n', "kube/a.ts": "// x\n" }, "rooms are entered through their index"],
  ["an unknown room", { "attic/a.ts": '// x\nimport { b } from "../kube/index.ts";\n', "kube/index.ts": "" }, "not in the import table"],
  ["a missing file", { "kube/a.ts": '// x\nimport { b } from "./b.ts";\n' }, "which is not there"],
  ["a package in a pure room", { "series/a.ts": '// x\nimport axios from "axios";\n' }, "series is pure"],
  ["a Node module in a pure room", { "forecast/a.ts": '// x\nimport { readFile } from "node:fs";\n' }, "forecast is pure"],
  ["a cycle", { "kube/a.ts": '// x\nimport { b } from "./b.ts";\n', "kube/b.ts": '// x\nimport { a } from "./a.ts";\n' }, "import cycle: kube/a.ts -> kube/b.ts -> kube/a.ts"],
  ["a long file", { "kube/a.ts": `// x\n${long(501, "x();")}\n` }, "502 lines; at most 500"],
  ["a long function", { "kube/a.ts": `// x\nfunction f() {\n${long(69, "  x();")}\n}\n` }, "a function of 71 lines"],
  ["a long method", { "kube/a.ts": `// x\nclass A {\n  m(x: number): void {\n${long(70, "    x();")}\n  }\n}\n` }, "a function of 72 lines"],
  ["a long line", { "kube/a.ts": `// ${"x".repeat(160)}\n` }, "longer than 160 characters"],
  ["a banned name", { "kube/helpers.ts": "// x\n" }, "banned name"],
  ["a name that is not kebab-case", { "kube/WorkQueue.ts": "// x\n" }, "not kebab-case"],
  ["a missing head", { "kube/a.ts": "export const a = 1;\n" }, "does not open with what leaves it"],
  ["a default export", { "kube/a.ts": "// x\nexport default 1;\n" }, "default export"],
  ["Date outside the clock", { "kube/a.ts": "// x\nconst now = Date.now();\n" }, "Date and timers outside"],
  ["process outside main and cli", { "kube/a.ts": "// x\nprocess.exit(1);\n" }, "process and console outside"],
  ["randomness", { "forecast/a.ts": "// x\nconst r = Math.random();\n" }, "Math.random outside"],
  ["any", { "kube/a.ts": "// x\nconst a = 1 as any;\n" }, "any outside"],
  ["files that are long in the middle", { "kube/a.ts": `// x\n${long(101, "x();")}\n` }, "the median file has"],
  ["too many long files", { "kube/a.ts": `// x\n${long(301, "x();")}\n` }, "one file in ten has more than"],
])("%s is found", (_name, files: Record<string, string>, sentence) => {
  expect(problemsOf(new Map(Object.entries(files))).join("\n")).toContain(sentence);
});

test("a clean fixture passes", () => {
  const files = { "kube/index.ts": indexOf("a"), "kube/a.ts": '// A word about Date.now() in a comment is fine.\nexport const a = "process.exit";\n' };
  expect(problemsOf(new Map(Object.entries(files)))).toEqual([]);
});
