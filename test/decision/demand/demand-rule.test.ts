// How the demand rule behaves beyond the reference: missing samples, the start, calibration, feedback, closed hours, state.
import { describe, expect, test } from "vitest";
import { createDemandRule } from "../../../src/decision/index.ts";
import type { DemandRule, DemandSettings } from "../../../src/decision/index.ts";
import { DAY_MS, flat, seeded, settingsWith, wave } from "./worlds.ts";

const FIVE_MINUTES = { stepMs: 300_000, leadSteps: 4, stabilizationSteps: 2 } as const;

/** Feeds `days` of the day's wave; the forecast is the wave without noise at its largest within the lead, times `bias`. */
function live(rule: DemandRule, days: number, mean = 1000, bias = 1, seed = 1): number[] {
  const { stepMs } = rule.settings;
  const random = seeded(seed);
  const wanted: number[] = [];
  for (let i = 0; i < (days * DAY_MS) / stepMs; i++) {
    const timeMs = i * stepMs;
    rule.observe(timeMs, wave(timeMs, mean, random), { forecast: (k) => bias * wave(timeMs + k * stepMs, mean, () => 0.5) });
    wanted.push(rule.demand().wanted);
  }
  return wanted;
}

/** Share of steps after `fromDay` with demand above what was asked for throughout the `delay` steps before. */
function overloadedShare(settings: DemandSettings, wanted: readonly number[], fromDay: number, delay: number, seed = 1): number {
  const random = seeded(seed);
  const first = (fromDay * DAY_MS) / settings.stepMs;
  let overloaded = 0;
  for (let i = 0; i < wanted.length; i++) {
    const y = wave(i * settings.stepMs, 1000, random);
    if (i >= first && y > settings.targetPerReplica * Math.min(...wanted.slice(i - delay, i))) overloaded++;
  }
  return overloaded / (wanted.length - first);
}

describe("missing samples", () => {
  test("a run of them never lowers what was wanted at the last present one, whatever is forecast", () => {
    const rule = createDemandRule(settingsWith(FIVE_MINUTES));
    live(rule, 3);
    const before = rule.demand().wanted;
    let timeMs = 3 * DAY_MS;
    for (let i = 0; i < 200; i++, timeMs += 300_000) {
      rule.observe(timeMs, i % 2 === 0 ? NaN : -1, flat(0));
      expect(rule.demand().wanted).toBeGreaterThanOrEqual(before);
      expect(rule.demand().present).toBe(false);
    }
  });

  test("after half an hour the metric is missing, and wanted holds even where the forecast rises", () => {
    const rule = createDemandRule(settingsWith({ initialMargin: 0 }));
    rule.observe(0, 500, flat(500));
    for (let i = 1; i <= 29; i++) rule.observe(i * 60_000, NaN, flat(800));
    expect(rule.demand()).toMatchObject({ kind: "calibrated", wanted: 16 });
    for (let i = 30; i <= 60; i++) rule.observe(i * 60_000, NaN, flat(5000));
    expect(rule.demand()).toMatchObject({ kind: "missing", wanted: 16, now: 500, present: false });
    rule.observe(61 * 60_000, 600, flat(600));
    expect(rule.demand()).toMatchObject({ kind: "calibrated", present: true, now: 600 });
  });

  test("before any sample there is nothing to want", () => {
    const rule = createDemandRule(settingsWith());
    rule.observe(0, NaN, flat(500));
    rule.observe(60_000, Infinity, flat(500));
    expect(rule.demand()).toMatchObject({ kind: "missing", now: NaN, wanted: 2, unlimited: NaN });
    rule.observe(600_000, 100, flat(100));
    expect(rule.demand().kind).toBe("reactive");
  });
});

