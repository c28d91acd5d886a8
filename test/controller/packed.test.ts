// Packing is exact, makes a learned model small, and lines that many tracks take turns on mix nothing.
import { array, assert, constantFrom, double, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { learnModel } from "../../src/controller/model.ts";
import { pack, unpack } from "../../src/controller/packed.ts";
import { createTrack } from "../../src/controller/track.ts";
import type { Track } from "../../src/controller/track.ts";
import { demandAt, MINUTE_MS, planOf, seriesOf, START_MS } from "./world.ts";

const stateOf = (forecaster: Float64Array[]) => ({ forecaster, rule: [], present: [], gate: [] });
/** A day with noise, so that nothing in the state repeats by itself. */
const noisy = (timeMs: number) => demandAt(timeMs) * (1 + 0.1 * Math.sin(timeMs * 0.137));

test("what was packed comes back to the last bit", () => {
  const number = oneof(double(), constantFrom(0, -0, NaN, Infinity, 5e-324, 1));
  assert(
    property(array(array(number, { maxLength: 40 }), { maxLength: 5 }), (lists) => {
      const arrays = lists.map((list) => Float64Array.from(list));
      const room = arrays.map((array) => new Float64Array(array.length).fill(7));
      unpack(pack(stateOf(arrays)), stateOf(room));
      expect(room).toEqual(arrays);
    }),
  );
});

test("a learned model of one lead at one-minute steps takes less than 45 KB", () => {
  const plan = planOf({ metric: { query: "sum(a)", targetPerReplica: "50", step: "1m" }, forecast: { leadTime: "20m" } });
  const { state } = learnModel({ settings: plan.model, history: seriesOf(START_MS, 10 * 1440, MINUTE_MS, noisy) });
  expect(pack(state).byteLength).toBeLessThan(45 * 1024);
});

test("a hundred tracks that take turns say what each would say alone", () => {
  const plans = ["2", "50", "90"].map((targetPerReplica) => planOf({ metric: { query: "sum(a)", targetPerReplica, step: "5m" } }));
  const models = plans.map((plan) => learnModel({ settings: plan.model, history: seriesOf(START_MS, 4 * 288, plan.stepMs, noisy) }));
  const begin = (i: number) => createTrack(plans[i % 3]!.model, models[i % 3]!.untilMs, models[i % 3]);
  const step = (track: Track, i: number, slot: number) => {
    if (slot % 5 === 3) return track.skip(track.liveMs + 5 * MINUTE_MS);
    const length = (track.liveMs - track.settledMs) / (5 * MINUTE_MS) + 1;
    track.take(seriesOf(track.settledMs + 5 * MINUTE_MS, length, 5 * MINUTE_MS, (timeMs) => noisy(timeMs) * (1 + i / 100)), undefined);
  };
  const facts = (track: Track) => [track.liveMs, track.forecaster.forecast(1), track.demand(), track.gate()];
  const slots = [...Array(12).keys()];
  const together = Array.from({ length: 100 }, (_, i) => begin(i));
  for (const slot of slots) together.forEach((track, i) => step(track, i, slot));
  for (const i of [0, 1, 2, 50, 99]) {
    const alone = begin(i);
    for (const slot of slots) step(alone, i, slot);
    expect(facts(together[i]!)).toEqual(facts(alone));
  }
});

test("a long outage is walked once, and what comes late repairs all of it", () => {
  const plan = planOf();
  const model = learnModel({ settings: plan.model, history: seriesOf(START_MS, 4 * 288, plan.stepMs, noisy) });
  const [steady, cut] = [createTrack(plan.model, model.untilMs, model), createTrack(plan.model, model.untilMs, model)];
  const first = steady.settledMs;
  const read = (track: Track, untilMs: number) =>
    track.take(seriesOf(track.settledMs + plan.stepMs, (untilMs - track.settledMs) / plan.stepMs, plan.stepMs, noisy), undefined);
  for (let i = 1; i <= 200; i++) {
    read(steady, first + i * plan.stepMs);
    if (i === 200) read(cut, first + i * plan.stepMs);
    else cut.skip(first + i * plan.stepMs);
    // Others have taken all lines meanwhile: what was skipped is put together again.
    if (i % 60 === 0) for (let k = 0; k < 40; k++) createTrack(plan.model, model.untilMs, model).demand();
    expect(cut.liveMs).toBe(steady.liveMs);
  }
  expect([cut.forecaster.forecast(4), cut.demand()]).toEqual([steady.forecaster.forecast(4), steady.demand()]);
});
