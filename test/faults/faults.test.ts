// Every fault on the real API server and the real Prometheus; a run in which all hold writes what was measured into docs/reliability.md.
import { afterAll, expect, test } from "vitest";
import { describeCluster, surroundings } from "../cluster/surroundings.ts";
import { CASES, SCENES } from "./cases.ts";
import { runScene } from "./scenario.ts";
import type { Outcome } from "./scenario.ts";
import { writeMeasured } from "./table.ts";

/** Draws which requests are spoiled where a share is. */
const SEED = Number(process.env.FAULT_SEED ?? 7);
const measured = new Map<string, Outcome>();

describeCluster(`faults, seed ${SEED}`, () => {
  test.concurrent.for(SCENES)("$name", async (scene) => {
    const outcomes = await runScene(scene, { surroundings: surroundings(), seed: SEED });
    for (const [id, outcome] of outcomes) measured.set(id, outcome);
    expect([...outcomes.keys()]).toEqual(scene.cases.map(({ id }) => id));
  });
  afterAll(() => {
    if (CASES.every(({ id }) => measured.has(id))) writeMeasured(Object.fromEntries(measured));
  });
});
