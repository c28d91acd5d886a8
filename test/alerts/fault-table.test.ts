// The table of injected faults in docs/reliability.md is whole: a row for every case, as the last run measured it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CASES, SCENES } from "../faults/cases.ts";
import { pageWith, readMeasured, readRandom, tableOf } from "../faults/table.ts";

test("every case has been measured, and nothing else", () => {
  expect(Object.keys(readMeasured())).toEqual(CASES.map(({ id }) => id));
});

test.each<[string, readonly string[]]>([
  ["API server restarted", ["api-restarted"]],
  ["API server away for ten minutes, and past every pause", ["api-away", "api-away-long", "api-silent", "api-late"]],
  ["watch silent", ["watch-silent"]],
  ["410 storm", ["api-410"]],
  ["429 storm", ["api-429"]],
  ["500 and 503 storm", ["api-5xx", "scale-500"]],
  ["conflict on every patch for a minute", ["scale-conflict"]],
  ["etcd gone", ["etcd-gone"]],
  ["401 once", ["api-401-once"]],
  ["token expired", ["token-expired"]],
  ["Prometheus away, slow, empty, NaN", ["prometheus-away", "prometheus-503", "prometheus-silent", "prometheus-slow", "prometheus-empty", "prometheus-nan"]],
  ["wrong number of series", ["prometheus-two-series"]],
  ["garbage, cut, endless, dripping answers", ["prometheus-garbage", "prometheus-cut", "prometheus-endless", "prometheus-drip", "scale-garbage", "scale-cut"]],
  ["Prometheus restarted without data", ["prometheus-no-history"]],
  ["Prometheus' clock ten minutes off", ["prometheus-clock-behind", "prometheus-clock-ahead"]],
  ["lease lost while patching", ["lease-lost"]],
  ["SIGSTOP past the lease", ["sigstop"]],
  ["SIGKILL in the middle of a write", ["sigkill-in-write"]],
  ["SIGTERM under load", ["sigterm"]],
  ["clock jump of an hour, either way", ["clock-forward", "clock-back"]],
  ["memory limit hit", ["memory-limit"]],
  ["target deleted and recreated", ["target-recreated"]],
  ["CRD deleted and applied again", ["crd-reapplied"]],
  ["secret rotated", ["secret-rotated"]],
  ["a scaler edited while it is reconciled", ["edited"]],
])("%s: has a case", (_fault, ids) => {
  expect(CASES.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids]));
});

test("every case is run once", () => {
  const run = SCENES.flatMap(({ cases }) => cases.map(({ id }) => id));
  expect(run.toSorted()).toEqual(CASES.map(({ id }) => id).toSorted());
});

test("the page shows what was measured", () => {
  expect(readFileSync(new URL("../../docs/reliability.md", import.meta.url), "utf8")).toBe(pageWith(tableOf(readMeasured(), readRandom())));
});

test("a case without a measurement has no row", () => {
  const [first, ...others] = CASES.map(({ id }) => id);
  const measured = Object.fromEntries(others.map((id) => [id, { wellAgainSeconds: 1, seen: "nothing" }]));
  expect(tableOf(measured).split("\n")).toHaveLength(2 + others.length);
  expect(tableOf({ ...measured, [first ?? ""]: { wellAgainSeconds: 1, seen: "a | b" } })).toContain("| a \\| b | 1 s |");
});
