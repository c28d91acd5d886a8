// The documentation holds: links lead somewhere, manifests are valid, commands and flags exist, copies equal their originals, the picture is current.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import { createProgram } from "../../src/cli/program.ts";
import { validateCommand } from "../../src/cli/validate.ts";
import { captureIo, runCaptured } from "../cli/capture.ts";
import { anchorOf, readPage } from "./markdown.ts";
import type { Block } from "./markdown.ts";
import { readPages, ROOT } from "./pages.ts";
import { capacityPicture, PICTURE_FILE } from "./picture.ts";

const README_LINES = 200;
const pages = readPages();
const blocks = [...pages].flatMap(([path, page]) => page.blocks.map((block) => ({ path, block })));
const placeOf = (path: string, { line }: Pick<Block, "line">) => `${path}:${line}`;
const markOf = ({ marks }: Block, name: string) => marks.find((mark) => mark.startsWith(`${name}=`))?.slice(name.length + 1);

test("every relative link leads to a file, and to an anchor that is there", () => {
  const broken: string[] = [];
  for (const [path, { links }] of pages)
    for (const { target, line } of links) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const found = file === "" ? path : normalize(join(dirname(path), file));
      if (!existsSync(join(ROOT, found))) broken.push(`${path}:${line}: ${target}: there is no ${found}`);
      else if (anchor !== undefined && found.endsWith(".md") && pages.get(found)?.anchors.has(anchor) !== true) broken.push(`${path}:${line}: ${target}: no such heading`);
    }
  expect(broken).toEqual([]);
});

test("files of the checkout that a page names in code spans are there", () => {
  const wrong: string[] = [];
  for (const path of pages.keys())
    for (const [i, line] of readFileSync(join(ROOT, path), "utf8").split("\n").entries())
      for (const match of line.matchAll(/`((?:src|test|docs|scripts|charts|deploy|crds|alerts|dashboards)\/[\w./-]*\w\/?)`/g))
        if (!existsSync(join(ROOT, match[1] ?? ""))) wrong.push(`${path}:${i + 1}: there is no ${match[1]}`);
  expect(wrong).toEqual([]);
});

describe("manifests", () => {
  const MANIFEST = {
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { name: "checkout", namespace: "shop" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" }, maxReplicas: 40, metric: { query: "sum(demand)", targetPerReplica: "50" } },
  };
  const validated = async (text: string) => {
    const { code, out } = await runCaptured(validateCommand, ["-"], { stdin: Readable.from([text]) });
    return code === 0 ? [] : [out.trim()];
  };
  const isScaler = (block: Block) => block.language === "yaml" && /^kind: PredictiveScaler$/m.test(block.text);

  const whole = blocks.filter(({ block }) => isScaler(block));
  test.each(whole.map(({ path, block }) => [placeOf(path, block), block] as const))("%s is valid", async (_place, block) => {
    expect(await validated(block.text)).toEqual([]);
  });

  /** ```yaml at=spec.metric: a part of a manifest; what the part does not say is filled in. */
  const parts = blocks.filter(({ block }) => markOf(block, "at") !== undefined);
  test.each(parts.map(({ path, block }) => [placeOf(path, block), block] as const))("%s is a valid part", async (_place, block) => {
    const manifest = structuredClone(MANIFEST) as Record<string, unknown>;
    let parent = manifest;
    const fields = (markOf(block, "at") ?? "").split(".");
    for (const field of fields.slice(0, -1)) parent = (parent[field] ??= {}) as Record<string, unknown>;
    const last = fields.at(-1) ?? "";
    const part = (parseAllDocuments(block.text)[0]?.toJS() ?? {}) as Record<string, unknown>;
    parent[last] = { ...(parent[last] as object | undefined), ...(part[last] as object) };
    expect(Object.keys(part)).toEqual([last]);
    expect(await validated(stringify(manifest))).toEqual([]);
  });

  test("there are some of both kinds", () => {
    expect(whole.length).toBeGreaterThan(0);
    expect(parts.length).toBeGreaterThan(0);
  });
});

test("a block that names a file is the file", () => {
  const named = blocks.filter(({ block }) => markOf(block, "file") !== undefined);
  expect(named.map(({ path }) => path)).toContain("README.md");
  const differing = named.filter(({ block }) => block.text !== readFileSync(join(ROOT, markOf(block, "file") ?? ""), "utf8"));
  expect(differing.map(({ path, block }) => `${placeOf(path, block)} is not ${markOf(block, "file")}`)).toEqual([]);
});

test("commands and flags in the pages are those of the program", () => {
  const program = createProgram(captureIo().io, () => undefined, { name: "predictive-scaler", version: "0" });
  const wrong: string[] = [];
  for (const { path, block } of blocks)
    for (const call of block.text.replaceAll("\\\n", " ").matchAll(/(?:^|[|&;] *)(?:npx --no-install )?(?:predictive-scaler|kubectl psc) ([^|&;\n#]*)/gm)) {
      const words = (call[1] ?? "").trim().split(/\s+/);
      const name = words.find((word) => !word.startsWith("-")) ?? "";
      const isPlugin = call[0].includes("kubectl psc");
      const command = program.commands.find((one) => one.name() === name) ?? (isPlugin ? program.commands.find((one) => one.name() === "list") : undefined);
      if (name === "" && !isPlugin) continue;
      if (command === undefined) {
        wrong.push(`${placeOf(path, block)}: there is no command ${name}`);
        continue;
      }
      for (const flag of words.filter((word) => /^--?[a-zA-Z]/.test(word)).map((word) => word.split("=")[0] ?? ""))
        if (!["--help", "--version"].includes(flag) && !command.options.some(({ short, long }) => flag === short || flag === long))
          wrong.push(`${placeOf(path, block)}: ${name} has no flag ${flag}`);
    }
  expect(wrong).toEqual([]);
});

test(`the README has at most ${README_LINES} lines`, () => {
  expect(readFileSync(join(ROOT, "README.md"), "utf8").split("\n").length).toBeLessThanOrEqual(README_LINES);
});

test("the picture of the README is what the code of today draws; if not: npx --no-install node test/docs/picture.ts", () => {
  expect(readFileSync(PICTURE_FILE, "utf8") === capacityPicture()).toBe(true);
});

test("pages are read as GitHub shows them", () => {
  const page = readPage(["# A `b`: c, d", "## A b c d", "## Twice", "## Twice", "see [x](y.md#z) and `[no](link)`", "```sh run", "a # [no](link)", "```", ""].join("\n"));
  expect([...page.anchors]).toEqual(["a-b-c-d", "a-b-c-d-1", "twice", "twice-1"]);
  expect(page.links).toEqual([{ target: "y.md#z", line: 5 }]);
  expect(page.blocks).toEqual([{ language: "sh", marks: ["run"], text: "a # [no](link)\n", line: 6 }]);
  expect(anchorOf("Thanos, Mimir & [VictoriaMetrics](https://x)")).toBe("thanos-mimir--victoriametrics");
  expect(() => readPage("```\nopen")).toThrow("never closed");
});
