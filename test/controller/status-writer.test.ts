// Statuses beside the passes: what waits is replaced, what fails comes again, and who is forgotten is left alone.
import { expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import { createComplaints } from "../../src/controller/complaints.ts";
import { createStatusWriter } from "../../src/controller/status-writer.ts";
import type { StoredScaler } from "../../src/controller/index.ts";
import { OperatorError } from "../../src/errors.ts";
import { createMetrics } from "../../src/telemetry/index.ts";

type Outcome = "written" | "changed" | "gone";
interface Call {
  readonly name: string;
  readonly status: unknown;
  end(outcome: Outcome): Promise<void>;
  fail(error: OperatorError): Promise<void>;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const refused = (retryAfterMs = 0) =>
  new OperatorError("The API server has too much to do.", { reason: "KubernetesUnreachable", retry: "backoff", retryAfterMs });

function start() {
  const clock = createManualClock(0);
  const metrics = createMetrics();
  const calls: Call[] = [];
  const logged: string[] = [];
  const told: string[] = [];
  const stop = new AbortController();
  const load = { isBusy: false, aheadMs: 0 };
  const statuses = {
    patch: ({ metadata }: Pick<StoredScaler, "metadata">, status: unknown, signal: AbortSignal) =>
      new Promise<Outcome>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
        const then = async (act: () => void) => {
          act();
          await nextTurn();
        };
        calls.push({ name: metadata.name, status, end: (outcome) => then(() => resolve(outcome)), fail: (error) => then(() => reject(error)) });
      }),
  };
  const warn = (_: object, text: string) => void logged.push(text);
  const complaints = createComplaints({ debug() {}, info() {}, warn, error: warn });
  const writer = createStatusWriter({ statuses, clock: { ...clock, nowMs: () => clock.nowMs() + load.aheadMs }, metrics, complaints, random: () => 0.5, isBusy: () => load.isBusy });
  const run = writer.run(stop.signal);
  const put = async (name: string, status: string, isUrgent = false) => {
    writer.put(name, { stored: { metadata: { name } }, status: () => status, isUrgent, written: () => void told.push(status) });
    await nextTurn();
  };
  return {
    clock, calls, logged, told, writer, run, stop, load, put,
    call: (index: number): Call => {
      const call = calls[index];
      if (call === undefined) throw new RangeError(`${calls.length} calls, expected ${index + 1}`);
      return call;
    },
    said: () => calls.map(({ status }) => status),
    failures: async () => Number(/^predictive_scaler_reconcile_total\{outcome="error"\} (.+)$/m.exec(await metrics.render())?.[1] ?? 0),
    waiting: async () => Number(/^predictive_scaler_status_writes_waiting (.+)$/m.exec(await metrics.render())?.[1]),
  };
}

test("a status is told of once it is written, and not if the scaler has changed or gone", async () => {
  const { put, call, told } = start();
  await put("a", "a1");
  await put("b", "b1");
  await put("c", "c1");
  expect(told).toEqual([]);
  await call(0).end("written");
  await call(1).end("changed");
  await call(2).end("gone");
  expect(told).toEqual(["a1"]);
});

test("few are written at once; of what waits meanwhile only the newest of each scaler", async () => {
  const { put, call, said, waiting, told } = start();
  for (const name of ["a", "b", "c", "d", "e", "f"]) await put(name, `${name}1`);
  expect(said()).toEqual(["a1", "b1", "c1", "d1"]);
  expect(await waiting()).toBe(2);
  await put("e", "e2");
  await put("a", "a2");
  await put("a", "a3");
  expect(said()).toHaveLength(4);
  for (let i = 0; i < 7; i++) await call(i).end("written");
  expect(said()).toEqual(["a1", "b1", "c1", "d1", "e2", "f1", "a3"]);
  expect(told).toEqual(["a1", "b1", "c1", "d1", "e2", "f1", "a3"]);
  expect(await waiting()).toBe(0);
});

test("what others act on does not wait for the rest, also where it has waited among them", async () => {
  const { put, call, said } = start();
  for (const name of ["a", "b", "c", "d", "e", "f", "g"]) await put(name, `${name}1`);
  await put("g", "g2", true);
  await put("h", "h1", true);
  expect(said()).toEqual(["a1", "b1", "c1", "d1", "g2", "h1"]);
  for (let i = 0; i < 8; i++) await call(i).end("written");
  expect(said()).toEqual(["a1", "b1", "c1", "d1", "g2", "h1", "e1", "f1"]);
});