describe("the start", () => {
  test("replicas are filled to 80 % until one day of history has been scored", () => {
    const rule = createDemandRule(settingsWith({ ...FIVE_MINUTES, stabilizationSteps: 0, scaleDownTolerance: 0 }));
    for (let i = 0; i < 288; i++) rule.observe(i * 300_000, 400, flat(4000));
    expect(rule.demand()).toMatchObject({ kind: "reactive", wanted: 10, margin: NaN });
    rule.observe(DAY_MS, 400, flat(400));
    expect(rule.demand().kind).toBe("calibrated");
  });

  test("a day without samples after the first does not end it with a margin from nothing", () => {
    const rule = createDemandRule(settingsWith(FIVE_MINUTES));
    rule.observe(0, 400, flat(400));
    for (let i = 1; i <= 600; i++) rule.observe(i * 300_000, NaN, flat(400));
    rule.observe(601 * 300_000, 400, flat(400));
    expect(rule.demand().kind).toBe("calibrated");
    expect(Number.isFinite(rule.demand().margin)).toBe(true);
  });
});

describe("calibration", () => {
  test.each([0.05, 0.02, 0.01])("the overload stays within twice a budget of %s and uses some of it", (budget) => {
    const settings = settingsWith({ ...FIVE_MINUTES, budget, minReplicas: 1, targetPerReplica: 10, maxReplicas: 1e6 });
    const wanted = live(createDemandRule(settings), 28);
    const share = overloadedShare(settings, wanted, 7, 4);
    expect(share).toBeLessThanOrEqual(2 * budget);
    expect(share).toBeGreaterThan(0);
  });

  test("a forecast that is half of the truth is made up for by the margin", () => {
    const settings = settingsWith({ ...FIVE_MINUTES, budget: 0.02, minReplicas: 1, targetPerReplica: 10, maxReplicas: 1e6 });
    const wanted = live(createDemandRule(settings), 28, 1000, 0.5);
    expect(overloadedShare(settings, wanted, 7, 4)).toBeLessThanOrEqual(0.04);
  });

  test("a smaller budget never wants less on average", () => {
    const mean = (budget: number) => {
      const wanted = live(createDemandRule(settingsWith({ ...FIVE_MINUTES, budget })), 14);
      return wanted.slice(2000).reduce((sum, w) => sum + w, 0);
    };
    expect(mean(0.005)).toBeGreaterThan(mean(0.05));
  });

  test("demand and capacity in another unit want the same replicas", () => {
    const wantedIn = (unit: number) => live(createDemandRule(settingsWith({ ...FIVE_MINUTES, targetPerReplica: 50 * unit })), 6, 1000 * unit);
    expect(wantedIn(1024)).toEqual(wantedIn(1));
  });

  test("overloads that really happened raise the margin, and only while our own number was applied", () => {
    const marginAfter = (ready: number, ownThroughout: boolean) => {
      const rule = createDemandRule(settingsWith(FIVE_MINUTES));
      live(rule, 7);
      for (let i = 0; i < 5 * 288; i++) {
        const timeMs = 7 * DAY_MS + i * 300_000;
        rule.observe(timeMs, wave(timeMs, 1000, () => 0.5), flat(wave(timeMs, 1000, () => 0.5)), { readyReplicas: ready, ownThroughout });
      }
      return rule.demand().margin;
    };
    const unheeded = marginAfter(1, false);
    expect(marginAfter(NaN, true)).toBe(unheeded);
    expect(marginAfter(1, true)).toBeGreaterThan(unheeded);
    expect(marginAfter(1000, true)).toBeLessThan(unheeded);
  });

  test("minutes beyond maxReplicas do not widen the margin: no margin can help them", () => {
    const marginWith = (spike: number) => {
      const rule = createDemandRule(settingsWith({ ...FIVE_MINUTES, maxReplicas: 40, budget: 0.01 }));
      const applied = { readyReplicas: 40, ownThroughout: false };
      for (let i = 0; i < 4 * 288; i++) rule.observe(i * 300_000, i % 40 === 0 && i > 288 ? spike : 1000, flat(1000), applied);
      return rule.demand().margin;
    };
    expect(marginWith(2001)).toBeLessThan(marginWith(1999) - 1);
  });
});

