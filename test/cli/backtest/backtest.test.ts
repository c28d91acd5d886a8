// The command from its files to its text: columns that give the same numbers when added up elsewhere, gaps, bad files and exit codes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rfc3339 } from "../../../src/clock.ts";
import { traffic } from "../../forecast/series.ts";
import { backtest } from "./run-backtest.ts";

const MINUTE_MS = 60_000;
const C = 20;
const STEP_MS = 5 * MINUTE_MS;
const LEAD_STEPS = 4;
const MANIFEST = `
apiVersion: predictivescaler.io/v1alpha1
kind: PredictiveScaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 12
  metric: {query: sum(requests), targetPerReplica: "${C}"}
  forecast: {leadTime: 20m}
`;

let dir = "";
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "backtest-"))));
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

const { startMs, values } = traffic({ days: 21, missing: 0.02, seed: 3, noise: 0.05 });
const row = (i: number, value: number) => `${rfc3339(startMs + i * STEP_MS)},${value}`;
/** Gaps are rows that are not there; half a day is missing in the judged part. */
const isGap = (i: number) => Number.isNaN(values[i]) || (i > 5000 && i < 5144);
const csvText = ["timestamp,value", ...Array.from(values, (value, i) => (isGap(i) ? "" : row(i, value)))].join("\n");
const SPLIT = Math.floor(0.7 * values.length);
const JUDGED = SPLIT + 1 + 12; // 5 minutes and one hour

interface Row {
  readonly timestamp: string;
  readonly demand: number;
  readonly forecast: number;
  readonly upper: number;
  readonly wanted: number;
  readonly ready: number;
  readonly overloaded: number;
}

function parsed(csv: string): Row[] {
  const [header, ...lines] = csv.trim().split("\n");
  expect(header).toBe("timestamp,demand,forecast,upper,wanted,ready,overloaded");
  return lines.map((line) => {
    const [timestamp = "", ...cells] = line.split(",");
    const [demand = NaN, forecast = NaN, upper = NaN, wanted = NaN, ready = NaN, overloaded = NaN] = cells.map((cell) => (cell === "" ? NaN : Number(cell)));
    return { timestamp, demand, forecast, upper, wanted, ready, overloaded };
  });
}

test("a manifest whose aliases do not end is refused in words", async () => {
  const levels = Array.from("abcdefgh", (inner, i) => `${"bcdefghi"[i]}: &${"bcdefghi"[i]} [${Array.from({ length: 9 }, () => `*${inner}`).join(", ")}]`);
  const path = join(dir, "bomb.yaml");
  writeFileSync(path, `a: &a [1]\n${levels.join("\n")}\n`);
  expect(await backtest("--scaler", path, "--csv", path)).toMatchObject({ code: 1, err: expect.stringContaining("bomb.yaml: Excessive alias count") as string });
});

test("the columns of the CSV, added up again, are the numbers of the JSON", async () => {
  const args = ["--scaler", file("m.yaml", MANIFEST), "--csv", file("t.csv", csvText), "--output"];
  const { code, out, err } = await backtest(...args, "json");
  const rows = parsed((await backtest(...args, "csv")).out);
  expect(code).toBe(0);
  expect(err).toContain("The step of");
  expect(err).toContain("is 5m; it replaces the manifest's 1m");
  const json = JSON.parse(out) as { trace: object; forecast: Record<string, number>; policies: readonly Record<string, number | string>[] };
  expect(json.trace).toMatchObject({ samples: values.length, step: "5m", from: "2026-01-05T00:00:00Z", to: "2026-01-25T23:55:00Z" });
  expect(rows.length).toBe(values.length - SPLIT);

  const known = rows.filter(({ demand }) => !Number.isNaN(demand));
  const sum = (of: (row: Row) => number, some = known) => some.reduce((total, each) => total + of(each), 0);
  expect(json.forecast).toMatchObject({ lead: "20m" });
  expect(json.forecast["wape"]).toBeCloseTo(sum(({ demand, forecast }) => Math.abs(demand - forecast)) / sum(({ demand }) => demand), 8);
  expect(json.forecast["coverage"]).toBeCloseTo(sum(({ demand, upper }) => (demand <= upper ? 1 : 0)) / known.length, 8);
  const loss = sum(({ demand, upper }) => (demand > upper ? 0.95 * (demand - upper) : 0.05 * (upper - demand)));
  expect(json.forecast["pinball"]).toBeCloseTo(loss / known.length, 6);
  const before = (i: number) => {
    let j = i - LEAD_STEPS;
    while (isGap(j)) j--;
    return values[j] ?? NaN;
  };
  const persisted = rows.reduce((total, { demand }, i) => total + (Number.isNaN(demand) ? 0 : Math.abs(demand - before(SPLIT + i))), 0);
  expect(json.forecast["wapePersistence"]).toBeCloseTo(persisted / sum(({ demand }) => demand), 8);

  const judged = rows.slice(JUDGED - SPLIT);
  const present = judged.filter(({ demand }) => !Number.isNaN(demand));
  const predictive = json.policies.find(({ name }) => name === "predictive");
  expect(json.policies.map(({ name }) => name)).toEqual(["predictive", "hpa", "hpa-tuned", "last-week", "clairvoyant"]);
  expect(predictive?.["overloadedShare"]).toBeCloseTo(judged.filter(({ overloaded }) => overloaded === 1).length / judged.length, 9);
  expect(predictive?.["unservedShare"]).toBeCloseTo(sum(({ demand, ready }) => Math.max(0, demand - ready * C), present) / sum(({ demand }) => demand, present), 9);
  expect(predictive?.["podHours"]).toBeCloseTo(sum(({ wanted }) => wanted, judged) / 12, 5);
  expect(predictive?.["meanReplicas"]).toBeCloseTo(sum(({ wanted }) => wanted, judged) / judged.length, 8);
  const changes = judged.filter(({ wanted }, i) => i > 0 && wanted !== judged[i - 1]?.wanted).length;
  expect(predictive?.["replicaChanges"]).toBeCloseTo(changes / (judged.length / 288), 6);
  expect(changes).toBeGreaterThan(0);
});

