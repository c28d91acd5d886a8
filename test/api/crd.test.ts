import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { CONDITION_TYPES, conditionReference, crd, fieldReference, REASONS } from "../../src/api/index.ts";
import { structural } from "../../src/api/crd.ts";
import { statusSchema } from "../../src/api/status.ts";
import { specSchema } from "../../src/api/schema.ts";
import { z } from "zod";

type Node = Record<string, unknown>;
interface Version {
  readonly subresources: unknown;
  readonly additionalPrinterColumns: readonly { readonly name: string; readonly priority?: number }[];
}

/** What keeps a schema from being structural, or its rules from being cheap enough, each with its path. */
function faults(node: Node, path: string): string[] {
  const found: string[] = [];
  const allowed = "type format default description enum minimum maximum minLength maxLength minItems maxItems required properties items".split(" ");
  for (const key of Object.keys(node)) if (!allowed.includes(key) && !key.startsWith("x-kubernetes-")) found.push(`${path}: ${key}`);
  const isEither = node["x-kubernetes-int-or-string"] === true;
  if ((typeof node["type"] === "string") === isEither) found.push(`${path}: type`);
  if (node["type"] === "integer" && node["format"] === undefined) found.push(`${path}: integer without format`);
  if (node["type"] === "string" && node["enum"] === undefined && node["maxLength"] === undefined) found.push(`${path}: no maxLength`);
  if (node["type"] === "array" && node["maxItems"] === undefined) found.push(`${path}: no maxItems`);
  if (typeof node["description"] !== "string") found.push(`${path}: no description`);
  for (const [key, value] of Object.entries((node["properties"] ?? {}) as Record<string, Node>)) found.push(...faults(value, `${path}.${key}`));
  if (node["items"] !== undefined) found.push(...faults(node["items"] as Node, `${path}[]`));
  return found;
}

describe("the CRD", () => {
  test("is structural, bounded and described to the last field", () => {
    expect(faults(structural(specSchema), "spec")).toEqual([]);
    expect(faults(structural(statusSchema), "status")).toEqual([]);
  });

  test("would be found out if it were not", () => {
    const loose = structural(z.object({ a: z.string(), b: z.union([z.object({}), z.array(z.string())]), c: z.record(z.string(), z.int()) }));
    expect(faults(loose, "x").length).toBeGreaterThan(4);
  });

  test("offers status and no scale", () => {
    const { versions, names, scope } = (crd() as { spec: { versions: Version[]; names: Node; scope: string } }).spec;
    expect(versions[0]?.subresources).toEqual({ status: {} });
    expect(names).toMatchObject({ shortNames: ["psc"], categories: ["all", "autoscaling"] });
    expect(scope).toBe("Namespaced");
    const columns = versions[0]?.additionalPrinterColumns ?? [];
    expect(columns.filter(({ priority }) => priority === undefined).map(({ name }) => name.toUpperCase())).toEqual(
      "TARGET,MODE,MIN,MAX,REPLICAS,DESIRED,DEMAND,AT LEAD,ERROR,READY,AGE".split(","),
    );
    expect(columns.filter(({ priority }) => priority === 1).map(({ name }) => name.toUpperCase())).toEqual(["REASON", "LEAD"]);
  });
});

describe("the generated files", () => {
  const read = (name: string) => readFileSync(join(import.meta.dirname, "../..", name), "utf8");

  test("are those of the schema", () => {
    expect(parseYaml(read("crds/predictivescaler.io_predictivescalers.yaml"))).toEqual(JSON.parse(JSON.stringify(crd())));
    expect(read("docs/reference/fields.md")).toBe(fieldReference());
    expect(read("docs/reference/conditions.md")).toBe(conditionReference());
  });

  test("list every reason and condition once", () => {
    const page = conditionReference();
    const lists: readonly (readonly string[])[] = [CONDITION_TYPES, REASONS];
    for (const word of lists.flat()) expect(page.split(`| \`${word}\` |`)).toHaveLength(1 + lists.filter((list) => list.includes(word)).length);
    expect(new Set(REASONS).size).toBe(REASONS.length);
  });

  test("give type, default, range and description of a field", () => {
    const row = fieldReference().split("\n").find((line) => line.startsWith("| `spec.metric.step` |"));
    expect(row?.split(" | ").slice(1, 4)).toEqual(["duration", "`1m`", "a duration from 15s to 1h that divides a day evenly"]);
    expect(row).toContain("pace of the decisions");
  });
});
