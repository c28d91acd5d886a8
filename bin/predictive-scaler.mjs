#!/usr/bin/env node
// Starts the built program; says what to do where Node is too old or nothing is built.
import { existsSync } from "node:fs";

const MINIMUM_NODE = 24;
const bundle = new URL("../dist/predictive-scaler.mjs", import.meta.url);

if (Number(process.versions.node.split(".")[0]) < MINIMUM_NODE) {
  process.stderr.write(
    `predictive-scaler needs Node ${MINIMUM_NODE} or newer; this is ${process.version} (${process.execPath}).\n` +
      "Inside the project run it through npm, which brings the right Node: npx --no-install predictive-scaler\n",
  );
  process.exit(2);
} else if (!existsSync(bundle)) {
  process.stderr.write("predictive-scaler is not built yet. Run: npm run build\n");
  process.exit(2);
} else {
  await import(bundle.href);
}
