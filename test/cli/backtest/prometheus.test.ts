// The demand read from a server: the range that was asked for, in chunks, and each way in which it cannot be had.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseMoment } from "../../../src/cli/backtest/moment.ts";
import { createManualClock, rfc3339 } from "../../../src/clock.ts";
import { startPlaygroundPrometheus } from "../../../src/playground/index.ts";
import type { PlaygroundPrometheus } from "../../../src/playground/index.ts";
import { startGateway } from "../../prometheus/gateway.ts";
import { traffic } from "../../forecast/series.ts";
import { backtest } from "./run-backtest.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const NOW_MS = Date.UTC(2026, 1, 2, 12);
const FIRST_MS = NOW_MS - 10 * DAY_MS;

const { values } = traffic({ days: 10, stepMs: MINUTE_MS, startMs: FIRST_MS, seed: 3, noise: 0.05 });
const demandAt = (timeMs: number) => (timeMs < FIRST_MS ? undefined : values[Math.round((timeMs - FIRST_MS) / MINUTE_MS)]);
const manifest = (query: string) => `
apiVersion: predictivescaler.io/v1alpha1
kind: PredictiveScaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 12
  metric: {query: '${query}', targetPerReplica: "20"}
`;

let dir = "";
let server: PlaygroundPrometheus;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "backtest-prometheus-"));
  const series = [
    { name: "demand", labels: {}, value: demandAt },
    ...["a", "b"].map((pod) => ({ name: "pods", labels: { pod }, value: () => 1 })),
  ];
  server = await startPlaygroundPrometheus({ clock: createManualClock(NOW_MS), series });
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});

function scaler(query = "sum(demand)"): string {
  const path = join(dir, "m.yaml");
  writeFileSync(path, manifest(query));
  return path;
}

const range = ["--from", rfc3339(FIRST_MS), "--to", String(NOW_MS / 1000)];
const asked = (...more: readonly string[]) => backtest("--scaler", scaler(), "--prometheus-url", server.url, ...range, ...more);

test("the server is asked as the scaler asks: with its headers and parameters; a secret needs a cluster", async () => {
  const isRight = ({ headers }: { headers: NodeJS.Dict<string | string[]> }, { searchParams }: URL) =>
    headers["x-scope-orgid"] === "shop" && searchParams.get("partial_response") === "false";
  const gateway = await startGateway({ target: server.url, isRight });
  const asking = (access: string) => {
    const path = join(dir, "tenant.yaml");
    writeFileSync(path, manifest("sum(demand)").replace(', targetPerReplica: "20"}', `, targetPerReplica: "20", prometheus: ${access}}`));
    return backtest("--scaler", path, "--prometheus-url", gateway.url, ...range);
  };
  const header = "headers: [{name: X-Scope-OrgID, value: shop}]";
  const parameter = 'queryParameters: [{name: partial_response, value: "false"}]';
  try {
    // Where the manifest sends the operator is not where the command was sent.
    expect((await asking(`{url: "http://elsewhere.example", ${header}, ${parameter}}`)).code).toBe(0);
    expect(await asking(`{${parameter}}`)).toMatchObject({ code: 3, err: expect.stringContaining("401") as string });
    const kubeconfig = process.env["KUBECONFIG"];
    process.env["KUBECONFIG"] = join(dir, "absent");
    const secret = await asking("{auth: {bearer: {secretKeyRef: {name: token, key: token}}}}");
    if (kubeconfig === undefined) delete process.env["KUBECONFIG"];
    else process.env["KUBECONFIG"] = kubeconfig;
    expect(secret.code).toBe(3);
  } finally {
    await gateway.close();
  }
});

test("a range of more than one chunk is replayed as the same rows of a file are", async () => {
  const before = server.requests.queryRange;
  const { code, out, err } = await asked("--output", "csv");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(server.requests.queryRange - before).toBe(2);
  const path = join(dir, "t.csv");
  const rows = Array.from({ length: 10 * 1440 }, (_, i) => `${FIRST_MS / 1000 + 60 * i},${values[i] ?? ""}`);
  // The server repeats its last sample for five minutes: at the end of the range the series has ended by one minute.
  writeFileSync(path, ["timestamp,value", ...rows, `${NOW_MS / 1000},${values.at(-1) ?? ""}`].join("\n"));
  const fromFile = await backtest("--scaler", scaler(), "--csv", path, "--output", "csv");
  expect(out).toBe(fromFile.out);
  expect(out.split("\n").length).toBeGreaterThan(4000);
});

test("what is older than the server's data is told, and not taken for zero", async () => {
  const from = rfc3339(FIRST_MS - 3 * DAY_MS);
  const { code, out, err } = await backtest("--scaler", scaler(), "--prometheus-url", server.url, "--from", from, "--to", rfc3339(NOW_MS), "--output", "json");
  expect(code).toBe(0);
  expect(err).toContain(`has no sample before ${rfc3339(FIRST_MS)}: 3d less than asked for.`);
  expect((JSON.parse(out) as { trace: object }).trace).toMatchObject({ samples: 14_401, from: rfc3339(FIRST_MS), missing: 0 });
});

test.each<[string, string, readonly string[], number, RegExp]>([
  ["several series", "pods", range, 1, /2 series, where one was expected.*sum\(\)/],
  ["a query that is none", "sum(demand", range, 1, /rejected the query/],
  ["no series", "sum(nothing)", range, 1, /found no sample in the 10d1m asked for/],
  ["an end before the begin", "sum(demand)", ["--from", "2026-02-02T00:00:00Z", "--to", "2026-02-01T00:00:00Z"], 2, /expected --from to come first/],
])("%s is refused", async (_name, query, times, code, sentence) => {
  const found = await backtest("--scaler", scaler(query), "--prometheus-url", server.url, ...times);
  expect(found).toMatchObject({ code, out: "" });
  expect(found.err).toMatch(sentence);
  expect(found.err).not.toMatch(/\n {4}at /);
});

test("a server that is not there is exit code 3, and one that is no URL is wrong usage", async () => {
  const gone = await startPlaygroundPrometheus({ clock: createManualClock(NOW_MS) });
  await gone.close();
  const found = await backtest("--scaler", scaler(), "--prometheus-url", gone.url, ...range);
  expect(found).toMatchObject({ code: 3, out: "" });
  expect(found.err).toContain("refused the connection");
  expect(await backtest("--scaler", scaler(), "--prometheus-url", "prometheus:9090", ...range)).toMatchObject({ code: 2 });
});

test("times are RFC 3339, unix seconds or so long ago, and nothing else", () => {
  expect(parseMoment("2026-03-02T08:00:00Z")).toEqual({ kind: "at", ms: 1_772_438_400_000 });
  expect(parseMoment("2026-03-02T09:00:00+01:00")).toEqual({ kind: "at", ms: 1_772_438_400_000 });
  expect(parseMoment("1772438400")).toEqual({ kind: "at", ms: 1_772_438_400_000 });
  expect(parseMoment("1w12h")).toEqual({ kind: "ago", ms: 7.5 * DAY_MS });
  for (const text of ["", "now", "yesterday", "2026-03-02", "28 d", "-28d", "1772438400000"]) expect([text, parseMoment(text)]).toEqual([text, undefined]);
});
