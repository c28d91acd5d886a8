// The workflows cannot run here, so that what they rest on is checked: their grammar, pins, permissions, and the names that they share with other files.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ACTIONLINT } from "../control-plane/modules.ts";
import { provisionModules } from "../control-plane/provision.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly permissions?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>>;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = `${ROOT}.github/workflows/`;
const read = (file: string) => readFileSync(ROOT + file, "utf8");
const texts = new Map(readdirSync(FOLDER).map((file) => [file, readFileSync(FOLDER + file, "utf8")]));
const workflows = new Map([...texts].map(([file, text]) => [file, parse(text) as Workflow]));
const stepsOf = (file: string) => Object.values(workflows.get(file)?.jobs ?? {}).flatMap(({ steps }) => steps);
const commandsOf = (file: string) => stepsOf(file).flatMap(({ run }) => run ?? []).join("\n");

const binaries = await provisionModules([ACTIONLINT], "workflow");

function lint(text: string): { readonly status: number | null; readonly stdout: string } {
  const args = ["-shellcheck=", "-pyflakes=", "-no-color", "-"];
  return spawnSync(binaries?.["actionlint"] ?? "", args, { input: text, encoding: "utf8" });
}

test.skipIf(binaries === undefined).each([...texts])("actionlint accepts %s", (_file, text) => {
  const { status, stdout } = lint(text);
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

test.skipIf(binaries === undefined)("actionlint refuses a step that reads what no step gives", () => {
  const { status, stdout } = lint((texts.get("release.yaml") ?? "").replace("steps.image.outputs", "steps.picture.outputs"));
  expect(status).toBe(1);
  expect(stdout).toContain('property "picture" is not defined');
});

test.each([...texts])("every action of %s is pinned by commit, and says which release that is", (_file, text) => {
  const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test("only the release may write, and only packages and its own identity", () => {
  const granted = [...workflows].map(([file, { permissions, jobs }]) => [file, permissions, ...Object.values(jobs).map((job) => job.permissions)]);
  expect(granted).toEqual([
    ["ci.yaml", { contents: "read" }, undefined],
    ["release.yaml", {}, { contents: "read", packages: "write", "id-token": "write" }],
  ]);
});

test("the release pushes the image that the chart asks for, with the arguments that the Dockerfile takes", () => {
  const values = parse(read("charts/predictive-scaler/values.yaml")) as { readonly image: { readonly repository: string } };
  expect(workflows.get("release.yaml")?.env?.["IMAGE"]).toBe(values.image.repository);
  const build = stepsOf("release.yaml").find(({ uses }) => uses?.startsWith("docker/build-push-action@"))?.with;
  expect(build?.["platforms"]).toBe("linux/amd64,linux/arm64");
  const given = [...(build?.["build-args"] ?? "").matchAll(/^(\w+)=/gm)].map(([, name]) => name);
  expect(given).toEqual([...read("Dockerfile").matchAll(/^ARG (\w+)/gm)].map(([, name]) => name));
});

test("the release's check of the version would pass for the version that is here", () => {
  const { version } = JSON.parse(read("package.json")) as { readonly version: string };
  const chart = read("charts/predictive-scaler/Chart.yaml").split("\n");
  expect(commandsOf("release.yaml")).toContain("jq -r .version package.json");
  expect(chart).toContain(`version: ${version}`);
  expect(chart).toContain(`appVersion: ${version}`);
});

test("the bill of materials that the release attests is the image's own", () => {
  const file = /docker cp "\$container:\/app\/([\w.-]+)"/.exec(commandsOf("release.yaml"))?.[1];
  expect(read("Dockerfile")).toContain(`/src/dist/${file} /app/`);
  expect(commandsOf("release.yaml")).toContain(`--predicate "$RUNNER_TEMP/${file}"`);
});
