// Events multiply demand: forecast before they begin, followed where they bring another multiple than announced, forgotten when they end.
import { describe, expect, it, test } from "vitest";
import type { ForecastEvent } from "../../src/forecast/index.ts";
import type { Series } from "../../src/series/index.ts";
import { errorOf, forecasterFor, PER_DAY, saidOf, STEP_MS, yearOf } from "./calendar-world.ts";
import { DAY_MS } from "./series.ts";

const HOUR_MS = 3_600_000;
const ZONE = "Europe/Berlin";
const START_MS = Date.parse("2026-01-05T00:00:00Z");
const LEAD = 2;
const WEEKS_MS = 28 * DAY_MS;
const ordinary = yearOf({ zone: ZONE, startMs: START_MS, days: 42, holidays: [] });
/** Wednesday of the fifth week, 10:00 to 16:00. */
const startMs = START_MS + 30 * DAY_MS + 10 * HOUR_MS;
const endMs = startMs + 6 * HOUR_MS;
const TOLD: ForecastEvent = { startMs, endMs, multiplier: 2.5 };

/** Demand that is `times` as high while the event is on, `lateMs` after its announced start. */
function demandOf(times: number, lateMs = 0): Series {
  const values = ordinary.values.map((value, i) => {
    const timeMs = START_MS + i * STEP_MS;
    return timeMs >= startMs + lateMs && timeMs < endMs ? times * value : value;
  });
  return { ...ordinary, values };
}
const indexOf = (ms: number) => Math.round((ms - START_MS) / STEP_MS);
const between = (fromMs: number, untilMs: number) => (i: number) => i >= indexOf(fromMs) && i < indexOf(untilMs);
const run = (series: Series, events: readonly ForecastEvent[] = [TOLD]) => saidOf(forecasterFor(ZONE, { events, leadSteps: LEAD }), series, indexOf(START_MS + WEEKS_MS));

describe("an event", () => {
  const without = run(ordinary, []);
  const usual = errorOf(ordinary, without, between(startMs - WEEKS_MS / 4, startMs));

  it("that brings what was announced is forecast from its first sample to its last as well as any other day", () => {
    const series = demandOf(2.5);
    expect(errorOf(series, run(series), between(startMs, endMs))).toBeLessThan(2 * usual);
    // Without the calendar the first samples come as a surprise.
    expect(errorOf(series, run(series, []), between(startMs, startMs + LEAD * STEP_MS))).toBeGreaterThan(0.5);
  });

  it("is asked for ahead, on a ramp, and not after its end", () => {
    const said = run(demandOf(2.5));
    const factor = (ms: number) => (said[indexOf(ms)] ?? NaN) / (without[indexOf(ms)] ?? NaN);
    expect(factor(startMs)).toBeCloseTo(2.5, 0);
    expect(factor(startMs - STEP_MS)).toBeCloseTo(1, 1);
    expect(factor(endMs + STEP_MS)).toBeCloseTo(1, 1);
  });

  it.each([1.2, 5])("that brings %f times instead of 2.5 is followed within the hour", (times) => {
    const series = demandOf(times);
    expect(errorOf(series, run(series), between(startMs + 2 * HOUR_MS, endMs))).toBeLessThan(0.15);
  });

  it.each([1, 2.5, 5])("that brought %f times leaves no trace: the days after are forecast as if it had not been", (times) => {
    const series = demandOf(times);
    const said = run(series);
    const after = between(endMs + HOUR_MS, endMs + 9 * DAY_MS);
    expect(errorOf(series, said, after)).toBeLessThan(1.1 * errorOf(series, without, after));
  });

  it("to which people come late keeps what was asked for, for as long as they may still come", () => {
    const lateMs = 2 * STEP_MS;
    const said = run(demandOf(2.5, lateMs));
    for (const ms of [startMs, startMs + STEP_MS, startMs + 2 * STEP_MS]) expect(said[indexOf(ms)]).toBeGreaterThan(2.2 * (without[indexOf(ms)] ?? NaN));
  });

  it("in the history is not learned as an ordinary day", () => {
    const past: ForecastEvent = { startMs: START_MS + 16 * DAY_MS, endMs: START_MS + 17 * DAY_MS, multiplier: 4 };
    const values = ordinary.values.map((value, i) => (i >= 16 * PER_DAY && i < 17 * PER_DAY ? 4 * value : value));
    const said = run({ ...ordinary, values }, [past]);
    const week = between(START_MS + 28 * DAY_MS, START_MS + 35 * DAY_MS);
    expect(errorOf(ordinary, said, week)).toBeLessThan(1.1 * errorOf(ordinary, without, week));
  });
});

test("overlapping events multiply each other", () => {
  const forecaster = forecasterFor(ZONE, { events: [TOLD, { ...TOLD, multiplier: 2 }], leadSteps: LEAD });
  const plain = forecasterFor(ZONE, { leadSteps: LEAD });
  const before = ordinary.values.slice(0, indexOf(startMs) - 1);
  for (const one of [forecaster, plain]) before.forEach((value, i) => one.observe(START_MS + i * STEP_MS, value));
  expect(forecaster.forecast(LEAD) / plain.forecast(LEAD)).toBeCloseTo(5);
  expect(forecaster.upper(LEAD)).toBeGreaterThan(forecaster.forecast(LEAD));
  expect(forecaster.bound(LEAD, 0.99).demand / plain.bound(LEAD, 0.99).demand).toBeCloseTo(5);
  const path = new Float64Array(40);
  forecaster.putPath(path);
  expect(path[LEAD - 1]).toBe(forecaster.forecast(LEAD));
  const peak = forecaster.peakWithin(40 * STEP_MS);
  expect(peak?.demand).toBe(Math.max(...path));
  expect(peak?.timeMs).toBe(START_MS + (before.length - 1 + 1 + path.indexOf(Math.max(...path))) * STEP_MS);
});

test("the whole state is exported: what is restored within an event goes on identically", () => {
  const series = demandOf(4);
  const [one, other] = [0, 1].map(() => forecasterFor(ZONE, { events: [TOLD], leadSteps: LEAD })) as [ReturnType<typeof forecasterFor>, ReturnType<typeof forecasterFor>];
  const at = (i: number) => [START_MS + i * STEP_MS, series.values[i] ?? NaN] as const;
  const cut = indexOf(startMs) + 7;
  for (let i = 0; i < cut; i++) one.observe(...at(i));
  other.importState(one.exportState());
  for (let i = cut; i < cut + 30; i++) {
    for (const forecaster of [one, other]) forecaster.observe(...at(i));
    expect(other.forecast(LEAD)).toBe(one.forecast(LEAD));
  }
});

test("events that cannot be are refused", () => {
  expect(() => forecasterFor(ZONE, { events: [{ startMs, endMs: startMs, multiplier: 2 }] })).toThrow(/the second later/);
  expect(() => forecasterFor(ZONE, { events: [{ startMs, endMs, multiplier: 0 }] })).toThrow(/expected a number above 0/);
});
