// What may go into the bundle: the licences of everything that the lockfile has for production, and what happens to others.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { billOfMaterials } from "../../scripts/bill-of-materials.ts";
import { bundledPackages, isAllowed, licensesText } from "../../scripts/bundled-packages.ts";

interface Locked {
  readonly license?: string;
  readonly dev?: true;
  readonly optional?: true;
  readonly hasInstallScript?: true;
}

const lock = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8")) as { readonly packages: Readonly<Record<string, Locked>> };
const production = Object.entries(lock.packages).filter(([path, { dev, optional }]) => path !== "" && !dev && !optional);

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "bundled-packages-"))));
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, license: string | undefined, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(root, path);
  mkdirSync(folder, { recursive: true });
  const manifest = { name: path.replace(/^.*node_modules\//, ""), version: "1.0.0", license };
  for (const [name, text] of Object.entries({ ...files, "package.json": JSON.stringify(manifest) })) writeFileSync(join(folder, name), text);
  return `${path}/index.js`;
}

test("every production package of the lockfile has a permissive licence", () => {
  expect(production.length).toBeGreaterThan(50);
  expect(production.filter(([, { license }]) => !isAllowed(license ?? "none named")).map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

/** Its script only warns of version ranges without a tilde; nothing needs it, and the image is built without scripts. */
const HARMLESS = ["node_modules/protobufjs"];

test("no production package needs to run a script when it is installed", () => {
  expect(production.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual(HARMLESS);
});

test.each([
  ["MIT", true],
  ["(MIT OR GPL-3.0-only)", true],
  ["MIT AND ISC", true],
  ["Apache-2.0 AND (MIT OR GPL-2.0-only)", true],
  ["GPL-3.0-only", false],
  ["LGPL-2.1-or-later", false],
  ["MIT AND GPL-3.0-only", false],
  ["SEE LICENSE IN LICENSE.md", false],
  ["UNLICENSED", false],
])("%s allowed: %s", (license, expected) => {
  expect(isAllowed(license)).toBe(expected);
});

test("a package with another licence, or none, fails the build by name", () => {
  const files = [put("node_modules/good", "MIT"), put("node_modules/@scope/viral", "AGPL-3.0-only"), put("node_modules/silent", undefined)];
  expect(() => bundledPackages(root, files)).toThrow("@scope/viral 1.0.0 (AGPL-3.0-only), silent 1.0.0 (none named)");
});

test("texts are gathered: nested packages are found, files of the project are none, equal texts stand once", () => {
  const files = [
    "src/main.ts",
    put("node_modules/a", "MIT", { LICENSE: "Permission is granted." }),
    put("node_modules/a/node_modules/@x/b", "Apache-2.0", { LICENSE: "Apache text", NOTICE: "Made by b." }),
    put("node_modules/c", "MIT", { "LICENSE.txt": "Permission is granted.\n" }),
    put("node_modules/d", "ISC"),
  ];
  const found = bundledPackages(root, [...files, "node_modules/a/other.js"]);
  expect(found.map(({ name }) => name)).toEqual(["@x/b", "a", "c", "d"]);
  const text = licensesText(found);
  expect(text.match(/Permission is granted/g)).toHaveLength(1);
  expect(text).toContain("a 1.0.0 (MIT)\nc 1.0.0 (MIT)\n\nPermission is granted.");
  expect(text).toContain("Apache text\n\nMade by b.");
  expect(text).toContain("Licence: ISC (the package has no text of it).");
});

test("the bill of materials names the packages as scanners look them up", () => {
  const packages = bundledPackages(root, [put("node_modules/@x/b", "Apache-2.0"), put("node_modules/a", "(MIT OR ISC)")]);
  const program = { name: "program", version: "1.2.3", license: "MIT" };
  const bill = JSON.parse(billOfMaterials(program, packages)) as Record<string, unknown>;
  expect(bill).toMatchObject({
    bomFormat: "CycloneDX",
    metadata: { component: { type: "application", name: "program", version: "1.2.3" } },
    components: [
      { type: "library", name: "@x/b", purl: "pkg:npm/%40x/b@1.0.0", licenses: [{ license: { id: "Apache-2.0" } }] },
      { type: "library", name: "a", purl: "pkg:npm/a@1.0.0", licenses: [{ expression: "(MIT OR ISC)" }] },
    ],
    dependencies: [{ ref: "pkg:npm/program@1.2.3", dependsOn: ["pkg:npm/%40x/b@1.0.0", "pkg:npm/a@1.0.0"] }],
  });
  expect(billOfMaterials(program, packages)).toBe(billOfMaterials(program, packages));
});
