// Control goes to the demand of now when the forecast is worse than "as it is now" for hours, and comes back when it has been better for a day.
import { describe, expect, test } from "vitest";
import { createDemandRule, createLine } from "../../src/decision/index.ts";
import type { DemandSettings, Line } from "../../src/decision/index.ts";
import { createGate } from "../../src/decision/gate.ts";
import type { Gate } from "../../src/decision/gate.ts";
import { createForecaster } from "../../src/forecast/index.ts";
import type { Series } from "../../src/series/index.ts";
import { DAY_MS, seeded, settingsWith, utc } from "./demand/worlds.ts";
import { CHANGE_DAY, CHANGE_MS, regimeTrace, START_MS } from "./regimes.ts";
import type { Regime } from "./regimes.ts";

const HOUR_MS = 3_600_000;
const STEP_MS = 300_000;
const LEAD = 4;

describe("on forecasts that are told", () => {
  /** Feeds a demand that rises and falls, with forecasts that are right or, while `isWrong`, half as much again. */
  function feed(gate: Gate, hours: number, isWrong: (hour: number) => boolean, from = 0, valueAt = waveAt): number[] {
    const changes: number[] = [];
    let before = gate.gate().control;
    for (let i = (from * HOUR_MS) / STEP_MS; i < ((from + hours) * HOUR_MS) / STEP_MS; i++) {
      const hour = (i * STEP_MS) / HOUR_MS;
      const right = valueAt(i + LEAD);
      gate.take(START_MS + i * STEP_MS, valueAt(i), isWrong(hour) ? 1.5 * right : right);
      const { control } = gate.gate();
      if (control !== before) changes.push(hour);
      before = control;
    }
    return changes;
  }
  const waveAt = (i: number) => 1000 + 500 * Math.sin(i / 7);

  test("control is lost once the skill has been below 0 for three hours, and comes back a day later at the earliest", () => {
    const gate = createGate(STEP_MS, LEAD);
    const [lost, back, ...more] = feed(gate, 240, (hour) => hour >= 72 && hour < 80);
    expect(lost).toBeGreaterThan(75);
    expect(lost).toBeLessThan(79);
    expect(back).toBeGreaterThanOrEqual((lost ?? 0) + 24);
    expect(back).toBeLessThan(80 + 48);
    expect(more).toEqual([]);
  });

  test("two hours of bad forecasts cost no control unless their skill stays below 0", () => {
    expect(feed(createGate(STEP_MS, LEAD), 240, (hour) => hour >= 72 && hour < 72.5)).toEqual([]);
  });

  test("figures and the moment of the change are told", () => {
    const gate = createGate(STEP_MS, LEAD);
    feed(gate, 12, () => false);
    expect(gate.gate()).toEqual({ control: "forecast", skill6h: NaN, skill24h: NaN, sinceMs: NaN, lossesMs: [-Infinity, -Infinity] });
    const [lost = NaN] = feed(gate, 80, (hour) => hour >= 72, 12);
    const { control, skill6h, skill24h, sinceMs } = gate.gate();
    expect({ control, sinceMs }).toEqual({ control: "demand", sinceMs: START_MS + lost * HOUR_MS });
    expect(skill6h).toBeLessThan(skill24h);
    expect(skill24h).toBeLessThan(0);
  });

  test("a forecast that is bad every few days loses control at most twice in any seven days", () => {
    const gate = createGate(STEP_MS, LEAD);
    const changes = feed(gate, 24 * 120, (hour) => hour % 60 < 5);
    const losses = changes.filter((_, i) => i % 2 === 0);
    expect(losses.length).toBeGreaterThan(10);
    for (let i = 2; i < losses.length; i++) expect((losses[i] ?? 0) - (losses[i - 2] ?? 0)).toBeGreaterThanOrEqual(24 * 7);
  });

  test("a constant demand, on which nothing beats persistence, costs no control", () => {
    expect(feed(createGate(STEP_MS, LEAD), 240, () => false, 0, () => 500)).toEqual([]);
    const gate = createGate(STEP_MS, LEAD);
    for (let i = 0; i < 3000; i++) gate.take(START_MS + i * STEP_MS, 500, 500 + 1e-6);
    expect(gate.gate().control).toBe("forecast");
  });

  test("missing samples are no evidence: three hours count in samples that came", () => {
    const gate = createGate(STEP_MS, LEAD);
    feed(gate, 74, (hour) => hour >= 72);
    const { skill6h } = gate.gate();
    for (let i = (74 * HOUR_MS) / STEP_MS; i < (90 * HOUR_MS) / STEP_MS; i++) gate.take(START_MS + i * STEP_MS, NaN, 5000);
    expect(gate.gate()).toMatchObject({ control: "forecast", skill6h });
  });
});

const settings: DemandSettings = settingsWith({ stepMs: STEP_MS, leadSteps: LEAD, stabilizationSteps: 2, maxReplicas: 1000 });

function lineOn({ startMs, stepMs, values }: Series, split: number): Line {
  const line = createLine(createForecaster({ stepMs, leadSteps: [LEAD], day: true, week: true, localClock: utc }), settings);
  line.forecaster.fit({ startMs, stepMs, values: values.slice(0, split) });
  return line;
}

interface Run {
  readonly wanted: Float64Array;
  /** Changes of control, in days since the change of regime. */
  readonly losses: readonly number[];
  readonly returns: readonly number[];
  /** Share of steps with demand above what had been asked for throughout the lead. */
  readonly overloaded: (fromMs: number) => number;
}

