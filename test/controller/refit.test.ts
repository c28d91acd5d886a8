// Which model serves: refits are spread over time, and one that would have been worse over the last week is left aside.
import { expect, test } from "vitest";
import { acceptModel, newMemory, wantsModel } from "../../src/controller/memory.ts";
import type { Memory } from "../../src/controller/memory.ts";
import { learnModel } from "../../src/controller/model.ts";
import type { Learned } from "../../src/controller/model.ts";
import { createTrack } from "../../src/controller/track.ts";
import { OperatorError } from "../../src/errors.ts";
import { DAY_MS, demandAt, planOf, seriesOf, START_MS } from "./world.ts";

const HOUR_MS = 3_600_000;
const plan = planOf();
const STEP = plan.stepMs;
const NOW_MS = START_MS + 15 * DAY_MS;
const learned = learnModel({ settings: plan.model, history: seriesOf(START_MS, (15 * DAY_MS) / STEP, STEP) });

function serving(place = 0): Memory {
  const memory = newMemory({ ...plan, place }, learned.untilMs);
  acceptModel(memory, memory.plan, { kind: "learned", learned }, NOW_MS);
  return memory;
}

/** Hours after the fit at which a scaler asks for a new model, looking each quarter of an hour. */
function askedAfter(memory: Memory): number {
  for (let hours = 0; ; hours += 0.25) if (wantsModel(memory, NOW_MS + hours * HOUR_MS)) return hours;
}

test("scalers that learned together learn again a week later, spread over a day", () => {
  const hours = Array.from({ length: 100 }, (_, i) => askedAfter(serving(i / 100)));
  expect(Math.min(...hours)).toBeGreaterThanOrEqual(6.5 * 24);
  expect(Math.max(...hours)).toBeLessThanOrEqual(7.5 * 24 + 0.25);
  const perHour = new Map<number, number>();
  for (const hour of hours) perHour.set(Math.floor(hour), (perHour.get(Math.floor(hour)) ?? 0) + 1);
  expect(Math.max(...perHour.values())).toBeLessThanOrEqual(6);
});

test("the place of a scaler in time comes from its uid, and differs between scalers", () => {
  const places = Array.from({ length: 50 }, (_, i) => planOf({}, `uid-${i}`).place);
  expect(places.every((place) => place >= 0 && place < 1)).toBe(true);
  expect(new Set(places.map((place) => Math.floor(place * 10))).size).toBeGreaterThanOrEqual(8);
});

test("a model that is as good serves; one that was worse over the last week is left aside, and told", () => {
  const memory = serving();
  const { track } = memory;
  const servingWape = track.outlook.accuracy.wape;
  const worse: Learned = { ...learned, wape: servingWape * 1.2 };
  acceptModel(memory, memory.plan, { kind: "learned", learned: worse }, NOW_MS + 7 * DAY_MS);
  expect(memory.track).toBe(track);
  expect(memory.model).toMatchObject({ kind: "fitted", atMs: NOW_MS, refit: { rejected: { wape: worse.wape, servingWape } } });
  expect(wantsModel(memory, NOW_MS + 8 * DAY_MS)).toBe(false);
  acceptModel(memory, memory.plan, { kind: "learned", learned: { ...learned, wape: servingWape } }, NOW_MS + 14 * DAY_MS);
  expect(memory.track).not.toBe(track);
  expect(memory.model).toMatchObject({ kind: "fitted", atMs: NOW_MS + 14 * DAY_MS, refit: { rejected: undefined } });
});

test("errors are compared over the same week: a model learned on a spoiled week does not win by it", () => {
  // The week is the last one, walked by both: the model that serves has seen it come, the new one learned it.
  const live = serving();
  const days = 4;
  const until = NOW_MS + days * DAY_MS;
  live.track.take(seriesOf(live.track.settledMs + STEP, Math.round((until - live.track.settledMs) / STEP), STEP), undefined);
  const anew = learnModel({ settings: plan.model, history: seriesOf(START_MS, ((15 + days) * DAY_MS) / STEP, STEP) });
  expect(Math.abs(anew.wape / live.track.outlook.accuracy.wape - 1)).toBeLessThan(0.2);
});

test("a refit that fails or finds too little leaves the model that serves, and is tried again later", () => {
  const memory = serving(0.5);
  const { track } = memory;
  const dueMs = NOW_MS + 7 * DAY_MS + HOUR_MS;
  expect(wantsModel(memory, dueMs)).toBe(true);
  const error = new OperatorError("Down.", { reason: "PrometheusUnreachable", retry: "backoff" });
  acceptModel(memory, memory.plan, { kind: "failed", error }, dueMs);
  expect(memory.model.kind).toBe("fitted");
  expect(wantsModel(memory, dueMs + HOUR_MS / 2)).toBe(false);
  expect(wantsModel(memory, dueMs + HOUR_MS)).toBe(true);
  const short = learnModel({ settings: plan.model, history: seriesOf(START_MS, 10, STEP, demandAt) });
  acceptModel(memory, memory.plan, { kind: "learned", learned: short }, dueMs + HOUR_MS);
  expect(memory.model.kind).toBe("fitted");
  expect(memory.track).toBe(track);
});

test("a new model does not reset who has control, nor when it was lost", () => {
  const memory = serving();
  const lossesMs = [NOW_MS - HOUR_MS, NOW_MS - 3 * DAY_MS] as const;
  const lost = { control: "demand", skill6h: NaN, skill24h: NaN, sinceMs: NOW_MS - HOUR_MS, lossesMs } as const;
  memory.track = createTrack(plan.model, learned.untilMs, learned, lost);
  acceptModel(memory, memory.plan, { kind: "learned", learned }, NOW_MS);
  const { track } = memory;
  expect(track.gate()).toMatchObject({ control: "demand", sinceMs: NOW_MS - HOUR_MS, lossesMs });
  expect(track.demand().control).toBe("demand");
  const controlAt = (timeMs: number) => {
    for (let t = track.settledMs; track.liveMs < timeMs; t += DAY_MS / 4)
      track.take(seriesOf(track.settledMs + STEP, Math.round((Math.min(t + DAY_MS / 4, timeMs) - track.settledMs) / STEP), STEP), undefined);
    return track.gate().control;
  };
  // Its skill is good, but the last but one loss is not a week old.
  expect(controlAt(NOW_MS + 3.75 * DAY_MS)).toBe("demand");
  expect(controlAt(NOW_MS + 4.25 * DAY_MS)).toBe("forecast");
});

test("a line that is torn takes any model", () => {
  const memory = serving();
  memory.track.skip(NOW_MS + 3 * DAY_MS);
  expect(memory.track.isTorn).toBe(true);
  const { track } = memory;
  acceptModel(memory, memory.plan, { kind: "learned", learned: { ...learned, wape: 9 } }, NOW_MS + 3 * DAY_MS);
  expect(memory.track).not.toBe(track);
});
