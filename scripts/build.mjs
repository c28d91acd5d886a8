// Bundles the program to dist/predictive-scaler.mjs and the model worker to dist/model-worker.mjs (Node 24, ESM).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const uplot = require.resolve("uplot/dist/uPlot.iife.min.js");

await build({
  entryPoints: { "predictive-scaler": "src/main.ts", "model-worker": "src/controller/model-worker.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  minify: true,
  keepNames: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "none",
  define: {
    __VERSION__: JSON.stringify(version),
    __UPLOT_JS__: JSON.stringify(readFileSync(uplot, "utf8")),
    __UPLOT_CSS__: JSON.stringify(readFileSync(uplot.replace("uPlot.iife.min.js", "uPlot.min.css"), "utf8")),
  },
  // CommonJS packages inside an ES module need these three.
  banner: {
    js: "import{createRequire as __cr}from'node:module';import{fileURLToPath as __fu}from'node:url';const require=__cr(import.meta.url);const __filename=__fu(import.meta.url);const __dirname=__fu(new URL('.',import.meta.url));",
  },
});
