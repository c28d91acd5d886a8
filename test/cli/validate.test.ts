// Manifests checked offline: every problem with its file, line and column, other kinds passed over, and exit codes that a script can act on.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { crdCommand } from "../../src/cli/crd.ts";
import { validateCommand } from "../../src/cli/validate.ts";
import { runCaptured } from "./capture.ts";

const GOOD = `apiVersion: predictivescaler.io/v1alpha1
kind: PredictiveScaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 12
  metric:
    query: sum(rate(requests_total[2m]))
    targetPerReplica: "20"
`;
const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";

let dir = "";
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "validate-"))));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const validate = (...args: readonly string[]) => runCaptured(validateCommand, args);

test("a manifest without a problem is said to have none", async () => {
  expect(await validate(file("good.yaml", GOOD))).toEqual({ code: 0, out: "1 scaler, no problem.\n", err: "" });
});

test("all problems of all files are listed, each with line and column of its field", async () => {
  const wrong = GOOD.replace("maxReplicas: 12", "maxReplicas: 0\n  mode: Activ").replace('"20"', '"-5"');
  const bad = file("bad.yaml", wrong);
  const { code, out } = await validate(bad, file("good.yaml", GOOD));
  expect(code).toBe(1);
  const places = out.split("\n").filter((line) => line.startsWith(bad)).map((line) => line.slice(bad.length + 1).split(": ").slice(0, 2).join(" "));
  expect(places.sort()).toEqual(["10:5 spec.metric.targetPerReplica", "6:3 spec.maxReplicas", "7:3 spec.mode"]);
  expect(out).toContain("2 scalers, 1 with problems.");
});

test("a field that is absent is placed at the field it belongs to", async () => {
  const { out } = await validate(file("absent.yaml", GOOD.replace("    query: sum(rate(requests_total[2m]))\n", "")));
  expect(out).toMatch(/absent\.yaml:7:3: spec\.metric\.query: found nothing, expected /);
});

test("documents of other kinds are passed over, and counted", async () => {
  const { code, out } = await validate(file("many.yaml", `${SERVICE}---\n${GOOD}---\n${SERVICE}---\n`));
  expect({ code, out }).toEqual({ code: 0, out: "1 scaler, no problem. 2 documents of other kinds passed over.\n" });
});

test("a file without a scaler is bad: a check that checks nothing must not pass", async () => {
  for (const text of ["", "# nothing\n", SERVICE]) {
    const { code, out } = await validate(file("none.yaml", text));
    expect(code).toBe(1);
    expect(out).toContain("expected a PredictiveScaler");
  }
});

test("what is no YAML is told with its line", async () => {
  const { code, out } = await validate(file("broken.yaml", "a: 1\nb: [1, 2\nc: 3\n"));
  expect(code).toBe(1);
  expect(out).toMatch(/broken\.yaml:[23]:\d+: found .+, expected YAML/);
});

test("a query that Prometheus would reject is a problem, unless queries are left out", async () => {
  const cases = [
    ["sum(rate(requests_total[2m])", "it ends too early"],
    ["summ(requests_total)", '"summ" is not a function of Prometheus'],
    ["sum(rate(requests_total[2m])) by service", "it stops being PromQL at"],
  ] as const;
  for (const [query, message] of cases) {
    const path = file("query.yaml", GOOD.replace("sum(rate(requests_total[2m]))", query));
    const { code, out } = await validate(path);
    expect(code).toBe(1);
    expect(out).toContain(`query.yaml:8:5: spec.metric.query: found ${JSON.stringify(query)}, expected PromQL; `);
    expect(out).toContain(message);
    expect((await validate("--no-queries", path)).code).toBe(0);
  }
});

test("standard input is a file named -", async () => {
  const { code, out } = await runCaptured(validateCommand, ["-"], { stdin: Readable.from([GOOD.replace("12", '"many"')]) });
  expect(code).toBe(1);
  expect(out).toContain('-:6:3: spec.maxReplicas: found "many"');
});

test("a file that cannot be read ends with 3 and says which", async () => {
  const { code, err } = await validate(join(dir, "absent-file.yaml"));
  expect(code).toBe(3);
  expect(err).toContain("absent-file.yaml cannot be read");
});

test("json holds every problem with its place", async () => {
  const { out } = await validate("--output", "json", file("json.yaml", GOOD.replace("12", "0")));
  expect(JSON.parse(out)).toMatchObject([{ namespace: "shop", name: "web", problems: [{ path: "spec.maxReplicas", found: "0", line: 6, column: 3 }] }]);
});

test("a bomb of aliases is refused", async () => {
  const levels = Array.from({ length: 9 }, (_, i) => {
    const [inner, outer] = ["abcdefghij"[i], "abcdefghij"[i + 1]];
    return `${outer}: &${outer} [${Array.from({ length: 9 }, () => `*${inner}`).join(", ")}]`;
  });
  const { code, out } = await validate(file("bomb.yaml", `a: &a [1]\n${levels.join("\n")}\n`));
  expect(code).toBe(1);
  expect(out).toContain("expected YAML");
});

test("crd prints one definition, as YAML and as JSON", async () => {
  const yaml = await runCaptured((io) => crdCommand(io), []);
  const json = await runCaptured((io) => crdCommand(io), ["--output", "json"]);
  expect(parseYaml(yaml.out)).toMatchObject({ kind: "CustomResourceDefinition", metadata: { name: "predictivescalers.predictivescaler.io" } });
  expect(JSON.parse(json.out)).toEqual(parseYaml(yaml.out));
});
