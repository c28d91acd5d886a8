// The work queue's promises: one wait, one worker a key, nothing lost, later as a duration, back-off.
import { expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { createWorkQueue } from "../../src/controller/work-queue.ts";

const noMeter = { depth() {}, added() {}, retried() {}, waited() {}, worked() {}, finished() {} };

/** A queue whose work is recorded and ended by hand. */
function setUp(workers = 2, laneOf?: (key: string) => string, finished: (seconds: number) => void = () => {}) {
  const clock = createManualClock();
  const queue = createWorkQueue(clock, { ...noMeter, finished }, () => 0.5, laneOf);
  const stop = new AbortController();
  const started: string[] = [];
  const open = new Map<string, () => void>();
  const done = queue.run(
    (key) => {
      started.push(`${key}@${clock.nowMs()}`);
      return new Promise((resolve) => open.set(key, resolve));
    },
    () => workers,
    stop.signal,
  );
  const end = async (key: string) => {
    open.get(key)?.();
    open.delete(key);
    await clock.advance(0);
  };
  return { clock, queue, stop, started, end, done };
}

test("a key added twice while it waits is worked on once", async () => {
  const { clock, queue, started, end } = setUp(1);
  queue.add("a");
  queue.add("b");
  queue.add("b");
  await clock.advance(0);
  expect(started).toEqual(["a@0"]);
  await end("a");
  await end("b");
  expect(started).toEqual(["a@0", "b@0"]);
});

test("a key added while it is worked on is worked on again, never twice at once", async () => {
  const { clock, queue, started, end } = setUp(2);
  queue.add("a");
  await clock.advance(0);
  queue.add("a");
  await clock.advance(0);
  expect(started).toEqual(["a@0"]);
  await end("a");
  expect(started).toEqual(["a@0", "a@0"]);
});

test("later is a duration, and the earlier of two times stays", async () => {
  const { clock, queue, started } = setUp();
  queue.addAfter("a", 5_000);
  queue.addAfter("a", 60_000);
  queue.addAfter("b", 60_000);
  queue.addAfter("b", 1_000);
  await clock.advance(4_999);
  expect(started).toEqual(["b@1000"]);
  await clock.advance(1);
  expect(started).toEqual(["b@1000", "a@5000"]);
});

test("failures back off twice as long each time, up to a minute, and success starts anew", async () => {
  const { clock, queue, started, end } = setUp();
  for (const delay of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    const before = started.length;
    queue.addAfterFailure("a");
    await clock.advance(delay - 1);
    expect(started).toHaveLength(before);
    await clock.advance(1);
    expect(started).toHaveLength(before + 1);
    await end("a");
  }
  queue.succeeded("a");
  queue.addAfterFailure("a");
  const before = started.length;
  await clock.advance(1_000);
  expect(started).toHaveLength(before + 1);
});

test("what a server asked for is waited for even when the back-off is shorter", async () => {
  const { clock, queue, started } = setUp();
  queue.addAfterFailure("a", 30_000);
  await clock.advance(29_999);
  expect(started).toEqual([]);
  await clock.advance(1);
  expect(started).toEqual(["a@30000"]);
});

test("a key that is forgotten is not worked on later", async () => {
  const { clock, queue, started } = setUp();
  queue.addAfter("a", 1_000);
  queue.forget("a");
  await clock.advance(10_000);
  expect(started).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("stopping waits for the work under way and starts nothing new", async () => {
  const { clock, queue, stop, started, end, done } = setUp(1);
  queue.add("a");
  queue.add("b");
  await clock.advance(0);
  stop.abort();
  let hasEnded = false;
  void done.then(() => (hasEnded = true));
  await clock.advance(0);
  expect(hasEnded).toBe(false);
  await end("a");
  expect(hasEnded).toBe(true);
  expect(started).toEqual(["a@0"]);
});

test("overdue is the key that has waited or been worked on for longest since it was due", async () => {
  const { clock, queue, end } = setUp(1);
  expect(queue.overdueMs()).toBe(0);
  queue.addAfter("a", 10_000);
  await clock.advance(9_000);
  expect(queue.overdueMs()).toBe(0);
  await clock.advance(3_000);
  queue.add("b");
  await clock.advance(1_000);
  expect(queue.overdueMs()).toBe(3_000);
  await end("a");
  expect(queue.overdueMs()).toBe(1_000);
  await end("b");
  expect(queue.overdueMs()).toBe(0);
});

test("a lane whose work hangs holds up no other lane, and starts no more than its share", async () => {
  const { clock, queue, started, end } = setUp(2, (key) => key.slice(0, 1));
  for (let i = 0; i < 50; i++) queue.add(`h${i}`);
  await clock.advance(1_000);
  for (let i = 0; i < 3; i++) queue.add(`w${i}`);
  await clock.advance(0);
  await end("w0");
  expect(started).toEqual(["h0@0", "h1@0", "w0@1000", "w1@1000", "w2@1000"]);
  await clock.advance(4_000);
  expect(queue.overdueMs()).toBe(5_000);
  await end("h0");
  expect(started.at(-1)).toBe("h2@5000");
});

test("sixteen servers that hang leave the seventeenth its workers; what hangs ends with the run", async () => {
  const { clock, queue, started, end } = setUp(2, (key) => key.slice(0, 2));
  for (let lane = 10; lane < 25; lane++) for (let i = 0; i < 5; i++) queue.add(`${lane}-${i}`);
  await clock.advance(0);
  expect(started).toHaveLength(30);
  for (let i = 0; i < 4; i++) queue.add(`99-${i}`);
  await clock.advance(0);
  await end("99-0");
  await end("99-1");
  expect(started.slice(30)).toEqual(["99-0@0", "99-1@0", "99-2@0", "99-3@0"]);
});

test("lateness counts from when the work was due, whenever a worker was free", async () => {
  const lateness: number[] = [];
  const { clock, queue, end } = setUp(1, undefined, (seconds) => lateness.push(seconds));
  queue.addAfter("a", 1_000);
  queue.addAfter("b", 2_000);
  await clock.advance(5_000);
  await end("a");
  await clock.advance(3_000);
  await end("b");
  expect(lateness).toEqual([4, 6]);
});
