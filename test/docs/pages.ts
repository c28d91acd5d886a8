// The pages of the documentation: all Markdown files of the checkout that are ours.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPage } from "./markdown.ts";
import type { Page } from "./markdown.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const OURS = ["*.md", "docs/**/*.md", "charts/**/*.md", "test/**/*.md"];

/** Path from the root -> page, the README first, then by path. */
export function readPages(): ReadonlyMap<string, Page> {
  const paths = globSync(OURS, { cwd: ROOT, exclude: (path) => path.includes("node_modules") }).sort();
  const first = paths.filter((path) => path === "README.md");
  return new Map([...first, ...paths.filter((path) => path !== "README.md")].map((path) => [path, readPage(readFileSync(join(ROOT, path), "utf8"))]));
}
