// Each piece of advice appears where its reason is and nowhere else, and its patch makes a manifest that is valid and free of that advice.
import { expect, test } from "vitest";
import { promotion, review } from "../../src/advice/index.ts";
import type { Advice } from "../../src/advice/index.ts";
import { parseScaler } from "../../src/api/index.ts";
import type { Scaler } from "../../src/api/index.ts";
import { gather } from "../../src/cli/advise/gather.ts";
import type { Seen } from "../../src/cli/advise/gather.ts";
import { traffic } from "../forecast/series.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const STEPS_A_DAY = 288;
const NOTHING_SEEN: Seen = { readyMs: [], peakReplicas: NaN, leadMs: undefined };

type Manifest = Readonly<Record<string, unknown>>;

const manifestOf = (spec: Manifest = {}): Manifest => ({
  apiVersion: "predictivescaler.io/v1alpha1",
  kind: "PredictiveScaler",
  metadata: { namespace: "shop", name: "checkout" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout" },
    minReplicas: 2,
    maxReplicas: 14,
    metric: { query: "sum(rate(requests_total[10m]))", targetPerReplica: "20", step: "5m" },
    forecast: { serviceLevel: "99.5%" },
    ...spec,
  },
});

function scalerOf(manifest: Manifest): Scaler {
  const parsed = parseScaler(manifest);
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return parsed.scaler;
}

interface Case {
  readonly spec?: Manifest;
  readonly days?: number;
  readonly noise?: number;
  readonly change?: (value: number, i: number) => number;
  readonly seen?: Partial<Seen>;
}

function reviewOf({ spec, days = 21, noise = 0.03, change = (value) => value, seen = {} }: Case, manifest = manifestOf(spec)): Advice[] {
  const trace = traffic({ days, noise, seed: 5 });
  const changed = { ...trace, values: trace.values.map(change) };
  return review(gather(scalerOf(manifest), changed, 0.7, 10 * MINUTE_MS, { ...NOTHING_SEEN, ...seen }));
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base: Record<string, unknown> = typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete base[key];
    else base[key] = merged(base[key], value);
  }
  return base;
}

test("a scaler that is well gets no advice", () => {
  expect(reviewOf({}).map(({ topic, finding }) => `${topic}: ${finding}`)).toEqual([]);
});

const metric = (query: string, more: Manifest = {}) => ({ metric: { query, targetPerReplica: "20", step: "5m", ...more } });

const CASES: readonly (readonly [name: string, topic: Advice["topic"], severity: Advice["severity"], given: Case, finding: RegExp])[] = [
  ["a window shorter than a step", "query", "serious", { spec: metric("sum(rate(requests_total[1m]))") }, /looks back 1m, and the step is 5m/],
  ["a window shorter than two steps", "query", "worthwhile", { spec: metric("sum(rate(requests_total[6m]))") }, /looks back 6m/],
  ["no aggregation", "query", "worthwhile", { spec: metric("rate(requests_total[10m])") }, /is not aggregated/],
  ["an aggregation that leaves labels", "query", "worthwhile", { spec: metric("sum by (pod) (rate(requests_total[10m]))") }, /is not aggregated/],
  ["a maximum below the need", "maxReplicas", "serious", { spec: { maxReplicas: 7 } }, /more than maxReplicas \(7\) in \d+ % of the time, up to 9 replicas/],
  ["a forecast peak above the maximum", "maxReplicas", "serious", { seen: { peakReplicas: 20 } }, /forecast peak of the next day needs 20 replicas/],
  [
    "a ceiling below the need", "maxReplicas", "serious", { spec: { maxReplicas: 5, maxCapacityBreach: "Raise", maxReplicasCeiling: 7 } },
    /more than maxReplicasCeiling \(7\) in \d+ % of the time, up to 9 replicas/,
  ],
  ["a maximum far from any need", "maxReplicas", "notice", { spec: { maxReplicas: 500 } }, /never needed more than 9 replicas; maxReplicas is 500/],
  ["a minimum that decides most of the time", "minReplicas", "worthwhile", { spec: { minReplicas: 8 } }, /minReplicas \(8\) is more than demand needs in \d+ % of the time/],
  ["pods that are slower than the lead", "leadTime", "serious", { seen: { readyMs: [4, 26, 5].map((m) => m * MINUTE_MS) } }, /Of 3 pods seen, 95 % were Ready within 26m; the lead time is 20m/],
  ["a lead much longer than pods need", "leadTime", "worthwhile", { spec: { forecast: { leadTime: "1h", serviceLevel: "99.5%" } }, seen: { readyMs: [2 * MINUTE_MS] } }, /A pod takes 2m to be Ready; the lead time is 1h/],
  ["policies that hold raises back", "behavior", "serious", { spec: { behavior: { scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 1800 }], stabilizationWindowSeconds: 1800 } } } }, /held replicas back in [\d.]+ % of the time: demand would have been above/],
  ["a scale-up that is disabled", "behavior", "serious", { spec: { behavior: { scaleUp: { selectPolicy: "Disabled" } } } }, /is Disabled/],
  ["Recommend that has earned Active", "mode", "worthwhile", { spec: { mode: "Recommend" } }, /^Earned: the forecast is off by/],
  ["Recommend with too little behind it", "mode", "notice", { spec: { mode: "Recommend" }, days: 8 }, /^Not yet: forecasts have been judged for 2\.\d days/],
  ["too little history asked for", "history", "worthwhile", { spec: { forecast: { history: "7d", serviceLevel: "99.5%" } } }, /forecast\.history is 7d/],
  ["less history than asked for", "history", "notice", { days: 11 }, /goes back 11d; forecast\.history asks for 28d/],
  ["many samples missing", "history", "worthwhile", { change: (value, i) => (i % 9 === 0 ? NaN : value) }, /11 % of the samples are missing/],
  ["a step as long as the lead", "step", "worthwhile", { spec: { forecast: { leadTime: "5m", serviceLevel: "99.5%" } } }, /The step \(5m\) is more than half of the lead time \(5m\)/],
  ["samples that come less often than steps", "step", "notice", { change: (value) => Math.round(value / 4) * 4, noise: 0 }, /Samples change only about every/],
  ["a day unlike its weekday", "calendar", "notice", { days: 28, change: (value, i) => (Math.floor(i / STEPS_A_DAY) === 9 ? value * 0.3 : value) }, /A day is unlike .* in UTC: Wed 14 Jan \(30 % of usual\)/],
];

