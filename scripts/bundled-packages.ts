// The packages of which code is in a bundle, and the text of their licences. A licence that is not on the list fails the build.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * SPDX ids: permissive, compatible with Apache-2.0. An `OR` is fine if one side is here. CC-BY-3.0 is of data, which are passed on as they are, with their
 * sources; where their own text asks to share alike, that is for changed data.
 */
export const ALLOWED_LICENSES: ReadonlySet<string> = new Set([
  "0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-3.0", "CC0-1.0", "ISC", "MIT", "PSF-2.0", "Python-2.0", "Unlicense",
]);

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of its package.json. */
  readonly license: string;
  /** Its licence and notice files, or what its package.json says where there is none. */
  readonly text: string;
}

const LICENSE_FILE = /^(licen[cs]e|copying|notice)\b/i;

/** By name and version. `files`: paths below `root` that went into the bundle. Throws Error on a licence that is not allowed. */
export function bundledPackages(root: string, files: Iterable<string>): BundledPackage[] {
  const folders = new Set<string>();
  for (const file of files) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
    if (folder !== undefined) folders.add(folder);
  }
  const byKey = new Map([...folders].map((folder) => packageIn(join(root, folder))).map((found) => [`${found.name} ${found.version}`, found]));
  const refused = [...byKey.values()].filter(({ license }) => !isAllowed(license));
  if (refused.length > 0) {
    const list = refused.map(({ name, version, license }) => `${name} ${version} (${license})`).join(", ");
    throw new Error(`The bundle may not carry ${list}: the licence is not in ALLOWED_LICENSES. Use another package.`);
  }
  return [...byKey.keys()].toSorted().flatMap((key) => byKey.get(key) ?? []);
}

/** Whether one side of every choice in the SPDX expression is allowed. */
export function isAllowed(license: string): boolean {
  const all = license.replaceAll(/[()]/g, " ").trim().split(/\s+AND\s+/);
  return all.every((part) => part.split(/\s+OR\s+/).some((id) => ALLOWED_LICENSES.has(id.trim())));
}

/** What goes beside the bundle: each package with its licence; equal texts once. */
export function licensesText(packages: readonly BundledPackage[]): string {
  const byText = Map.groupBy(packages, ({ text }) => text);
  const part = ([text, owners]: readonly [string, readonly BundledPackage[]]) =>
    `${owners.map(({ name, version, license }) => `${name} ${version} (${license})`).join("\n")}\n\n${text}\n`;
  return `predictive-scaler contains code of these packages.\n\n${[...byText].map(part).join(`\n${"-".repeat(80)}\n\n`)}`;
}

function packageIn(folder: string): BundledPackage {
  const { name, version, license = "none named" } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const texts = readdirSync(folder).filter((file) => LICENSE_FILE.test(file)).toSorted().map((file) => readFileSync(join(folder, file), "utf8").trim());
  return { name: name ?? folder, version: version ?? "", license, text: texts.join("\n\n") || `Licence: ${license} (the package has no text of it).` };
}
