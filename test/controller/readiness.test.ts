// What counts as a start of pods, and what does not: lowered asks, rollouts, pods that never come.
import { expect, test } from "vitest";
import { Readiness } from "../../src/controller/readiness.ts";

const MINUTE = 60_000;
const at = (replicas: number, readyReplicas: number, isRollingOut = false) => ({ replicas, readyReplicas, isRollingOut });

function begin(): Readiness {
  const readiness = new Readiness();
  readiness.seen(at(4, 4), 0);
  return readiness;
}

test("from asking to Ready, to the pass that sees it", () => {
  const readiness = begin();
  readiness.asked(8, MINUTE);
  readiness.seen(at(8, 4), 2 * MINUTE);
  readiness.seen(at(8, 7), 4 * MINUTE);
  expect(readiness.observations).toEqual([]);
  readiness.seen(at(8, 8), 6 * MINUTE);
  readiness.seen(at(8, 8), 7 * MINUTE);
  expect(readiness.observations).toEqual([5 * MINUTE]);
});

test("raises one after the other are each measured from their own asking", () => {
  const readiness = begin();
  readiness.asked(6, MINUTE);
  readiness.seen(at(6, 4), 2 * MINUTE);
  readiness.asked(9, 3 * MINUTE);
  readiness.seen(at(9, 6), 5 * MINUTE);
  readiness.seen(at(9, 9), 8 * MINUTE);
  expect(readiness.observations).toEqual([4 * MINUTE, 5 * MINUTE]);
});

test("a raise by somebody else counts from when it is seen", () => {
  const readiness = begin();
  readiness.seen(at(7, 4), 10 * MINUTE);
  readiness.seen(at(7, 7), 13 * MINUTE);
  expect(readiness.observations).toEqual([3 * MINUTE]);
});

test("a raise that is taken back teaches nothing, what remains of it does", () => {
  const readiness = begin();
  readiness.asked(6, MINUTE);
  readiness.asked(9, 2 * MINUTE);
  readiness.seen(at(9, 4), 3 * MINUTE);
  readiness.asked(6, 4 * MINUTE);
  readiness.seen(at(6, 6), 5 * MINUTE);
  expect(readiness.observations).toEqual([4 * MINUTE]);
});

test.each([
  ["a rollout in between", at(8, 5, true)],
  ["readiness that is not known", at(8, NaN)],
])("%s spoils what is awaited", (_name, disturbed) => {
  const readiness = begin();
  readiness.asked(8, MINUTE);
  readiness.seen(disturbed, 2 * MINUTE);
  readiness.seen(at(8, 8), 3 * MINUTE);
  expect(readiness.observations).toEqual([]);
  readiness.asked(9, 4 * MINUTE);
  readiness.seen(at(9, 9), 5 * MINUTE);
  expect(readiness.observations).toEqual([MINUTE]);
});

test("pods that find no node for hours are no start of pods", () => {
  const readiness = begin();
  readiness.asked(8, 0);
  readiness.seen(at(8, 4), 121 * MINUTE);
  readiness.seen(at(8, 8), 122 * MINUTE);
  expect(readiness.observations).toEqual([]);
});

test("what was known before goes on", () => {
  const readiness = new Readiness([MINUTE, 2 * MINUTE]);
  readiness.seen(at(4, 4), 0);
  readiness.asked(8, 0);
  readiness.seen(at(8, 8), 3 * MINUTE);
  expect(readiness.observations).toEqual([MINUTE, 2 * MINUTE, 3 * MINUTE]);
});

test("with minReadySeconds a pod has arrived once it has been ready for so long", () => {
  const readiness = begin();
  readiness.asked(6, MINUTE);
  readiness.seen({ ...at(6, 6), availableReplicas: 4 }, 3 * MINUTE);
  readiness.seen({ ...at(6, 6), availableReplicas: 6 }, 5 * MINUTE);
  expect(readiness.observations).toEqual([4 * MINUTE]);
});
