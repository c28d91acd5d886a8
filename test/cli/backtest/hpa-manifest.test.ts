// The user's own HPA: what is taken of it, what is refused and why, and that it stands beside the others.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readHpa } from "../../../src/cli/backtest/hpa-manifest.ts";
import type { Hpa } from "../../../src/cli/backtest/hpa-manifest.ts";
import { rfc3339 } from "../../../src/clock.ts";
import { traffic } from "../../forecast/series.ts";
import { backtest } from "./run-backtest.ts";

const C = 20;
const CPU = "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 65}}}";
const hpaText = (metrics: string, more = "") => `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: checkout}
spec:
  minReplicas: 3
  maxReplicas: 9
  metrics: [${metrics}]
${more}`;

function valid(text: string): Hpa {
  const read = readHpa(text, "hpa.yaml", C);
  if (read.kind === "invalid") throw new Error(read.problems);
  return read.hpa;
}

test("a CPU target is a utilisation, an average value a demand per replica; absent fields are autoscaling/v2's defaults", () => {
  const hpa = valid(hpaText(CPU));
  expect(hpa).toMatchObject({ name: "checkout", minReplicas: 3, maxReplicas: 9, utilisation: 0.65, target: "65 % CPU" });
  expect(hpa.behavior).toEqual({
    scaleUp: {
      stabilizationWindowSeconds: 0, selectPolicy: "Max", tolerance: 0.1,
      policies: [{ type: "Pods", value: 4, periodSeconds: 15 }, { type: "Percent", value: 100, periodSeconds: 15 }],
    },
    scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: "Max", tolerance: 0.1, policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
  });
  for (const [type, source] of [["External", "external"], ["Pods", "pods"], ["Object", "object"]] as const)
    expect(valid(hpaText(`{type: ${type}, ${source}: {metric: {name: rps}, target: {type: AverageValue, averageValue: 12500m}}}`)).utilisation).toBeCloseTo(12.5 / C);
  const bare = valid("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\nspec: {maxReplicas: 4}");
  expect(bare).toMatchObject({ minReplicas: 1, utilisation: 0.8 });
});

test("behavior is read field by field, with null as nothing, among other manifests", () => {
  const more = "  behavior: {scaleUp: {tolerance: 50m, policies: null}, scaleDown: {selectPolicy: Disabled}}\n---\nkind: Deployment\n";
  const { behavior } = valid(hpaText(CPU, more));
  expect(behavior.scaleUp).toMatchObject({ tolerance: 0.05, policies: [{ value: 4 }, { value: 100 }] });
  expect(behavior.scaleDown).toMatchObject({ selectPolicy: "Disabled", stabilizationWindowSeconds: 300, tolerance: 0.1 });
});

test.each([
  ["memory", hpaText("{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 65}}}"), "spec.metrics: found Resource memory Utilization, expected one metric that a replay can translate"],
  ["a total value", hpaText("{type: External, external: {metric: {name: rps}, target: {type: Value, value: 100}}}"), "found External rps Value, expected"],
  ["two metrics", hpaText(`${CPU}, {type: Resource, resource: {name: memory}}`), "found Resource cpu Utilization, Resource memory, expected one"],
  ["an average of nothing", hpaText("{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: 0}}}"), "found Pods rps AverageValue, expected"],
  ["another version", hpaText(CPU).replace("autoscaling/v2", "autoscaling/v1"), "apiVersion: found autoscaling/v1, expected autoscaling/v2 (kubectl get hpa.v2.autoscaling"],
  ["bounds the wrong way round", hpaText(CPU).replace("maxReplicas: 9", "maxReplicas: 2"), "spec.maxReplicas: found 2, expected a whole number"],
  ["a wrong behavior", hpaText(CPU, "  behavior: {scaleDown: {stabilizationWindowSeconds: 9999}}"), "spec.behavior.scaleDown.stabilizationWindowSeconds: found 9999, expected"],
  ["an unknown field", hpaText(CPU, "  behavior: {scaleUpp: {}}"), "spec.behavior.scaleUpp: found {}, expected no such field; perhaps scaleUp was meant"],
  ["another kind", "kind: Deployment\n", "found 0 objects of kind HorizontalPodAutoscaler, expected one"],
  ["no YAML", "kind: [", "hpa.yaml:1:"],
])("%s is refused", (_name, text, sentence) => {
  expect(readHpa(text, "hpa.yaml", C)).toMatchObject({ kind: "invalid", problems: expect.stringContaining(sentence) as string });
});

let dir = "";
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "backtest-compare-"))));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

test("the HPA is one policy more, and what the scaler is held against", async () => {
  const { startMs, stepMs, values } = traffic({ days: 8, seed: 3, noise: 0.05 });
  const rows = Array.from(values, (value, i) => `${rfc3339(startMs + i * stepMs)},${value}`);
  const scaler = `
apiVersion: predictivescaler.io/v1alpha1
kind: PredictiveScaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 12
  metric: {query: sum(requests), targetPerReplica: "${C}"}
`;
  const args = ["--scaler", file("m.yaml", scaler), "--csv", file("t.csv", ["timestamp,value", ...rows].join("\n")), "--compare"];
  const { policies } = JSON.parse((await backtest(...args, file("hpa.yaml", hpaText(CPU)), "--output", "json")).out) as {
    policies: { name: string; settings: object; podHours: number }[];
  };
  expect(policies.map(({ name }) => name)).toEqual(["predictive", "hpa", "hpa-tuned", "last-week", "clairvoyant", "compare"]);
  expect(policies.at(-1)?.settings).toMatchObject({ hpa: "checkout", utilisation: 0.65, minReplicas: 3, maxReplicas: 9 });
  const { out } = await backtest(...args, file("hpa.yaml", hpaText(CPU)));
  expect(out.replaceAll("\n", " ")).toMatch(/ pod-hours than your HPA checkout \(65 % CPU\), which keeps/);
  // With its least as its most an HPA costs what that costs.
  const fixed = hpaText(CPU).replace("minReplicas: 3", "minReplicas: 9");
  const json = JSON.parse((await backtest(...args, file("hpa.yaml", fixed), "--output", "json")).out) as { policies: { meanReplicas: number }[] };
  expect(json.policies.at(-1)?.meanReplicas).toBe(9);
  const { code, err } = await backtest(...args, file("hpa.yaml", "kind: Deployment\n"));
  expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining("found 0 objects") as string });
});
