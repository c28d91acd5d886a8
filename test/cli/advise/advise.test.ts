// The command from its sources to its text: a manifest and a CSV, a scaler in a cluster and a Prometheus; exit codes and what a person reads.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createClock, rfc3339 } from "../../../src/clock.ts";
import { adviseCommand } from "../../../src/cli/advise.ts";
import { startPlaygroundPrometheus } from "../../../src/playground/index.ts";
import { startOperator } from "../../controller/operator.ts";
import { demandAt } from "../../controller/world.ts";
import { traffic } from "../../forecast/series.ts";
import { runCaptured } from "../capture.ts";

let dir = "";
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "advise-"))));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
}

const manifest = (extra: string) => `
apiVersion: predictivescaler.io/v1alpha1
kind: PredictiveScaler
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  metric: {query: "sum(rate(requests_total{a='b'}[10m]))", targetPerReplica: "20", step: 5m}
  forecast: {serviceLevel: "99.5%"}
  ${extra}
`;
const { startMs, stepMs, values } = traffic({ days: 21, noise: 0.03, seed: 5 });
const csv = () => file("demand.csv", ["timestamp,value", ...Array.from(values, (value, i) => `${rfc3339(startMs + i * stepMs)},${value}`)].join("\n"));
const advise = (...args: readonly string[]) => runCaptured(adviseCommand, args);

test("nothing to change is said, with exit code 0", async () => {
  const { code, out, err } = await advise("--scaler", file("good.yaml", manifest("maxReplicas: 14")), "--csv", csv());
  expect(err).toBe("");
  expect(out).toBe("shop/web: nothing to change (21d of demand seen, the last 6 days judged).\n");
  expect(code).toBe(0);
});

test("something serious is exit code 1: finding, why, and a line for the shell", async () => {
  const { code, out } = await advise("--scaler", file("bad.yaml", manifest("maxReplicas: 7")), "--csv", csv(), "--ready-delay", "30m");
  expect(code).toBe(1);
  expect(out).toContain("1. maxReplicas: serious\n   Found: Demand needed more than maxReplicas (7)");
  expect(out).toContain(`   kubectl patch psc web -n shop --type merge -p '{"spec":{"maxReplicas":12}}'\n`);
  expect(out).toContain("A pod takes 30m to be Ready; the lead time is 20m.");
  expect(out.split("\n").filter((line) => line.length > 80 && !line.includes("kubectl patch"))).toEqual([]);
});

test("a patch with a quote in it survives the shell", async () => {
  const text = manifest("maxReplicas: 14").replace("[10m]", "[1m]");
  const { out } = await advise("--scaler", file("quote.yaml", text), "--csv", csv());
  expect(out).toContain(String.raw`-p '{"spec":{"metric":{"query":"sum(rate(requests_total{a='\''b'\''}[10m]))"}}}'`);
});

test("as JSON: every advice with its patch and command", async () => {
  const { out } = await advise("--scaler", file("json.yaml", manifest("maxReplicas: 7")), "--csv", csv(), "--output", "json");
  const { advice, history } = JSON.parse(out) as { advice: { topic: string; patch: object; command: string }[]; history: { judgedDays: number } };
  expect(advice[0]).toMatchObject({ topic: "maxReplicas", severity: "serious", patch: { spec: { maxReplicas: 12 } } });
  expect(advice[0]?.command).toMatch(/^kubectl patch psc web -n shop /);
  expect(history.judgedDays).toBeCloseTo(6.2, 0);
});

test("a scaler in the cluster: read with its status, its history from Prometheus", async () => {
  const operator = await startOperator({ spec: { maxReplicas: 14, mode: "Recommend" }, query: "sum(demand)" });
  onTestFinished(() => operator.close());
  const prometheus = await startPlaygroundPrometheus({ clock: createClock(), series: [{ name: "demand", labels: {}, value: demandAt }] });
  onTestFinished(() => prometheus.close());
  const kubeconfig = file("kubeconfig", operator.kubernetes.kubeconfig);
  const { code, out, err } = await advise("checkout", "-n", "shop", "--kubeconfig", kubeconfig, "--prometheus-url", prometheus.url);
  expect(err).toBe("");
  expect(out.replaceAll(/\s+/g, " ")).toMatch(/Demand needed more than maxReplicas \(14\) in \d+ % of the time, up to 17 replicas/);
  expect(out).toContain("kubectl patch psc checkout -n shop --type merge");
  expect(code).toBe(1);
});

test.each([
  ["a manifest that is not there", ["--scaler", "/nowhere.yaml", "--csv", "x.csv"], 3, /\/nowhere\.yaml: cannot be read: there is no such file/],
  ["a trace that is not there", ["--scaler", "good.yaml", "--csv", "/nowhere.csv"], 3, /\/nowhere\.csv: cannot be read/],
  ["a Prometheus that does not answer", ["--scaler", "good.yaml", "--prometheus-url", "http://127.0.0.1:1"], 3, /127\.0\.0\.1:1/],
])("%s: a sentence and an exit code, no stack", async (_, args, code, sentence) => {
  file("good.yaml", manifest("maxReplicas: 14"));
  const result = await advise(...args.map((arg) => (arg === "good.yaml" ? join(dir, arg) : arg)));
  expect(result).toMatchObject({ code, out: "" });
  expect(result.err).toMatch(sentence);
  expect(result.err).not.toMatch(/\n\s+at /);
});

test.each([
  [["--csv", "x.csv"], /either the name of a scaler in the cluster or --scaler/],
  [["web", "--scaler", "a.yaml", "--csv", "x.csv"], /either the name of a scaler in the cluster or --scaler/],
  [["web"], /expected --prometheus-url <url> or --csv <file>/],
])("usage: %j", async (args, sentence) => {
  await expect(advise(...args)).rejects.toThrow(sentence);
});
