// The table of injected faults in docs/reliability.md is whole: a row for every case, as the last run measured it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CASES } from "../faults/cases.ts";
import { pageWith, readMeasured, tableOf } from "../faults/table.ts";

test("every case has been measured, and nothing else", () => {
  expect(Object.keys(readMeasured())).toEqual(CASES.map(({ id }) => id));
});

test("the page shows what was measured", () => {
  expect(readFileSync(new URL("../../docs/reliability.md", import.meta.url), "utf8")).toBe(pageWith(tableOf(readMeasured())));
});

test("a case without a measurement has no row", () => {
  const [first, ...others] = CASES.map(({ id }) => id);
  const measured = Object.fromEntries(others.map((id) => [id, { wellAgainSeconds: 1, seen: "nothing" }]));
  expect(tableOf(measured).split("\n")).toHaveLength(2 + others.length);
  expect(tableOf({ ...measured, [first ?? ""]: { wellAgainSeconds: 1, seen: "a | b" } })).toContain("| a \\| b | 1 s |");
});
