// Leads of peaks: counted from the asking without a break to the first need, honest about what came late or never.
import { expect, test } from "vitest";
import { stateAt } from "../../../src/cli/demo/course.ts";
import { peakReports } from "../../../src/cli/demo/peaks.ts";

const MINUTE_MS = 60_000;
const C = 10;
/** A hill: 50 at minute 100, falling by one a minute to either side. */
const noiseFree = (timeMs: number) => 50 - Math.abs(timeMs / MINUTE_MS - 100);
const at = (minute: number, asked: number, ready = asked) => ({ timeMs: minute * MINUTE_MS, asked, ready });
const report = (record: ReturnType<typeof at>[], demandAt = noiseFree) =>
  peakReports([{ kind: "regular", atMs: 100 * MINUTE_MS, rate: 50 }], { noiseFree, demandAt, targetPerReplica: C, record })[0];

test("demand first needs the peak's replicas when it passes one replica less", () => {
  expect(report([at(0, 5)])).toMatchObject({ needed: 5, neededMs: 91 * MINUTE_MS });
});

test("the lead runs from the moment since which enough was asked for", () => {
  expect(report([at(0, 2), at(60, 4), at(70, 5, 4), at(80, 5)])).toMatchObject({ askedMs: 70 * MINUTE_MS, readyMs: 80 * MINUTE_MS, leadMinutes: 21 });
});

test("a break in the asking starts the count anew", () => {
  expect(report([at(0, 2), at(50, 5), at(60, 4), at(85, 6)])).toMatchObject({ askedMs: 85 * MINUTE_MS, leadMinutes: 6 });
});

test("what is asked for too late has a negative lead, what never comes has none", () => {
  expect(report([at(0, 2), at(96, 5, 2)])).toMatchObject({ askedMs: 96 * MINUTE_MS, readyMs: undefined, leadMinutes: -5 });
  expect(report([at(0, 2), at(95, 4)])).toMatchObject({ askedMs: undefined, leadMinutes: undefined });
});

test("capacity of a later day does not count for this peak", () => {
  expect(report([at(0, 2), at(1000, 9)])?.askedMs).toBeUndefined();
});

test("noise that keeps demand below leaves the top itself as the moment of need", () => {
  expect(report([at(0, 5)], () => 30)?.neededMs).toBe(100 * MINUTE_MS);
});

test("a crossing before the run-up is not the need of this peak", () => {
  const twoHills = (timeMs: number) => Math.max(noiseFree(timeMs), 60 - Math.abs(timeMs / MINUTE_MS));
  const [peak] = peakReports([{ kind: "flashCrowd", atMs: 100 * MINUTE_MS, rate: 50 }], { noiseFree: twoHills, demandAt: twoHills, targetPerReplica: C, record: [at(0, 5)] });
  expect(peak?.neededMs).toBe(91 * MINUTE_MS);
});

test("the state at a time is the last entry that is not after it", () => {
  const record = [at(1, 1), at(5, 2), at(5, 3), at(9, 4)];
  const asked = [0, 1, 4, 5, 8, 9, 99].map((minute) => stateAt(record, minute * MINUTE_MS)?.asked);
  expect(asked).toEqual([undefined, 1, 1, 3, 3, 4, 4]);
});
