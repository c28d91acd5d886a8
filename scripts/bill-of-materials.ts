// The CycloneDX bill of materials of the bundle: what is really in it, which the lockfile does not say.
// (`npm sbom --omit dev` leaves out production packages that are an optional peer of another one, such as zod.)
import type { BundledPackage } from "./bundled-packages.ts";

type Named = Pick<BundledPackage, "name" | "version" | "license">;

/** JSON text. No time and no serial number in it: the same bundle has the same text. */
export function billOfMaterials(program: Named, packages: readonly Named[]): string {
  const component = (type: string, { name, version, license }: Named) => {
    const purl = `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
    return { type, "bom-ref": purl, name, version, purl, licenses: [license.includes(" ") ? { expression: license } : { license: { id: license } }] };
  };
  const main = component("application", program);
  const components = packages.map((found) => component("library", found));
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: main },
    components,
    dependencies: [{ ref: main["bom-ref"], dependsOn: components.map((found) => found["bom-ref"]) }],
  };
  return `${JSON.stringify(bill, undefined, 1)}\n`;
}
