// Bundles the program to the one file dist/predictive-scaler.mjs (Node 24, ESM). The model worker is bundled first and goes into it as a text.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = new URL("../", import.meta.url);
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const uplot = require.resolve("uplot/dist/uPlot.iife.min.js");

const options = {
  absWorkingDir: fileURLToPath(root),
  bundle: true,
  minify: true,
  keepNames: true,
  platform: "node",
  target: "node24",
  legalComments: "none",
};

// A worker that is started from a text is a CommonJS script.
const worker = await build({ ...options, entryPoints: ["src/controller/model-worker.ts"], format: "cjs", write: false });

await build({
  ...options,
  entryPoints: { "predictive-scaler": "src/main.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  format: "esm",
  define: {
    __VERSION__: JSON.stringify(version),
    __MODEL_WORKER__: JSON.stringify(worker.outputFiles[0].text),
    __UPLOT_JS__: JSON.stringify(readFileSync(uplot, "utf8")),
    __UPLOT_CSS__: JSON.stringify(readFileSync(uplot.replace("uPlot.iife.min.js", "uPlot.min.css"), "utf8")),
  },
  // CommonJS packages inside an ES module need these three.
  banner: {
    js: "import{createRequire as __cr}from'node:module';import{fileURLToPath as __fu}from'node:url';const require=__cr(import.meta.url);const __filename=__fu(import.meta.url);const __dirname=__fu(new URL('.',import.meta.url));",
  },
});
