// The numbers of the demo from a made-up record: overload, cost, errors of the forecast, the JSON and the text at the end.
import { describe, expect, test } from "vitest";
import { demoPage } from "../../../src/cli/demo/page.ts";
import { missedPeaks, resultJson, resultOf } from "../../../src/cli/demo/result.ts";
import type { DemoResult } from "../../../src/cli/demo/result.ts";
import { JUDGED_MINUTES, LIVE_MS, TARGET_PER_REPLICA } from "../../../src/cli/demo/settings.ts";
import { summaryText, verdict } from "../../../src/cli/demo/summary.ts";
import { escaped } from "../../../src/cli/report/wording.ts";
import { createTraffic } from "../../../src/playground/index.ts";

const MINUTE_MS = 60_000;
const traffic = createTraffic({ seed: 6, liveMs: LIVE_MS });
const HOUR_BEFORE_MS = LIVE_MS - 60 * MINUTE_MS;

/** A record that asks `aheadMinutes` early for what the noise-free rate will need, plus two, and is ready ten minutes later. */
function recordAhead(aheadMinutes: number) {
  const needed = (minute: number) => Math.ceil(traffic.noiseFree(LIVE_MS + minute * MINUTE_MS) / TARGET_PER_REPLICA) + 2;
  const asked = (minute: number) => Math.max(...Array.from({ length: aheadMinutes + 1 }, (_, i) => needed(minute + i)));
  return Array.from({ length: JUDGED_MINUTES + 60 }, (_, i) => {
    const minute = i - 60;
    return { timeMs: HOUR_BEFORE_MS + i * MINUTE_MS, asked: asked(minute), ready: Math.min(...Array.from({ length: 11 }, (_, j) => asked(minute - j))) };
  });
}

const perfect = new Map(Array.from({ length: JUDGED_MINUTES / 2 }, (_, i) => LIVE_MS + 2 * i * MINUTE_MS).map((ms) => [ms, { point: traffic.rate(ms), upper: traffic.rate(ms) * 1.1 }]));
const resultFor = (record: ReturnType<typeof recordAhead>, errors = 0, minutesBehind = 1.5): DemoResult => {
  const told = { errors, lastComplaint: errors > 0 ? "the dog ate it" : undefined, minutesBehind };
  return resultOf({ seed: 6, traffic, record, forecasts: perfect, startMs: LIVE_MS, ...told });
};
const good = resultFor(recordAhead(30));
const none = resultFor([{ timeMs: HOUR_BEFORE_MS, asked: 3, ready: 3 }]);

describe("numbers", () => {
  test("asking half an hour ahead gives that lead at every regular peak, and no overload", () => {
    for (const peak of good.peaks) expect(peak.leadMinutes).toBeGreaterThan(15);
    expect(good.peaks).toHaveLength(5);
    expect(good.operator.overloadedShare).toBe(0);
  });
  test("three replicas throughout cost 144 pod-hours, change nothing, and are overloaded nearly always", () => {
    expect(none.operator).toMatchObject({ podHours: 144, replicaChanges: 0 });
    expect(none.operator.overloadedShare).toBeGreaterThan(0.95);
    expect(missedPeaks(none)).toHaveLength(4);
  });
  test("the tuned HPA is no more overloaded than the operator", () => {
    expect(good.hpaTuned?.numbers.overloadedShare ?? 0).toBeLessThanOrEqual(good.operator.overloadedShare);
    expect(good.hpa.podHours).toBeGreaterThan(100);
  });
  test("a perfect forecast has no error, over the minutes that were seen", () => {
    expect(good.forecast.wape).toBe(0);
    expect(good.forecast.wapePersistence).toBeGreaterThan(0.1);
  });
});

test("a machine that could not keep the pace is named as the cause, and only then", () => {
  expect(summaryText(good, "page.html")).not.toContain("too busy");
  const text = summaryText(resultFor(recordAhead(30), 0, 12.3), "page.html").replaceAll("\n", " ");
  expect(text).toContain("the operator was up to 12 simulated minutes behind");
  expect(text).toContain("--rate 1000");
});

describe("JSON", () => {
  test("has exactly the promised keys", () => {
    const json = JSON.parse(JSON.stringify(resultJson(good))) as Record<string, Record<string, unknown>>;
    expect(Object.keys(json)).toEqual(["peaks", "operator", "hpa", "hpaTuned", "forecast", "errors"]);
    expect(Object.keys(json["peaks"]?.["0"] ?? {})).toEqual(["kind", "at", "askedAt", "readyAt", "leadMinutes"]);
    for (const policy of ["operator", "hpa"]) expect(Object.keys(json[policy] ?? {})).toEqual(["overloadedShare", "podHours", "replicaChanges"]);
    expect(json["forecast"]).toEqual({ wape: 0, wapePersistence: expect.any(Number) as number });
    expect(json["errors"]).toBe(0);
  });
  test("capacity that never came is null", () => {
    expect(resultJson(none)).toMatchObject({ peaks: [{ kind: "regular", askedAt: null, readyAt: null, leadMinutes: null }, {}, {}, {}, {}] });
  });
});

describe("text", () => {
  test("fits 80 columns, starts with the verdict and ends with what to do", () => {
    for (const result of [good, none, resultFor(recordAhead(30), 3)]) {
      const lines = summaryText(result, "report.html").trimEnd().split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
      expect(lines[0]?.startsWith(verdict(result).slice(0, 30))).toBe(true);
      expect(lines.at(-1)).toBe("Next: open report.html in a browser.");
    }
  });
  test("says what was missed, and what went wrong", () => {
    expect(verdict(none)).toBe("The capacity of 4 of 4 regular peaks was never asked for.");
    expect(summaryText(resultFor(recordAhead(30), 3), "x")).toContain("3 errors, the last: the dog ate it");
    expect(summaryText(good, "x")).not.toContain("errors");
  });
});

describe("page", () => {
  test("asks nothing of any network and carries its data", () => {
    const html = demoPage(good);
    expect(html).not.toMatch(/(src|href)=/);
    expect(html).toContain("uPlot");
    expect(html).toContain(escaped(verdict(good)));
    const data = JSON.parse(/<script type="application\/json">(.*?)<\/script>/s.exec(html)?.[1] ?? "{}") as { columns: unknown[][] };
    expect(data.columns.map((column) => column.length)).toEqual(Array.from({ length: 5 }, () => JUDGED_MINUTES));
  });
  test("a minute without a forecast is a gap, not a zero", () => {
    const html = demoPage(good);
    const data = JSON.parse(/<script type="application\/json">(.*?)<\/script>/s.exec(html)?.[1] ?? "{}") as { columns: (number | null)[][] };
    expect(data.columns[1]?.[1]).toBeNull();
    expect(data.columns[1]?.[0]).toBeGreaterThan(0);
  });
  test("is written for a day on which nothing was ever asked for, too", () => {
    expect(demoPage(none)).toContain("never");
  });
});
