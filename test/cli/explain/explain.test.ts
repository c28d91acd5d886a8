// The command over HTTP against the playground's servers: asked of the operator directly and through the API server, computed again, or from status.
import { createServer, request as forward } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { createClock } from "../../../src/clock.ts";
import { explainCommand } from "../../../src/cli/explain.ts";
import { startPlaygroundPrometheus } from "../../../src/playground/index.ts";
import { createMetrics, serveTelemetry } from "../../../src/telemetry/index.ts";
import type { TelemetryServer } from "../../../src/telemetry/index.ts";
import { temporaryFolder } from "../../control-plane/child-process.ts";
import { startOperator } from "../../controller/operator.ts";
import type { Operator, Setting } from "../../controller/operator.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "../../controller/world.ts";
import { runCaptured } from "../capture.ts";

const HOUR_MS = 60 * MINUTE_MS;
let operator: Operator;
let served: TelemetryServer | undefined;
let proxy: Server | undefined;

afterEach(async () => {
  await served?.close();
  served = undefined;
  proxy?.closeAllConnections();
  proxy?.close();
  proxy = undefined;
  await operator.close();
});

function kubeconfigFor(url: string): string {
  const file = join(temporaryFolder("explain-"), "kubeconfig");
  writeFileSync(file, operator.kubernetes.kubeconfig.replaceAll(operator.kubernetes.url, url));
  return file;
}

async function serve(): Promise<string> {
  const decisions = (key: string, sinceMs: number) => operator.journals().read(key, sinceMs, operator.clock.nowMs());
  served = await serveTelemetry({ host: "127.0.0.1", port: 0, metrics: createMetrics(), health: () => undefined, readiness: () => undefined, decisions });
  return served.url;
}

const run = (...args: readonly string[]) => runCaptured(explainCommand, ["checkout", "-n", "shop", "--kubeconfig", kubeconfigFor(operator.kubernetes.url), ...args]);

/** A line of text and no wider than a terminal. */
function expectReadable(text: string): void {
  expect(text.split("\n").filter((line) => line.length > 80 && !/\S{60}/.test(line))).toEqual([]);
  expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
}

/** The morning of the demand's rise, with so many hours seen. */
async function begin(hours: number, setting: Setting = {}): Promise<void> {
  operator = await startOperator({ startMs: START_MS + 20 * DAY_MS, ...setting });
  await operator.start();
  await operator.passes(hours * HOUR_MS);
}

test("why this number: the demand with its numbers, the rules in order, and the demand that would give another number", async () => {
  await begin(3);
  const { code, out } = await run("--operator-url", await serve());
  expect(code).toBe(0);
  const replicas = await operator.replicas();
  expect(out).toMatch(/^shop\/checkout (goes|stays)/);
  expect(out).toContain("Why, rule by rule");
  expect(out.replaceAll(/\s+/g, " ")).toMatch(new RegExp(`${replicas + 1} replicas: as soon as the forecast for the next 20m is above \\d+ \\(now \\d+\\) or demand itself above ${50 * replicas}`));
  expect(out).toContain("From the operator's memory");
  expectReadable(out);
});

