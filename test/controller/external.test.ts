// Output External over HTTP: nothing is written, the number is in the status, and what the target shows of it is what counts as done.
import { afterEach, expect, test } from "vitest";
import { startOperator } from "./operator.ts";
import type { Operator, Setting } from "./operator.ts";
import { DAY_MS, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
const STEP_MS = 5 * MINUTE_MS;
/** 20 days after the start at 03:00: demand rises until 06:00, and asks for some 15 replicas. */
const RISING_MS = START_MS + 20 * DAY_MS + 3 * HOUR_MS;
/** 14:00: demand falls until 18:00. */
const FALLING_MS = START_MS + 20 * DAY_MS + 14 * HOUR_MS;

let operator: Operator;
afterEach(() => operator.close());
const start = async ({ spec, ...setting }: Setting = {}) => {
  operator = await startOperator({ startMs: RISING_MS, spec: { output: { type: "External" }, ...spec }, ...setting });
  await operator.start();
};
const status = async () => (await operator.scaler()).status as { currentReplicas: number; desiredReplicas: number; lastScaleTime?: string };
const told = () => operator.events.filter(({ action }) => action === "Scale").map(({ note }) => /\d+ -> \d+/.exec(note)?.[0]);
/** Passes one by one, and what was wanted after each. */
async function wanted(passes: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < passes; i++) {
    await operator.passes(STEP_MS);
    seen.push((await status()).desiredReplicas);
  }
  return seen;
}
/** At most two replicas more in half an hour. */
const slowly = { behavior: { scaleUp: { policies: [{ type: "Pods", value: 2, periodSeconds: 1800 }] } } };

test("the number is in the status, and the target is left alone", async () => {
  await start({ replicas: 10 });
  await operator.passes(HOUR_MS);
  expect(await operator.replicas()).toBe(10);
  const { currentReplicas, desiredReplicas } = await status();
  expect(currentReplicas).toBe(10);
  expect(desiredReplicas).toBeGreaterThanOrEqual(14);
  expect(await operator.condition("Ready")).toMatchObject({ status: "True" });
});

test("each number is told once, however long nobody follows it", async () => {
  await start({ spec: slowly });
  await operator.passes(20 * MINUTE_MS);
  expect(told()).toEqual(["4 -> 6"]);
  expect((await status()).desiredReplicas).toBe(6);
});

test("a number that is not followed yet is not taken back by the policy that it has used up", async () => {
  await start({ spec: slowly });
  expect(await wanted(8)).toEqual([6, 6, 6, 6, 6, 6, 6, 6]);
});

test("what the target has really risen counts: no more until the period is over", async () => {
  await start({ spec: slowly });
  await operator.setReplicas(6);
  expect(await wanted(5)).toEqual([6, 6, 6, 6, 6]);
  await operator.passes(10 * MINUTE_MS);
  expect((await status()).desiredReplicas).toBe(8);
  expect(told()).toEqual(["4 -> 6", "6 -> 8"]);
});

test("while another trigger holds the target higher, the lower number stands and is told as it changes", async () => {
  await start({ startMs: FALLING_MS, replicas: 30 });
  await operator.passes(2 * HOUR_MS);
  expect(await operator.replicas()).toBe(30);
  const { currentReplicas, desiredReplicas } = await status();
  expect(currentReplicas).toBe(30);
  expect(desiredReplicas).toBeLessThan(15);
  const numbers = told();
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("a metric that vanishes asks for what is there", async () => {
  const goneMs = FALLING_MS + HOUR_MS;
  await start({ startMs: FALLING_MS, replicas: 30, value: (ms) => (ms > goneMs ? undefined : 400) });
  await operator.passes(2 * HOUR_MS);
  expect((await status()).desiredReplicas).toBe(30);
});
