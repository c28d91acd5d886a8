// The threads that learn: what they answer, the second one that helps and goes, and the end.
import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { createModelThread } from "../../src/controller/index.ts";
import { learnModel } from "../../src/controller/model.ts";
import type { LearnRequest } from "../../src/controller/model.ts";
import { planOf } from "./world.ts";

const STEP_MS = 5 * 60_000;
const requestOf = (level: number): LearnRequest => {
  const values = Float64Array.from({ length: 3 * 288 }, (_, i) => level * (2 + Math.sin((i / 288) * 2 * Math.PI)));
  return { settings: planOf({ metric: { query: "sum(a)", targetPerReplica: "50", step: "5m" } }).model, history: { startMs: 0, stepMs: STEP_MS, values } };
};

test("many requests are answered each with its own model; a second thread helps, and ends when it is not needed any more", async () => {
  const clock = createManualClock();
  const thread = createModelThread(clock);
  const levels = [1, 2, 3, 4, 5, 6];
  const learned = await Promise.all(levels.map((level) => thread.learn(requestOf(level))));
  expect(learned.map(({ fit, untilMs }) => [fit, untilMs])).toEqual(levels.map((level) => learnModel(requestOf(level))).map(({ fit, untilMs }) => [fit, untilMs]));
  expect(clock.pending).toBe(availableParallelism() > 1 ? 1 : 0);
  await clock.advance(30_000);
  expect(clock.pending).toBe(0);
  expect((await thread.learn(requestOf(7))).untilMs).toBe(learned[0]?.untilMs);
  await thread.close();
}, 60_000);

test("what waits when they end is refused", async () => {
  const thread = createModelThread(createManualClock());
  const waiting = [1, 2, 3, 4].map((level) => thread.learn(requestOf(level)));
  const ends = Promise.allSettled(waiting);
  await thread.close();
  for (const end of await ends) expect(end).toMatchObject({ status: "rejected", reason: { reason: "InternalError" } });
});
