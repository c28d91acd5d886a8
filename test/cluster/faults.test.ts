// The fastest of the injected faults, at a higher rate; all of them: npm run test:faults.
import { expect, test } from "vitest";
import { CASES } from "../faults/cases.ts";
import { runScenario } from "../faults/scenario.ts";
import { describeCluster, surroundings } from "./surroundings.ts";

/** Twice the rate of the long version. */
const RATE = 240;
const SEED = 7;

describeCluster("faults, the short version", () => {
  test.concurrent.for(CASES.filter(({ isShort }) => isShort))("$what", async (one) => {
    expect((await runScenario(one, { surroundings: surroundings(), seed: SEED, rate: RATE })).wellAgainSeconds).toBeGreaterThan(0);
  });
});
