// The fastest of the injected faults, with one operator and at a higher rate; all of them: npm run test:faults.
import { expect, test } from "vitest";
import { CASES } from "../faults/cases.ts";
import { runScene } from "../faults/scenario.ts";
import { describeCluster, surroundings } from "./surroundings.ts";

const SHORT = ["prometheus-away", "prometheus-nan", "prometheus-two-series", "scale-500", "target-recreated", "edited"];
const SEED = 7;
/** As fast as a scaler with a step of a minute can be watched. */
const RATE = 240;

describeCluster("faults, the short version", () => {
  test("what is about one scaler leaves the others alone, lowers nothing unseen, and is well again", async () => {
    const cases = CASES.filter(({ id }) => SHORT.includes(id));
    const outcomes = await runScene({ name: "short", cases }, { surroundings: surroundings(), seed: SEED, rate: RATE, until: [8, 0] });
    expect([...outcomes.keys()].toSorted()).toEqual(SHORT.toSorted());
  });
});
