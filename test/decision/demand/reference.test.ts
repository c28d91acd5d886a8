// The demand rule against a separate implementation of the same page, row by row.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createDemandRule } from "../../../src/decision/index.ts";
import { utc } from "./worlds.ts";

const START_MS = 1_767_571_200_000;
const STEP_MS = 300_000;

interface Row {
  readonly demand: number;
  readonly point: number;
  readonly margin: number;
  readonly scale: number;
  readonly wanted: number;
}

function readRows(): Row[] {
  const text = readFileSync(new URL("../fixtures/reference.csv", import.meta.url), "utf8");
  let margin = NaN;
  const number = (field: string | undefined) => (field === undefined || field === "" ? NaN : Number(field));
  return text
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .slice(1)
    .map((line) => {
      const fields = line.split(",");
      if (fields[2] !== "") margin = number(fields[2]);
      return { demand: number(fields[0]), point: number(fields[1]), margin, scale: number(fields[3]), wanted: number(fields[4]) };
    });
}

test("point, margin, scale and wanted agree with the reference, and a missing sample only ever holds", () => {
  const rows = readRows();
  expect(rows.length).toBe(4600);
  const rule = createDemandRule({
    stepMs: STEP_MS,
    leadSteps: 4,
    stabilizationSteps: 2,
    scaleDownTolerance: 0.1,
    targetPerReplica: 4.27734,
    budget: 0.01,
    minReplicas: 2,
    maxReplicas: Infinity,
    localClock: utc,
    initialMargin: 4,
  });
  let held = 2;
  let heldRows = 0;
  const differences: string[] = [];
  for (const [i, row] of rows.entries()) {
    rule.observe(START_MS + i * STEP_MS, row.demand, { forecast: () => row.point });
    const demand = rule.demand();
    const isPresent = !Number.isNaN(row.demand);
    // The reference lets a missing sample lower its number; this rule holds what it said at the last present one.
    held = isPresent ? row.wanted : Math.max(held, row.wanted);
    if (held !== row.wanted) heldRows++;
    differences.push(
      ...differing(`row ${i}: point`, demand.point, row.point, 0),
      ...differing(`row ${i}: scale`, demand.scale / row.scale, 1, 1e-6),
      ...differing(`row ${i}: margin`, demand.margin, i < 288 ? 4 : row.margin, 1e-6),
      ...differing(`row ${i}: wanted`, demand.wanted, held, 0),
    );
  }
  expect(differences).toEqual([]);
  expect(heldRows).toBeGreaterThan(3);
});

function differing(what: string, found: number, expected: number, tolerance: number): string[] {
  return Math.abs(found - expected) <= tolerance ? [] : [`${what} is ${found}, expected ${expected}`];
}
