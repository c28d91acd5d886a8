// Bundles the program to dist/predictive-scaler.mjs (Node 24, ESM). The model worker is bundled first and goes into it as a text.
// The thread that knows the world's holidays is a file beside it, dist/holidays.mjs: it is read only where a calendar names holidays, and its data have a
// licence of their own (third-party-licenses.txt names it, and the sources).
// Beside it, for whoever passes the bundle on: the licences and the bill of materials of what is in it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { billOfMaterials } from "./bill-of-materials.ts";
import { bundledPackages, licensesText } from "./bundled-packages.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const require = createRequire(import.meta.url);
const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const uplot = require.resolve("uplot/dist/uPlot.iife.min.js");

const options = {
  absWorkingDir: root,
  bundle: true,
  // Names stay as they are: stack traces are read, and esbuild's own way to keep them costs a call for each closure that is made.
  minifySyntax: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node24",
  legalComments: "none",
  metafile: true,
};

// A worker that is started from a text is a CommonJS script.
const worker = await build({ ...options, entryPoints: ["src/controller/model-worker.ts"], format: "cjs", write: false });

const requireBanner = {
  js: "import{createRequire as __cr}from'node:module';import{fileURLToPath as __fu}from'node:url';const require=__cr(import.meta.url);const __filename=__fu(import.meta.url);const __dirname=__fu(new URL('.',import.meta.url));",
};
const HOLIDAYS = "holidays.mjs";
const holidays = await build({ ...options, entryPoints: ["src/controller/holidays-worker.ts"], outfile: `dist/${HOLIDAYS}`, format: "esm", banner: requireBanner });

const program = await build({
  ...options,
  entryPoints: { "predictive-scaler": "src/main.ts" },
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  format: "esm",
  define: {
    __VERSION__: JSON.stringify(version),
    __MODEL_WORKER__: JSON.stringify(worker.outputFiles[0].text),
    __HOLIDAYS_WORKER__: JSON.stringify(`./${HOLIDAYS}`),
    __UPLOT_JS__: JSON.stringify(readFileSync(uplot, "utf8")),
    __UPLOT_CSS__: JSON.stringify(readFileSync(uplot.replace("uPlot.iife.min.js", "uPlot.min.css"), "utf8")),
  },
  // CommonJS packages inside an ES module need these three.
  banner: requireBanner,
});

const files = [...Object.keys(worker.metafile.inputs), ...Object.keys(holidays.metafile.inputs), ...Object.keys(program.metafile.inputs), relative(root, uplot)];
const packages = bundledPackages(root, files);
writeFileSync(join(root, "dist/third-party-licenses.txt"), licensesText(packages));
writeFileSync(join(root, "dist/predictive-scaler.cdx.json"), billOfMaterials({ name, version, license }, packages));
