// The charting library's script and style as text: embedded by the build, read from the package when run from source.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

declare const __UPLOT_JS__: string | undefined;
declare const __UPLOT_CSS__: string | undefined;

const SCRIPT = "uplot/dist/uPlot.iife.min.js";

/** Defines the global `uPlot`. */
export function uplotScript(): string {
  return typeof __UPLOT_JS__ === "undefined" ? readFileSync(scriptPath(), "utf8") : __UPLOT_JS__;
}

export function uplotStyle(): string {
  return typeof __UPLOT_CSS__ === "undefined" ? readFileSync(scriptPath().replace("uPlot.iife.min.js", "uPlot.min.css"), "utf8") : __UPLOT_CSS__;
}

function scriptPath(): string {
  return createRequire(import.meta.url).resolve(SCRIPT);
}
