// The live end of the line: late samples are repaired, absent answers are bridged, and nothing known is taken back.
import { expect, test } from "vitest";
import { learnModel } from "../../src/controller/model.ts";
import { createTrack, OVERLAP_STEPS } from "../../src/controller/track.ts";
import type { Track } from "../../src/controller/track.ts";
import { DAY_MS, demandAt, planOf, seriesOf, START_MS } from "./world.ts";

const plan = planOf();
const STEP = plan.stepMs;
const history = () => seriesOf(START_MS, (15 * DAY_MS) / STEP, STEP);
const learned = () => learnModel({ settings: plan.model, history: history() });
const begin = () => {
  const model = learned();
  return createTrack(plan.model, model.untilMs, model);
};
/** Reads all slots after the settled one up to `untilMs`, as a pass does. */
const read = (track: Track, untilMs: number, value = demandAt) =>
  track.take(seriesOf(track.settledMs + STEP, Math.round((untilMs - track.settledMs) / STEP), STEP, value), undefined);
const facts = ({ outlook, liveMs, lastSampleMs }: Track) => ({ outlook, liveMs, lastSampleMs });

test("a learned model continues exactly where the history ended", () => {
  const track = begin();
  const whole = learnModel({ settings: plan.model, history: seriesOf(START_MS, (15 * DAY_MS) / STEP + 20, STEP) });
  const reference = createTrack(plan.model, whole.untilMs, whole);
  for (let i = 1; i <= 20; i++) read(track, START_MS + 15 * DAY_MS - STEP + i * STEP);
  // The fit differs by the twenty samples it did not see; the walk over them does not.
  expect(track.liveMs).toBe(reference.liveMs);
  expect(Math.abs(track.outlook.forecasts[0]!.point / reference.outlook.forecasts[0]!.point - 1)).toBeLessThan(0.01);
});

test("a sample that comes late counts as if it had come in time", () => {
  const [prompt, late] = [begin(), begin()];
  const first = prompt.settledMs;
  const lateAt = first + 3 * STEP;
  const presence: boolean[] = [];
  for (let i = 1; i <= OVERLAP_STEPS + 2; i++) {
    read(prompt, first + i * STEP);
    const isIn = i >= 3 + 2;
    read(late, first + i * STEP, (t) => (t === lateAt && !isIn ? NaN : demandAt(t)));
    presence.push(late.demand().present);
  }
  expect(presence).toEqual([true, true, false, true, true, true, true]);
  expect(facts(late)).toEqual(facts(prompt));
});

test("a sample that is later than the overlap stays missing", () => {
  const [gap, late] = [begin(), begin()];
  const first = gap.settledMs;
  const steps = OVERLAP_STEPS + 5;
  for (let i = 1; i <= steps; i++) {
    read(gap, first + i * STEP, (t) => (t === first + STEP ? NaN : demandAt(t)));
    read(late, first + i * STEP, (t) => (t === first + STEP && i < steps ? NaN : demandAt(t)));
  }
  expect(facts(late)).toEqual(facts(gap));
});

test("a sample that was there is not taken back by an absence", () => {
  const [kept, shaken] = [begin(), begin()];
  const first = kept.settledMs;
  for (let i = 1; i <= 4; i++) {
    read(kept, first + i * STEP);
    read(shaken, first + i * STEP, (t) => (t === first + 2 * STEP && i > 2 ? NaN : demandAt(t)));
  }
  expect(facts(shaken)).toEqual(facts(kept));
});

test("slots that could not be read are bridged and repaired once they can be", () => {
  const [steady, cut] = [begin(), begin()];
  const lastSamples: number[] = [];
  const first = steady.settledMs;
  for (let i = 1; i <= 30; i++) {
    read(steady, first + i * STEP);
    if (i > 5 && i <= 25) cut.skip(first + i * STEP);
    else read(cut, first + i * STEP);
    expect(cut.liveMs).toBe(steady.liveMs);
    lastSamples.push(cut.lastSampleMs);
  }
  expect(lastSamples[24]).toBe(first + 5 * STEP);
  expect(cut.lastSampleMs).toBe(steady.lastSampleMs);
  expect(facts(cut)).toEqual(facts(steady));
});

test("while nothing can be read the wanted replicas never fall", () => {
  const track = begin();
  const first = track.settledMs;
  for (let i = 1; i <= 5; i++) read(track, first + i * STEP);
  let wanted = track.demand().wanted;
  for (let i = 6; i <= 200; i++) {
    track.skip(first + i * STEP);
    expect(track.demand().wanted).toBeGreaterThanOrEqual(wanted);
    wanted = track.demand().wanted;
  }
});

test("after a day without answers the track is torn, so that the model learns anew", () => {
  const track = begin();
  track.skip(track.settledMs + DAY_MS);
  expect(track.isTorn).toBe(false);
  track.skip(track.settledMs + 2 * DAY_MS);
  expect(track.isTorn).toBe(true);
  expect(track.liveMs - track.settledMs).toBeLessThanOrEqual(DAY_MS + STEP);
});

test("a track without a model follows the present demand", () => {
  const track = createTrack(plan.model, START_MS);
  read(track, START_MS + 6 * STEP, () => 400);
  expect(track.demand()).toMatchObject({ kind: "reactive", wanted: 10, now: 400 }); // 400 / (0.8 x 50)
});

test("a reading that was asked for before the model was learned is put where it belongs", () => {
  const [asked, early] = [begin(), begin()];
  const first = asked.settledMs;
  read(asked, first + 3 * STEP);
  early.take(seriesOf(first - 4 * STEP, 8, STEP), undefined);
  expect(early.liveMs).toBe(asked.liveMs);
  expect(facts(early)).toEqual(facts(asked));
  early.take(seriesOf(first + 9 * STEP, 2, STEP), undefined); // begins too late: there is a hole before it
  expect(facts(early)).toEqual(facts(asked));
});