test("forecasts for hours in which there never are samples are not planned for", () => {
  const rule = createDemandRule(settingsWith({ ...FIVE_MINUTES, initialMargin: 0 }));
  const isOpen = (timeMs: number) => timeMs % DAY_MS < DAY_MS / 2;
  const told: number[] = [];
  for (let i = 0; i < 16 * 288; i++) {
    const timeMs = i * 300_000;
    // What is forecast for the closed hours is nonsense.
    rule.observe(timeMs, isOpen(timeMs) ? 500 : NaN, { forecast: (k) => (isOpen(timeMs + k * 300_000) ? 500 : 9000) });
    if (i === 142 || i === 288 + 142 || i === 15 * 288 + 142) told.push(rule.demand().point);
  }
  expect(told).toEqual([9000, 500, 500]);
});

describe("state", () => {
  test("a rule that takes over another's state goes on identically", () => {
    const settings = settingsWith(FIVE_MINUTES);
    const first = createDemandRule(settings);
    live(first, 5);
    const second = createDemandRule(settings);
    const state = first.exportState();
    second.importState(state);
    for (const array of state) array.fill(7); // copies: what happens to them changes neither
    const random = seeded(9);
    for (let i = 0; i < 500; i++) {
      const timeMs = 5 * DAY_MS + i * 300_000;
      const y = i % 7 === 0 ? NaN : wave(timeMs, 1000, random);
      for (const rule of [first, second]) rule.observe(timeMs, y, flat(900));
      expect(second.demand()).toEqual(first.demand());
    }
  });

  test("the state of other settings is refused", () => {
    const state = createDemandRule(settingsWith({ leadSteps: 20 })).exportState();
    expect(() => createDemandRule(settingsWith({ leadSteps: 60 })).importState(state)).toThrow(/its settings were others/);
  });

  test("a step that is left out is refused", () => {
    const rule = createDemandRule(settingsWith());
    rule.observe(0, 1, flat(1));
    expect(() => rule.observe(120_000, 1, flat(1))).toThrow(/exactly one step of 60000 ms/);
  });
});

test.each([
  [{ leadSteps: 0 }, /leadSteps is 0, expected a whole number of at least 1/],
  [{ budget: 0 }, /budget is 0/],
  [{ targetPerReplica: 0 }, /targetPerReplica is 0/],
  [{ stabilizationSteps: -1 }, /stabilizationSteps is -1/],
  [{ stepMs: 0 }, /stepMs is 0/],
  [{ scaleDownTolerance: -0.1 }, /scaleDownTolerance is -0.1/],
])("settings out of range are refused: %j", (changes, message) => {
  expect(() => createDemandRule(settingsWith(changes))).toThrow(message);
});

test("a rule that takes demand as it stays need not know which hours have samples: it says the same with 6 KB less", () => {
  const rules = [{}, { plansAllHours: true }].map((more) => createDemandRule(settingsWith({ ...FIVE_MINUTES, ...more })));
  const random = seeded(7);
  let last = NaN;
  for (let i = 0; i < (16 * DAY_MS) / 300_000; i++) {
    const timeMs = i * 300_000;
    const isClosed = timeMs % DAY_MS < DAY_MS / 4 || random() < 0.02;
    const value = isClosed ? NaN : wave(timeMs, 1000, random);
    if (!isClosed) last = value;
    for (const rule of rules) rule.observe(timeMs, value, { forecast: () => last });
    expect(rules[1]?.demand()).toEqual(rules[0]?.demand());
  }
  const [known = NaN, unknown = NaN] = rules.map((rule) => rule.exportState().reduce((bytes, array) => bytes + array.byteLength, 0));
  expect(known - unknown).toBeGreaterThanOrEqual(6_000);
});