function run(series: Series): Run {
  const { startMs, stepMs, values } = series;
  const line = lineOn(series, (28 * DAY_MS) / stepMs);
  const wanted = new Float64Array(values.length);
  const losses: number[] = [];
  const returns: number[] = [];
  let before = "forecast";
  for (const [i, value] of values.entries()) {
    line.observe(startMs + i * stepMs, value);
    wanted[i] = line.demand().wanted;
    const { control } = line.gate();
    if (control !== before) (control === "demand" ? losses : returns).push((i * stepMs - CHANGE_MS) / DAY_MS);
    before = control;
  }
  const overloaded = (fromMs: number) => {
    let count = 0;
    for (let i = fromMs / stepMs; i < values.length; i++) {
      const ready = Math.min(...wanted.subarray(i - LEAD, i));
      if ((values[i] ?? NaN) > ready * settings.targetPerReplica) count++;
    }
    return count / (values.length - fromMs / stepMs);
  };
  return { wanted, losses, returns, overloaded };
}

describe("replayed over a change of regime", () => {
  const twiceTheBudget = 2 * settings.budget;

  test.each<[Regime, number]>(["stepUp", "stepDown", "seasonVanishes", "holidays", "nightBecomesDay"].flatMap((regime) => [1, 2, 3].map((seed) => [regime as Regime, seed])))(
    "%s (seed %i): lost within hours, back within two days, overload within twice the budget",
    (regime, seed) => {
      const { losses, returns, overloaded } = run(regimeTrace(regime, STEP_MS, seed));
      // The holidays begin at midnight, ten hours before the other changes.
      const hours = 24 * (losses[0] ?? NaN) + (regime === "holidays" ? 10 : 0);
      expect(hours).toBeGreaterThan(0);
      expect(hours).toBeLessThan(8);
      // The season that vanished leaves nothing that beats persistence: control may stay where it is.
      const daysAway = regime === "seasonVanishes" ? 0 : (returns[0] ?? NaN) - (losses[0] ?? NaN);
      expect(daysAway).toBeLessThan(2);
      for (let i = 2; i < losses.length; i++) expect((losses[i] ?? 0) - (losses[i - 2] ?? 0)).toBeGreaterThanOrEqual(7);
      expect(overloaded(28 * DAY_MS)).toBeLessThan(twiceTheBudget);
      expect(overloaded(CHANGE_DAY * DAY_MS)).toBeLessThan(twiceTheBudget);
    },
  );

  test("where nothing changes, the line is the rule on the forecast, number by number", () => {
    const series = regimeTrace("unchanged", STEP_MS, 1);
    const line = lineOn(series, (28 * DAY_MS) / STEP_MS);
    let isSame = true;
    for (const [i, value] of series.values.entries()) {
      line.observe(series.startMs + i * STEP_MS, value);
      if (line.demand().wanted !== line.rule.demand().wanted) isSame = false;
    }
    expect(isSame).toBe(true);
    expect(line.gate()).toMatchObject({ control: "forecast", sinceMs: NaN });
  });

  test("a change of control lowers nothing before a scale-down window has passed", () => {
    let seen = 0;
    for (const regime of ["stepDown", "holidays"] as const) {
      const { wanted, losses, returns } = run(regimeTrace(regime, STEP_MS, 4));
      for (const day of [...losses, ...returns]) {
        const at = Math.round((day * DAY_MS + CHANGE_MS) / STEP_MS);
        const before = wanted[at - 1] ?? NaN;
        for (let k = 0; k <= settings.stabilizationSteps; k++) expect(wanted[at + k]).toBeGreaterThanOrEqual(before);
        seen++;
      }
    }
    expect(seen).toBeGreaterThanOrEqual(4);
  });
});

test("the rule that lost control goes on calibrating: its feedback does not follow what the other did", () => {
  const series = regimeTrace("stepUp", STEP_MS, 2);
  const alone = createDemandRule(settings);
  const line = lineOn(series, (28 * DAY_MS) / STEP_MS);
  const random = seeded(9);
  let isLost = false;
  for (const [i, value] of series.values.entries()) {
    const timeMs = series.startMs + i * STEP_MS;
    isLost ||= line.gate().control === "demand";
    // Whatever really happened: far too few pods.
    line.observe(timeMs, value, isLost ? { readyReplicas: Math.floor(2 * random()), ownThroughout: true } : undefined);
    alone.observe(timeMs, value, line.forecaster);
    if (isLost && line.gate().control === "forecast") break;
  }
  expect(isLost).toBe(true);
  expect(line.rule.demand()).toEqual(alone.demand());
});

test("an exported line continues identically, gate and both rules", () => {
  const series = regimeTrace("stepUp", STEP_MS, 1);
  const end = Math.round((CHANGE_MS + 4 * HOUR_MS) / STEP_MS);
  const first = lineOn(series, (28 * DAY_MS) / STEP_MS);
  for (let i = 0; i < end; i++) first.observe(series.startMs + i * STEP_MS, series.values[i] ?? NaN);
  expect(first.gate().control).toBe("demand");
  const second = lineOn(series, (28 * DAY_MS) / STEP_MS);
  second.importState(first.exportState());
  for (let i = end; i < end + 600; i++) {
    for (const line of [first, second]) line.observe(series.startMs + i * STEP_MS, series.values[i] ?? NaN);
    expect(second.demand()).toEqual(first.demand());
    expect(second.gate()).toEqual(first.gate());
  }
  expect(first.gate().control).toBe("forecast");
});