test.each(CASES)("%s", (_, topic, severity, given, finding) => {
  const found = reviewOf(given);
  const advice = found.find((one) => one.topic === topic && finding.test(one.finding));
  expect({ severity: advice?.severity, found: found.map((one) => one.finding) }).toMatchObject({ severity });
  expect(advice?.why).toMatch(/\.$/);
  expect(JSON.stringify(found)).not.toMatch(/NaN|undefined|Infinity/);
});

/** Advice on what no manifest can change: what Prometheus holds, that waiting is right. */
const WITHOUT_PATCH = new Set(["Recommend with too little behind it", "less history than asked for", "many samples missing", "samples that come less often than steps"]);

test.each(CASES.filter(([name]) => !WITHOUT_PATCH.has(name)))("the patch of: %s, is a valid manifest that no longer gets this advice", (_, topic, severity, given, finding) => {
  const patch = reviewOf(given).find((one) => one.topic === topic && finding.test(one.finding))?.patch;
  expect(patch).toBeDefined();
  const again = reviewOf(given, merged(manifestOf(given.spec), patch) as Manifest);
  expect(again.filter((one) => one.topic === topic && one.severity === severity && finding.test(one.finding))).toEqual([]);
});

test("a counter without a rate is the one thing worth saying", () => {
  const found = reviewOf({ spec: { ...metric("sum(requests_total)"), maxReplicas: 3 } });
  expect(found.map(({ topic, severity }) => [topic, severity])).toEqual([["query", "serious"]]);
  expect(found[0]?.finding).toContain("requests_total is a counter");
});

test("values that only grow and fall back are told as a counter's, whatever the query is called", () => {
  const found = reviewOf({ spec: metric("sum(requests)"), change: (_, i) => (i % 700) * 100 });
  expect(found[0]).toMatchObject({ topic: "query", severity: "serious" });
  expect(found[0]?.finding).toContain("only grow");
});

test("the serious comes first", () => {
  const severities = reviewOf({ spec: { maxReplicas: 7, forecast: { history: "7d" }, ...metric("rate(requests_total[1m])") } }).map(({ severity }) => severity);
  expect(severities).toEqual(severities.toSorted((a, b) => ["serious", "worthwhile", "notice"].indexOf(a) - ["serious", "worthwhile", "notice"].indexOf(b)));
  expect(severities.length).toBeGreaterThan(3);
});

test.each([
  ["no model", { isFitted: false }, /no forecast to judge/],
  ["too few days", { days: 1 }, /judged for 1 days; 3 are needed/],
  ["no skill", { skill: -0.1 }, /no better than assuming/],
  ["too much overload", { overloadedShare: 0.05 }, /above the ready replicas in 5 % of the time, where the service level allows 1 %/],
  ["earned", {}, /^Earned: the forecast is off by 6.1 % of demand, 38 % less than/],
])("promotion: %s", (name, given, sentence) => {
  const verdict = promotion({ isFitted: true, days: DAY_MS / DAY_MS + 9, skill: 0.38, wape: 0.061, overloadedShare: NaN, serviceLevel: 0.99, ...given });
  expect(verdict.sentence).toMatch(sentence);
  expect(verdict.isEarned).toBe(name === "earned");
});