test("the threshold that it names is the one at which the demand rule gives the next number", async () => {
  await begin(3);
  const { out } = await run("--operator-url", await serve());
  const memory = operator.memory();
  const demand = memory?.track.demand();
  const [, above = NaN] = /above\s+(\d+(?:\.\d+)?)\s+\(now/.exec(out) ?? [];
  const replicas = await operator.replicas();
  const margin = (demand?.margin ?? NaN) * (demand?.scale ?? NaN);
  expect(Math.ceil((Number(above) - 1 + margin) / 50)).toBe(replicas);
  expect(Math.ceil((Number(above) + 1 + margin) / 50)).toBe(replicas + 1);
});

test("a surge that nobody could foresee: the cause first, with the times at which capacity was asked for and ready", async () => {
  const surgeMs = START_MS + 20 * DAY_MS + 3 * HOUR_MS;
  await begin(5, { value: (timeMs) => demandAt(timeMs) * (timeMs >= surgeMs && timeMs < surgeMs + HOUR_MS ? 1.9 : 1) });
  const { code, out } = await run("--operator-url", await serve(), "--since", "4h");
  expect(out).toMatch(/^Root cause: Demand was not foreseen: 1\d\d\d at 0[34]:\d\d/);
  expect(code).toBe(1);
  expect(out.replaceAll(/\s+/g, " ")).toMatch(/so many were asked for at 03:0\d and ready at 03:[12]\d/);
  expect(out).toContain("Timeline (UTC)");
  expectReadable(out);
  const json = await run("--operator-url", served?.url ?? "", "--since", "4h", "--output", "json");
  const story = JSON.parse(json.out) as { shortages: { from: string; cause: { kind: string }; peak: number; needed: number }[]; shortSeconds: number };
  expect(story.shortages[0]).toMatchObject({ cause: { kind: "forecastLow" } });
  expect(story.shortSeconds).toBeGreaterThan(300);
  expect(story.shortages[0]?.from.slice(0, 14)).toBe("2026-01-25T03:");
});

test("a maximum that is too low is the cause, with the number that was needed", async () => {
  await begin(6, { spec: { maxReplicas: 12 } });
  const { code, out } = await run("--operator-url", await serve(), "--since", "3h");
  expect(out.replaceAll(/\s+/g, " ")).toMatch(/^Root cause: maxReplicas \(12\) allowed no more; 1[5-8] replicas were needed\./);
  expect(code).toBe(1);
  const why = await run("--operator-url", served?.url ?? "");
  expect(why.out.replaceAll(/\s+/g, " ")).toMatch(/Raise maxReplicas \(12\) to 1[6-9] or more/);
});

test("a calm night: never short, said with its highest demand, and exit code 0", async () => {
  await begin(4);
  const { code, out } = await run("--operator-url", await serve(), "--since", "2h");
  expect(code).toBe(0);
  expect(out).toMatch(/^Never short of ready replicas between 02:\d\d and 04:\d\d \(UTC\)\.\nDemand was highest at/);
});

test("the operator is found by its label and asked through the API server", async () => {
  await begin(2);
  const direct = new URL(await serve());
  const pod = { metadata: { name: "predictive-scaler-0", namespace: "ops" }, spec: { containers: [{ ports: [{ name: "metrics", containerPort: 9999 }] }] }, status: { phase: "Running" } };
  const front = createServer((request, response) => {
    const url = request.url ?? "";
    if (url.startsWith("/api/v1/pods?labelSelector=app.kubernetes.io%2Fpart-of%3Dpredictive-scaler%2Capp.kubernetes.io%2Fcomponent%3Doperator")) return void response.end(JSON.stringify({ items: [pod] }));
    const inner = /^\/api\/v1\/namespaces\/ops\/pods\/predictive-scaler-0:9999\/proxy(\/.*)$/.exec(url)?.[1];
    const target = inner === undefined ? new URL(url, operator.kubernetes.url) : new URL(inner, direct);
    const inward = forward(target, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(inward);
  });
  proxy = front;
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  const kubeconfig = kubeconfigFor(`http://127.0.0.1:${(front.address() as AddressInfo).port}`);
  const { code, out } = await runCaptured(explainCommand, ["checkout", "-n", "shop", "--kubeconfig", kubeconfig]);
  expect(code).toBe(0);
  expect(out).toContain("From the operator's memory (pod ops/predictive-scaler-0)");
});

test("without the operator the status has to do, and it says so; the story is refused with exit code 3", async () => {
  await begin(2);
  const why = await run();
  expect(why.code).toBe(0);
  expect(why.out).toContain("no running pod has the label");
  expect(why.out.replaceAll(/\s+/g, " ")).toContain("This is from the scaler's status alone.");
  expectReadable(why.out);
  const story = await run("--since", "2h");
  expect(story).toMatchObject({ code: 3, out: "" });
  expect(story.err).toContain("--prometheus-url");
});

test("computed again from Prometheus the number is the one that the operator's own line gives, and it says what is not known", async () => {
  const clock = createClock();
  const need = Math.max(...[0, 5, 10, 15, 20].map((minutes) => demandAt(clock.nowMs() + minutes * MINUTE_MS))) / 50;
  // What a policy lets a climb take at once is another matter.
  operator = await startOperator({ replicas: Math.ceil(need) });
  const prometheus = await startPlaygroundPrometheus({ clock, series: [{ name: "demand", labels: {}, value: demandAt }] });
  onTestFinished(() => prometheus.close());
  const why = await run("--prometheus-url", prometheus.url);
  expect(why.code).toBe(0);
  const [, answer = NaN] = /(?:stays at|goes from \d+ to) (\d+) replicas/.exec(why.out.replaceAll(/\s+/g, " ")) ?? [];
  expect(Number(answer)).toBeGreaterThanOrEqual(Math.floor(need));
  expect(Number(answer)).toBeLessThanOrEqual(Math.ceil(need) + 3);
  expect(why.out).toContain("Computed again from");
  expectReadable(why.out);
  const story = await run("--prometheus-url", prometheus.url, "--since", "12h");
  expect(story.code).toBe(0);
  expect(story.out.replaceAll(/\s+/g, " ")).toContain("How many replicas were ready is not known here");
  expect(story.out).toMatch(/replicas \d+ -> \d+/);
});

test("what is not well comes with what to do, and exit code 1", async () => {
  await begin(1, { query: "other" });
  const { code, out } = await run("--operator-url", await serve());
  expect(code).toBe(1);
  expect(out).toContain("Not well");
  expect(out.replaceAll(/\s+/g, " ")).toContain("To do: Wrap metric.query in sum(), or select one series by its labels.");
  expectReadable(out);
});

test.each([
  ["there is no such scaler", ["nothing", "-n", "shop"], 1, /There is no PredictiveScaler nothing in the namespace shop/],
  ["an operator that does not answer", ["checkout", "-n", "shop", "--operator-url", "http://127.0.0.1:1", "--since", "1h"], 3, /does not answer/],
])("%s: a sentence and an exit code, no stack", async (_, args, code, sentence) => {
  operator = await startOperator();
  const result = await runCaptured(explainCommand, [...args, "--kubeconfig", kubeconfigFor(operator.kubernetes.url)]);
  expect(result.code).toBe(code);
  expect(result.err).toMatch(sentence);
  expect(result.err).not.toMatch(/\n\s+at /);
});
