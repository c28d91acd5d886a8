// Packing is exact and makes a learned model small; tracks that are worked on in turn say what each says alone.
import { array, assert, constantFrom, double, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { learnModel, newLine } from "../../src/controller/model.ts";
import { lengthsOf, pack, unpack } from "../../src/controller/packed.ts";
import { createTrack } from "../../src/controller/track.ts";
import type { Track } from "../../src/controller/track.ts";
import { demandAt, MINUTE_MS, planOf, seriesOf, START_MS } from "./world.ts";

const stateOf = (forecaster: Float64Array[]) => ({ forecaster, rule: [], present: [], gate: [] });
/** A day with noise, so that nothing in the state repeats by itself. */
const noisy = (timeMs: number) => demandAt(timeMs) * (1 + 0.1 * Math.sin(timeMs * 0.137));
const number = oneof(double(), constantFrom(0, -0, NaN, Infinity, 5e-324, 1));

test("what was packed comes back to the last bit", () => {
  assert(
    property(array(array(number, { maxLength: 40 }), { maxLength: 5 }), (lists) => {
      const arrays = lists.map((list) => Float64Array.from(list));
      const state = stateOf(arrays);
      expect(unpack(pack(state), lengthsOf(state))).toEqual(state);
    }),
  );
});

test("what has changed since a state was packed comes back with it, and takes no room where nothing has", () => {
  const pair = array(oneof(number, number), { minLength: 1, maxLength: 60 });
  assert(
    property(pair, pair, (list, other) => {
      const before = Float64Array.from(list);
      const after = Float64Array.from(list, (value, i) => (i % 3 === 0 ? (other[i] ?? value) : value));
      const base = pack(stateOf([before]));
      expect(unpack(base, lengthsOf(stateOf([before])), pack(stateOf([after]), base))).toEqual(stateOf([after]));
      expect(pack(stateOf([before]), base)).toHaveLength(Math.ceil(before.length / 16));
    }),
  );
});

test("a learned model of one lead at one-minute steps takes less than 48 KB", () => {
  const plan = planOf({ metric: { query: "sum(a)", targetPerReplica: "50", step: "1m" }, forecast: { leadTime: "20m" } });
  const learned = learnModel({ settings: plan.model, history: seriesOf(START_MS, 10 * 1440, MINUTE_MS, noisy) });
  expect(createTrack(plan.model, learned.untilMs, learned).bytes).toBeLessThan(48 * 1024);
});

test("a hundred tracks of three settings, worked on in turn, say what each would say alone, and what a line that was never packed says", () => {
  const plans = ["2", "50", "90"].map((targetPerReplica) => planOf({ metric: { query: "sum(a)", targetPerReplica, step: "5m" } }));
  const models = plans.map((plan) => learnModel({ settings: plan.model, history: seriesOf(START_MS, 4 * 288, plan.stepMs, noisy) }));
  const begin = (i: number) => createTrack(plans[i % 3]!.model, models[i % 3]!.untilMs, models[i % 3]);
  const valueOf = (i: number) => (timeMs: number) => noisy(timeMs) * (1 + i / 100);
  const step = (track: Track, i: number, slot: number) => {
    if (slot % 5 === 3) return track.skip(track.liveMs + 5 * MINUTE_MS);
    const length = (track.liveMs - track.settledMs) / (5 * MINUTE_MS) + 1;
    track.take(seriesOf(track.settledMs + 5 * MINUTE_MS, length, 5 * MINUTE_MS, valueOf(i)), undefined);
  };
  const facts = ({ liveMs, outlook }: Track) => [liveMs, outlook];
  const slots = [...Array(13).keys()];
  const together = Array.from({ length: 100 }, (_, i) => begin(i));
  for (const slot of slots) together.forEach((track, i) => step(track, i, slot));
  for (const i of [0, 1, 2, 50, 99]) {
    const alone = begin(i);
    for (const slot of slots) step(alone, i, slot);
    expect(facts(together[i]!)).toEqual(facts(alone));
    const line = newLine(plans[i % 3]!.model);
    line.importState(models[i % 3]!.state);
    for (const slot of slots) line.observe(models[i % 3]!.untilMs + (slot + 1) * 5 * MINUTE_MS, valueOf(i)(models[i % 3]!.untilMs + (slot + 1) * 5 * MINUTE_MS));
    expect(together[i]!.demand()).toEqual(line.demand());
    expect(together[i]!.outlook.forecasts[0]!.point).toBe(line.forecaster.forecast(plans[i % 3]!.model.forecast.leadSteps[0]!));
  }
});

test("what is said stays what was said, whatever other tracks and this one do later", () => {
  const plan = planOf({ metric: { query: "sum(a)", targetPerReplica: "50", step: "5m" } });
  const model = learnModel({ settings: plan.model, history: seriesOf(START_MS, 4 * 288, plan.stepMs, noisy) });
  const [one, other] = [createTrack(plan.model, model.untilMs, model), createTrack(plan.model, model.untilMs, model)];
  const said = one.outlook;
  const copy = structuredClone(said);
  for (let i = 1; i <= 20; i++) for (const track of [other, one]) track.take(seriesOf(track.settledMs + plan.stepMs, 6, plan.stepMs, (t) => 3 * noisy(t)), undefined);
  expect(said).toEqual(copy);
  expect(one.outlook).not.toEqual(copy);
});

test("a long outage costs little memory, is bridged as by a line that was never packed, and what comes late repairs all of it", () => {
  const plan = planOf();
  const model = learnModel({ settings: plan.model, history: seriesOf(START_MS, 4 * 288, plan.stepMs, noisy) });
  const [steady, cut] = [createTrack(plan.model, model.untilMs, model), createTrack(plan.model, model.untilMs, model)];
  const line = newLine(plan.model);
  line.importState(model.state);
  const first = steady.settledMs;
  const settledBytes = cut.bytes;
  const read = (track: Track, untilMs: number) =>
    track.take(seriesOf(track.settledMs + plan.stepMs, (untilMs - track.settledMs) / plan.stepMs, plan.stepMs, noisy), undefined);
  for (let i = 1; i < 200; i++) {
    const timeMs = first + i * plan.stepMs;
    read(steady, timeMs);
    cut.skip(timeMs);
    line.observe(timeMs, NaN);
    expect(cut.liveMs).toBe(steady.liveMs);
  }
  expect(cut.demand()).toEqual(line.demand());
  expect(cut.bytes).toBeLessThan(1.3 * settledBytes);
  for (const track of [steady, cut]) read(track, first + 200 * plan.stepMs);
  expect(cut.outlook).toEqual(steady.outlook);
  expect(cut.peakWithin(24 * 60 * MINUTE_MS)).toEqual(steady.peakWithin(24 * 60 * MINUTE_MS));
});