test("a row says what was forecast one lead before, wants within the bounds, and is ready one delay later", async () => {
  const { out } = await backtest("--scaler", file("m.yaml", MANIFEST), "--csv", file("t.csv", csvText), "--output", "csv");
  const rows = parsed(out);
  expect(rows[0]?.timestamp).toBe(rfc3339(startMs + SPLIT * STEP_MS));
  for (const [i, { demand, forecast, upper, wanted, ready, overloaded }] of rows.entries()) {
    expect(forecast).toBeGreaterThanOrEqual(0);
    expect(upper).toBeGreaterThanOrEqual(forecast);
    expect(wanted).toBeGreaterThanOrEqual(2);
    expect(wanted).toBeLessThanOrEqual(12);
    expect(ready).toBe(Math.min(wanted, i === 0 ? ready : (rows[i - 1]?.wanted ?? NaN)));
    expect(overloaded).toBe(demand > ready * C ? 1 : 0);
    expect(Number.isNaN(demand)).toBe(isGap(SPLIT + i));
  }
});

test("the text answers in order, within 80 columns: better, by how much, when wrong, what to change, what next", async () => {
  const { code, out } = await backtest("--scaler", file("m.yaml", MANIFEST), "--csv", file("t.csv", csvText));
  expect(code).toBe(0);
  const parts = [
    /^(Better|Cheaper|Safer|Not better)[^:]*: it would have kept [\d.]+ %\s+of\s+the\s+time\s+covered/,
    /pod-hours\s+than\s+an\s+HPA\s+at\s+80 %/,
    /The service level of 99 % was (met|narrowly missed|missed)/,
    /\npredictive +\d/,
    /\nhpa 80 % +\d/,
    /\nForecast 20m ahead: off by/,
    /\n99 % \(asked for\) +\d/,
    /\nThe worst (3 hours|2 hours|hour) \(UTC\):\n- |\nIt was never overloaded/,
    /\nWhat to change:\n- /,
    /\nt\.csv: 21\.0 days of 5m steps/,
    /\nNext: .*\n$/,
  ];
  const places = parts.map((part) => out.search(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  for (const line of out.split("\n")) expect(line).not.toMatch(/^%/);
});

test("a level that maxReplicas makes impossible is called so, and how many replicas it would take", async () => {
  const { out } = await backtest("--scaler", file("m.yaml", MANIFEST.replace("12", "4")), "--csv", file("t.csv", csvText));
  const text = out.replaceAll(/\n *-? */g, " ");
  expect(text).toMatch(/With at most 4 replicas it cannot be less than [\d.]+ %\./);
  expect(text).toMatch(/Demand needed \d+ replicas and maxReplicas is 4\./);
  const most = Math.max(...Array.from(values).filter((_, i) => i >= JUDGED && !isGap(i)));
  expect(text).toContain(`Raise maxReplicas from 4 towards ${Math.ceil(most / C)}:`);
});

test("a trace too short for the week season, and a lead shorter than the ready delay, are said", async () => {
  const short = csvText.split("\n").slice(0, 7 * 288).join("\n");
  const { out } = await backtest("--scaler", file("m.yaml", MANIFEST), "--csv", file("t.csv", short), "--ready-delay", "30m");
  const text = out.replaceAll(/\n *-? */g, " ");
  expect(text).toContain("Raise leadTime from 20m to at least 30m");
  expect(text).toMatch(/4\.9 days are too few for the week season/);
});

test("--out takes the output; a folder that is not there is exit code 3", async () => {
  const args = ["--scaler", file("m.yaml", MANIFEST), "--csv", file("t.csv", csvText), "--output", "csv", "--out"];
  const path = join(dir, "rows.csv");
  expect(await backtest(...args, path)).toMatchObject({ code: 0, out: "" });
  expect(parsed(readFileSync(path, "utf8")).length).toBe(values.length - SPLIT);
  const { code, err } = await backtest(...args, join(dir, "none", "rows.csv"));
  expect(code).toBe(3);
  expect(err).toContain("cannot be written: there is no such file");
});

test.each<[string, string, string, number, string]>([
  ["no rows", MANIFEST, "timestamp,value\n", 1, "found 0 rows, expected at least two different timestamps"],
  ["one moment", MANIFEST, "timestamp,value\n60,1\n60,2\n", 1, "found 2 rows, expected at least two different timestamps"],
  ["no values", MANIFEST, "timestamp,value\n60,\n120,NaN\n", 1, "found no value in 2 rows, expected samples"],
  ["a wrong value", MANIFEST, "timestamp,value\n60,-1\n", 1, 't.csv: line 2: found "-1", expected a number of 0 or more'],
  ["a far-off row", MANIFEST, "timestamp,value\n60,1\n61,2\n90000000060,1\n", 1, "steps of 1s from first to last row, expected at most"],
  ["a step of two days", MANIFEST, "timestamp,value\n0,1\n172800,2\n", 1, "found a step of 2d, expected at most a day"],
  ["a trace too short to judge", MANIFEST, "timestamp,value\n60,1\n120,2\n180,3\n", 1, "of which 2m are history; expected history, and after it more than"],
  ["a manifest of nothing", "", csvText, 1, "m.yaml: "],
  ["a manifest that is no YAML", "kind: [", csvText, 1, "m.yaml: "],
  ["two scalers", `${MANIFEST}---${MANIFEST}`, csvText, 1, "found 2 objects of kind PredictiveScaler, expected one"],
])("%s is refused", async (_name, manifest, csv, code, sentence) => {
  const found = await backtest("--scaler", file("m.yaml", manifest), "--csv", file("t.csv", csv));
  expect(found).toMatchObject({ code, out: "" });
  expect(found.err).toContain(sentence);
  expect(found.err).not.toMatch(/\n {4}at /);
});

test("all problems of a manifest are printed", async () => {
  const manifest = MANIFEST.replace("maxReplicas: 12", "maxReplicas: 1.5").replace("20m", "20 min");
  const { code, err } = await backtest("--scaler", file("m.yaml", manifest), "--csv", file("t.csv", csvText));
  expect(code).toBe(1);
  expect(err).toContain("m.yaml: spec.maxReplicas: found 1.5");
  expect(err).toContain('m.yaml: spec.forecast.leadTime: found "20 min"');
});

test("a scaler among other manifests is found", async () => {
  const manifest = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---${MANIFEST}`;
  expect((await backtest("--scaler", file("m.yaml", manifest), "--csv", file("t.csv", csvText))).code).toBe(0);
});

test("a file that is not there is exit code 3", async () => {
  const { code, err } = await backtest("--scaler", join(dir, "none.yaml"), "--csv", file("t.csv", csvText));
  expect(code).toBe(3);
  expect(err).toContain("none.yaml: cannot be read: there is no such file");
});

test("rows that share a step are told of, and the later one counts", async () => {
  const { err, out } = await backtest(
    "--scaler", file("m.yaml", MANIFEST), "--csv", file("t.csv", `${csvText}\n${row(6000, 77)}\n`), "--output", "csv",
  );
  expect(err).toContain("1 rows share their step of 5m with another");
  expect(parsed(out)[6000 - SPLIT]?.demand).toBe(77);
});

test.each([
  [["--train", "0%"], "Expected a percentage"],
  [["--train", "100%"], "Expected a percentage"],
  [["--train", "many"], "Expected a percentage"],
  [["--ready-delay", "5"], "Expected a duration"],
  [["--ready-delay", "2d"], "Expected at most 1d"],
  [["--output", "pdf"], "Allowed choices"],
  [["--from", "2026-03-02T08:00:00Z"], "--from and --to go with --prometheus-url"],
  [["--to", "yesterday"], "Expected a time such as"],
  [["--prometheus-url", "http://127.0.0.1:1"], "cannot be used with"],
])("%j is wrong usage", async (more, sentence) => {
  await expect(backtest("--scaler", "m.yaml", "--csv", "t.csv", ...more)).rejects.toThrow(sentence);
});

test("without demand to replay it says where it could come from", async () => {
  await expect(backtest("--scaler", "m.yaml")).rejects.toThrow("expected --csv <file> or --prometheus-url <url>");
});

test("leadTime Auto is the ready delay, in whole steps", async () => {
  const args = ["--scaler", file("m.yaml", MANIFEST.replace("20m", "Auto")), "--csv", file("t.csv", csvText), "--output", "json", "--ready-delay"];
  for (const [delay, lead] of [["10m", "10m"], ["12m", "15m"]] as const)
    expect((JSON.parse((await backtest(...args, delay)).out) as { forecast: object }).forecast).toMatchObject({ lead });
});

test("--train and --ready-delay are heeded", async () => {
  const args = ["--scaler", file("m.yaml", MANIFEST), "--csv", file("t.csv", csvText), "--output", "csv"];
  const half = parsed((await backtest(...args, "--train", "0.5", "--ready-delay", "10m")).out);
  expect(half.length).toBe(values.length / 2);
  for (let i = 2; i < half.length; i++) {
    const asked = [half[i], half[i - 1], half[i - 2]].map((each) => each?.wanted ?? NaN);
    expect(half[i]?.ready).toBe(Math.min(...asked));
  }
});
