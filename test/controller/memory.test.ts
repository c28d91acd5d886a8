// When a scaler asks for a new model: weekly, and a day after its season has become another one; the old model serves until then.
import { expect, test } from "vitest";
import { acceptModel, newMemory, wantsModel } from "../../src/controller/memory.ts";
import { learnModel } from "../../src/controller/model.ts";
import { DAY_MS, demandAt, planOf, seriesOf, START_MS } from "./world.ts";

const HOUR_MS = 3_600_000;
const DAYS = 15;
const plan = planOf();
const STEP = plan.stepMs;
const SHIFT_MS = START_MS + DAYS * DAY_MS;
/** A job every other hour; from the shift on in the hours between. */
const jobs = (timeMs: number) => demandAt(timeMs) + 200 * ((Math.floor(timeMs / HOUR_MS) + (timeMs >= SHIFT_MS ? 1 : 0)) % 2);
const same = (timeMs: number) => demandAt(timeMs) + 200 * (Math.floor(timeMs / HOUR_MS) % 2);

/** A scaler that learned `value` up to the shift, and the hours after it until it asks for a new model. */
function hoursUntilRefit(value: (timeMs: number) => number): number {
  const learned = learnModel({ settings: plan.model, history: seriesOf(START_MS, (DAYS * DAY_MS) / STEP, STEP, value) });
  const memory = newMemory(plan, learned.untilMs);
  acceptModel(memory, plan, { kind: "learned", learned }, SHIFT_MS);
  const { model, track } = memory;
  for (let hours = 1; ; hours++) {
    const nowMs = SHIFT_MS + hours * HOUR_MS;
    track.take(seriesOf(track.settledMs + STEP, Math.round((nowMs - track.settledMs) / STEP), STEP, value), undefined);
    expect(memory.model).toBe(model);
    if (wantsModel(memory, nowMs)) return hours;
  }
}

test("a model that forecasts is learned anew after a week", () => {
  expect(hoursUntilRefit(same)).toBeGreaterThanOrEqual(6.5 * 24);
});

test("one whose season has become another is learned anew after a day and a little", () => {
  const hours = hoursUntilRefit(jobs);
  expect(hours).toBeGreaterThanOrEqual(24);
  expect(hours).toBeLessThan(48);
});

test("no history is asked for again within minutes, a short one the later the longer it is, at most hourly", () => {
  const minutesUntilRelearn = (historyMs: number) => {
    const from = SHIFT_MS - historyMs;
    const history = seriesOf(SHIFT_MS - 2 * DAY_MS, (2 * DAY_MS) / STEP, STEP, (timeMs) => (timeMs < from ? NaN : same(timeMs)));
    const learned = learnModel({ settings: plan.model, history });
    expect(learned.fit.kind).toBe("notEnoughData");
    const memory = newMemory(plan, learned.untilMs);
    acceptModel(memory, plan, { kind: "learned", learned }, SHIFT_MS);
    for (let minutes = 1; ; minutes++) if (wantsModel(memory, SHIFT_MS + minutes * 60_000)) return minutes;
  };
  expect(minutesUntilRelearn(0)).toBe(5);
  expect(minutesUntilRelearn(HOUR_MS)).toBeGreaterThan(20);
  expect(minutesUntilRelearn(HOUR_MS)).toBeLessThanOrEqual(30);
  expect(minutesUntilRelearn(12 * HOUR_MS)).toBe(60);
});
