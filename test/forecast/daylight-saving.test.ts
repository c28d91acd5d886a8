// Seasons follow the wall clock: the week after a change of the clocks is forecast as well as any other.
import { describe, expect, it } from "vitest";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { DAY_MS, MINUTE_MS, traffic } from "./series.ts";

const STEP_MS = 15 * MINUTE_MS;
const LEAD = 2;
const WEEK_MS = 7 * DAY_MS;
/** 2026-01-01 UTC. */
const YEAR_MS = 1_767_225_600_000;

describe.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])("a year of traffic in %s", (zone) => {
  it("is forecast after a change of the clocks within 5 % of the error of other weeks", () => {
    const clock = createLocalClock(zone);
    const series = traffic({ days: 365, stepMs: STEP_MS, startMs: YEAR_MS, noise: 0.05, seed: 3, localMs: (t) => clock.localMs(t) });
    const forecaster = createForecaster({ stepMs: STEP_MS, leadSteps: [LEAD], day: true, week: true, localClock: clock });
    const perDay = DAY_MS / STEP_MS;
    forecaster.fit({ ...series, values: series.values.slice(0, 28 * perDay) });
    let changeMs = -Infinity;
    let changes = 0;
    const sums = { after: { missed: 0, demand: 0 }, other: { missed: 0, demand: 0 } };
    const said: number[] = [];
    series.values.forEach((y, i) => {
      const now = YEAR_MS + i * STEP_MS;
      if (i > 0 && clock.localMs(now) - clock.localMs(now - STEP_MS) !== STEP_MS) {
        changeMs = now;
        changes++;
      }
      if (i >= 35 * perDay) {
        const where = now - changeMs < WEEK_MS ? sums.after : sums.other;
        where.missed += Math.abs(y - (said[i - LEAD] ?? NaN));
        where.demand += y;
      }
      forecaster.observe(now, y);
      said.push(forecaster.forecast(LEAD));
    });
    const after = sums.after.missed / sums.after.demand;
    const other = sums.other.missed / sums.other.demand;
    expect(changes).toBe(2);
    expect(other).toBeLessThan(0.1);
    expect(after).toBeLessThan(1.05 * other);
  });
});
