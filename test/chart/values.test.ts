// The chart's values against everything that must agree with them: the schema, the flags of `run`, the README. Nothing is rendered here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { runCommand } from "../../src/cli/run.ts";
import { validateCommand } from "../../src/cli/validate.ts";
import { documentedValues } from "../../scripts/values-table.ts";
import { captureIo, runCaptured } from "../cli/capture.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHART = join(ROOT, "charts/predictive-scaler");
const read = (name: string) => readFileSync(join(CHART, name), "utf8");

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly type?: string | readonly string[];
}
const schema = JSON.parse(read("values.schema.json")) as Schema;
const values = parse(read("values.yaml")) as Record<string, unknown>;

/** Paths of a tree of values down to where the schema leaves the shape open. */
function pathsOfValues(value: unknown, of: Schema | undefined, path = ""): string[] {
  if (of?.properties === undefined || typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => pathsOfValues(inner, of.properties?.[key], path === "" ? key : `${path}.${key}`));
}
function pathsOfSchema(of: Schema, path = ""): string[] {
  if (of.properties === undefined) return [path];
  return Object.entries(of.properties).flatMap(([key, inner]) => pathsOfSchema(inner, path === "" ? key : `${path}.${key}`));
}

test("every value has its place in the schema, and the other way round", () => {
  // `global` is Helm's own, for charts that have this one as a part.
  expect(pathsOfValues(values, schema).toSorted()).toEqual(pathsOfSchema(schema).filter((path) => path !== "global").toSorted());
});

test("the schema refuses what it does not know, at every level", () => {
  const open: string[] = [];
  const visit = (of: Schema, path: string) => {
    if (of.properties !== undefined && of.additionalProperties !== false) open.push(path);
    for (const [key, inner] of Object.entries(of.properties ?? {})) visit(inner, `${path}.${key}`);
  };
  visit(schema, "values");
  expect(open).toEqual([]);
});

test("every value is described, itself or with the group that it stands in", () => {
  const described = documentedValues(read("values.yaml")).map(({ path }) => path);
  const bare = pathsOfValues(values, schema).filter((path) => !described.some((one) => path === one || path.startsWith(`${one}.`)));
  expect(bare).toEqual([]);
});

test("every flag of `run` can be set by a value, but those for use outside of a cluster", () => {
  const elsewhere = /^--(kubeconfig|context|clock-.*)$/;
  const { io } = captureIo();
  const flags = runCommand(io, () => undefined).options.map(({ long }) => long ?? "").filter((flag) => !elsewhere.test(flag));
  const lines = read("templates/deployment.yaml").split("\n");
  expect(flags.length).toBeGreaterThan(5);
  const saying = (flag: string) => lines.filter((line) => line.trim().startsWith(`- ${flag}={{`) || line.includes(`- ${flag}=/etc/predictive-scaler/`));
  expect(flags.filter((flag) => saying(flag).length !== 1)).toEqual([]);
});

test("every value that the templates use is one", () => {
  const templates = readdirSync(join(CHART, "templates"), { recursive: true, encoding: "utf8" }).filter((name) => /\.(yaml|tpl|txt)$/.test(name));
  const used = templates.flatMap((name) => [...read(`templates/${name}`).matchAll(/\.Values\.([A-Za-z.]+)/g)].map(([, path = ""]) => path.split(".")));
  const member = (value: unknown, key: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined);
  const unknown = used.filter((path) => path.reduce(member, values) === undefined);
  expect(used.length).toBeGreaterThan(50);
  expect(unknown).toEqual([]);
});

test("the examples are manifests without a problem, one scaler each", async () => {
  const files = readdirSync(join(ROOT, "deploy/examples"));
  expect(files.toSorted()).toEqual([
    "calendar.yaml", "gitops.yaml", "hpa-floor.yaml", "keda.yaml",
    "node-headroom.yaml", "queue-worker.yaml", "recommend-first.yaml", "slow-climb.yaml", "web-service.yaml",
  ]);
  for (const file of files) {
    const { code, out } = await runCaptured(validateCommand, [join(ROOT, "deploy/examples", file)]);
    expect(out).toMatch(/^1 scaler, no problem\./);
    expect(code).toBe(0);
  }
});
