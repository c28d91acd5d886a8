// Every fault on the real API server and the real Prometheus; each case that holds writes what was measured for docs/reliability.md.
import { expect, test } from "vitest";
import { describeCluster, surroundings } from "../cluster/surroundings.ts";
import { CASES } from "./cases.ts";
import { runScenario } from "./scenario.ts";
import { writeMeasured } from "./table.ts";

/** Draws which requests are spoiled where a share is. */
const SEED = Number(process.env.FAULT_SEED ?? 7);

describeCluster(`faults, seed ${SEED}`, () => {
  test.concurrent.for(CASES)("$what", async (one) => {
    const outcome = await runScenario(one, { surroundings: surroundings(), seed: SEED });
    expect(outcome.wellAgainSeconds).toBeGreaterThan(0);
    writeMeasured(one.id, outcome);
  });
});