test("while many decisions wait one is written after the other; what others act on does not wait", async () => {
  const { put, call, said, load } = start();
  load.isBusy = true;
  for (const name of ["a", "b", "c", "d", "e", "f"]) await put(name, `${name}1`);
  await put("u", "u1", true);
  expect(said()).toEqual(["a1", "u1"]);
  await call(0).end("written");
  expect(said()).toEqual(["a1", "u1", "b1"]);
  load.isBusy = false;
  await call(2).end("written");
  expect(said()).toEqual(["a1", "u1", "b1", "c1", "d1", "e1", "f1"]);
});

test("while much is to be done a status is written once a minute, and then the newest", async () => {
  const { put, call, said, load, clock } = start();
  load.isBusy = true;
  await put("a", "a1");
  await call(0).end("written");
  await put("a", "a2");
  await put("u", "u1", true);
  await call(1).end("written");
  await put("u", "u2", true);
  await clock.advance(59_000);
  await put("a", "a3");
  expect(said()).toEqual(["a1", "u1", "u2"]);
  await clock.advance(1_000);
  expect(said()).toEqual(["a1", "u1", "u2", "a3"]);
  await call(3).end("written");
  await put("a", "a4");
  load.isBusy = false;
  await put("a", "a5");
  expect(said()).toEqual(["a1", "u1", "u2", "a3", "a5"]);
});

test("a clock that was ahead delays no status", async () => {
  for (const isBusy of [false, true]) {
    const { put, call, said, load } = start();
    load.isBusy = isBusy;
    load.aheadMs = 3_600_000;
    await put("a", "a1");
    await call(0).end("written");
    load.aheadMs = 0;
    await put("a", "a2");
    expect(said()).toEqual(["a1", "a2"]);
  }
});

test("a status is made when it is written, and what is under way is not owed any more", async () => {
  const { put, writer, call } = start();
  for (const name of ["a", "b", "c", "d"]) await put(name, `${name}1`);
  let made = 0;
  writer.put("e", { stored: { metadata: { name: "e" } }, status: () => (made += 1), isUrgent: false, written: () => undefined });
  await nextTurn();
  expect([made, writer.owes("a"), writer.owes("e")]).toEqual([0, false, true]);
  await call(0).end("written");
  expect([made, writer.owes("e")]).toEqual([1, false]);
});

test("what failed comes again later, as often as it must, and is logged once", async () => {
  const { put, call, said, clock, logged, told, failures } = start();
  await put("a", "a1");
  await call(0).fail(refused());
  expect(said()).toEqual(["a1"]);
  await clock.advance(1_000);
  await call(1).fail(refused());
  await clock.advance(1_000);
  expect(said()).toEqual(["a1", "a1"]);
  await clock.advance(1_000);
  await call(2).end("written");
  expect(told).toEqual(["a1"]);
  expect(logged).toEqual(["The API server has too much to do."]);
  expect(await failures()).toBe(2);
});

test("what the server asks for is waited, but something newer is tried at once", async () => {
  const { put, call, said, clock } = start();
  await put("a", "a1");
  await call(0).fail(refused(30_000));
  await clock.advance(29_000);
  expect(said()).toEqual(["a1"]);
  await put("a", "a2");
  expect(said()).toEqual(["a1", "a2"]);
  await call(1).end("written");
  await clock.advance(60_000);
  expect(said()).toEqual(["a1", "a2"]);
});

test("of a forgotten scaler nothing is written, and forgetting waits for the write under way", async () => {
  const { put, call, said, writer, clock } = start();
  await put("a", "a1");
  await put("a", "a2");
  let isForgotten = false;
  const forgetting = writer.forget("a").then(() => (isForgotten = true));
  await nextTurn();
  expect(isForgotten).toBe(false);
  await call(0).fail(refused());
  await forgetting;
  await clock.advance(120_000);
  expect(said()).toEqual(["a1"]);
});

test("a leader that leads no more says nothing of it", async () => {
  const { put, call, logged, failures } = start();
  await put("a", "a1");
  await call(0).fail(new OperatorError("This process does not lead.", { reason: "NotLeader", retry: "backoff" }));
  expect(logged).toEqual([]);
  expect(await failures()).toBe(0);
});

test("at the end of a term the writes under way end, and nothing comes after them", async () => {
  const { put, said, stop, run, clock, logged } = start();
  await put("a", "a1");
  stop.abort();
  await run;
  await put("a", "a2");
  await clock.advance(120_000);
  expect(said()).toEqual(["a1"]);
  expect(logged).toEqual([]);
});
