// Which conditions become events: a change once each way, nothing twice over a restart, and no storm from what flaps.
import { expect, test } from "vitest";
import type { Condition, ConditionType, Reason } from "../../src/api/index.ts";
import type { Verdict } from "../../src/controller/conditions.ts";
import { Telling } from "../../src/controller/telling.ts";
import { MINUTE_MS, START_MS } from "./world.ts";

const well: Readonly<Partial<Record<ConditionType, Reason>>> = { MetricAvailable: "SamplesReceived", Forecasting: "ModelFitted", AbleToScale: "ReadyForNewScale" };
const WELL_REASONS = new Set<Reason>(["SamplesReceived", "ModelFitted", "ReadyForNewScale", "OutlierIgnored", "AsExpected", "ForecastAboveMax"]);

/** All is well but for what is given. */
function seen(given: Readonly<Partial<Record<ConditionType, Reason>>> = {}): Verdict[] {
  return Object.entries({ ...well, ...given }).map(([type, reason]) => ({
    type: type as ConditionType,
    status: WELL_REASONS.has(reason) ? "True" : "False",
    reason,
    message: "…",
  }));
}
const stored = (verdicts: readonly Verdict[], status?: Condition["status"]): Condition[] =>
  verdicts.map((verdict) => ({ ...verdict, status: status ?? verdict.status, lastTransitionTime: "2026-01-05T00:00:00Z" }));
const words = (verdicts: readonly Verdict[]) => verdicts.map(({ reason }) => reason);
/** What is told minute by minute, with the status written each time. */
function tell(telling: Telling, minutes: readonly Verdict[][], first: readonly Condition[] = [], fromMinute = 0): Reason[][] {
  let before = first;
  return minutes.map((now, i) => {
    const told = words(telling.take(now, before, START_MS + (fromMinute + i) * MINUTE_MS));
    before = stored(now);
    return told;
  });
}
const loading = seen({ Forecasting: "HistoryLoading" });

test("a new scaler: its loading and its model are told, what is well from the start is not", () => {
  expect(tell(new Telling(), [loading, loading, seen(), seen()])).toEqual([["HistoryLoading"], [], ["ModelFitted"], []]);
});

test("a restart tells nothing that was told before it", () => {
  expect(tell(new Telling(), [loading, seen()], stored(seen()))).toEqual([[], []]);
  const below = seen({ Forecasting: "AccuracyBelowGate" });
  expect(tell(new Telling(), [loading, below, seen()], stored(below))).toEqual([[], [], ["ModelFitted"]]);
});

test("a restart while the metric is away tells its loss, and its return once", () => {
  const away = seen({ MetricAvailable: "PrometheusUnreachable", Forecasting: "PrometheusUnreachable" });
  expect(tell(new Telling(), [away, loading, seen()], stored(seen()))).toEqual([["PrometheusUnreachable"], ["SamplesReceived"], []]);
});

test("what is well again after the operator was uninstalled and installed is no news", () => {
  expect(tell(new Telling(), [loading, seen()], stored(seen(), "Unknown")).flat()).toEqual(["HistoryLoading", "ModelFitted"]);
  expect(tell(new Telling(), [seen()], stored(seen(), "Unknown"))).toEqual([[]]);
});

test("a metric that is missing is one event each way, though the forecast goes with it", () => {
  const missing = seen({ MetricAvailable: "MetricStale", Forecasting: "MetricStale" });
  expect(tell(new Telling(), [seen(), missing, missing, seen()], stored(seen()))).toEqual([[], ["MetricStale"], [], ["SamplesReceived"]]);
});

test("one trouble after another is told each time", () => {
  const of = (reason: Reason) => seen({ AbleToScale: reason });
  const minutes = [of("Forbidden"), of("TargetNotFound"), seen()];
  expect(tell(new Telling(), minutes, stored(seen()))).toEqual([["Forbidden"], ["TargetNotFound"], ["ReadyForNewScale"]]);
});

test("what flaps each minute is told every ten minutes at most, and as it is once it has settled", () => {
  const missing = seen({ MetricAvailable: "MetricStale", Forecasting: "MetricStale" });
  for (const last of [missing, seen()]) {
    const telling = new Telling();
    const minutes = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? missing : seen()));
    const told = tell(telling, [...minutes, ...Array.from({ length: 15 }, () => last)], stored(seen())).flat();
    expect(told.length).toBeLessThanOrEqual(2 * 8);
    expect(told.at(-1)).toBe(last[0]?.reason);
  }
});

test("what comes and goes while the metric is there is told once an hour, but the end of a trouble always", () => {
  const outlier = seen({ MetricAvailable: "OutlierIgnored" });
  const stuck = seen({ MetricAvailable: "ValueStuck" });
  const telling = new Telling();
  expect(tell(telling, [outlier, seen(), outlier, outlier], stored(seen()))).toEqual([["OutlierIgnored"], [], [], []]);
  expect(tell(telling, [stuck, outlier], [], 20)).toEqual([["ValueStuck"], ["OutlierIgnored"]]);
  expect(tell(telling, [seen(), outlier], [], 90)).toEqual([[], ["OutlierIgnored"]]);
});

test("a maximum that will be too low is told every six hours at most; other limits are no events", () => {
  const ahead = seen({ ScalingLimited: "ForecastAboveMax" });
  const limited = seen({ ScalingLimited: "TooManyReplicas" });
  const telling = new Telling();
  expect(tell(telling, [ahead, limited, ahead, seen({ ScalingLimited: "DesiredWithinRange" }), ahead], stored(seen())).flat()).toEqual(["ForecastAboveMax"]);
  expect(tell(telling, [limited, ahead], [], 361)).toEqual([[], ["ForecastAboveMax"]]);
});
