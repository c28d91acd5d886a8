// Histories are loaded a few at a time, and a Prometheus that hangs holds up the models of its own scalers only.
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLearner } from "../../src/controller/learner.ts";
import type { LearnResult } from "../../src/controller/learner.ts";
import { learnModel } from "../../src/controller/model.ts";
import { planOf, START_MS } from "./world.ts";

const thread = { learn: async (request: Parameters<typeof learnModel>[0]) => learnModel(request), close: async () => {} };
const planFrom = (url: string | undefined, name: string) =>
  ({ ...planOf({ metric: { query: "sum(a)", targetPerReplica: "50", ...(url === undefined ? {} : { prometheus: { url } }) } }), key: `shop/${name}` });

test("loads of a server that hangs leave room for those of the others", async () => {
  const asked: string[] = [];
  const queryRange = async ({ source }: { source?: { access: { url?: string | undefined } } | undefined }, signal?: AbortSignal): Promise<{ samples: { timesMs: Float64Array; values: Float64Array }; notANumber: number }> => {
    const url = source?.access.url ?? "own";
    asked.push(url);
    if (url.includes("hangs")) await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("stopped")), { once: true }));
    return { samples: { timesMs: new Float64Array(0), values: new Float64Array(0) }, notANumber: 0 };
  };
  const stop = new AbortController();
  const learner = createLearner({ queryRange } as unknown as Parameters<typeof createLearner>[0], thread, stop.signal);
  const results: [string, LearnResult["kind"]][] = [];
  const request = (url: string | undefined, name: string) => learner.request(planFrom(url, name), START_MS, ({ kind }) => results.push([name, kind]));
  for (let i = 0; i < 20; i++) request("http://hangs:9090", `h${i}`);
  for (let i = 0; i < 10; i++) request(undefined, `w${i}`);
  for (let i = 0; i < 200 && results.length < 10; i++) await setImmediate();
  expect(results.map(([name]) => name)).toEqual(Array.from({ length: 10 }, (_, i) => `w${i}`));
  expect(results.every(([, kind]) => kind === "learned")).toBe(true);
  expect(asked.filter((url) => url.includes("hangs"))).toHaveLength(4);
  expect(learner.waiting).toBe(20);
  stop.abort(new Error("the end"));
});

test("while many decisions wait one history is loaded at a time, and then as many as usual", async () => {
  let isBusy = true;
  const open: (() => void)[] = [];
  const queryRange = async () => {
    await new Promise<void>((resolve) => open.push(resolve));
    return { samples: { timesMs: new Float64Array(0), values: new Float64Array(0) }, notANumber: 0 };
  };
  const stop = new AbortController();
  const learner = createLearner({ queryRange } as unknown as Parameters<typeof createLearner>[0], thread, stop.signal, () => isBusy);
  const learned: string[] = [];
  for (let i = 0; i < 6; i++) learner.request(planFrom(undefined, `w${i}`), START_MS, () => learned.push(`w${i}`));
  const loadOne = async () => {
    const before = learned.length;
    open.shift()?.();
    for (let i = 0; i < 200 && learned.length === before; i++) await setImmediate();
  };
  expect(open).toHaveLength(1);
  await loadOne();
  expect([learned, open.length]).toEqual([["w0"], 1]);
  isBusy = false;
  await loadOne();
  expect([learned, open.length]).toEqual([["w0", "w1"], 4]);
  stop.abort(new Error("the end"));
});
