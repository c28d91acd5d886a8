// Every word of the vocabulary is explained to somebody who has not read the code; thresholds and windows come with their numbers and times.
import { expect, test } from "vitest";
import { explain } from "../../src/advice/index.ts";
import { REASONS } from "../../src/api/index.ts";
import type { Reason } from "../../src/api/index.ts";
import { decidedBy, NOW_MS, situationOf, specOf } from "./situations.ts";

/** What a person must find in the explanation of each reason: what it means, and what would change it where that is not the demand. */
const EXPECTED: Readonly<Record<Reason, { readonly on: "decision" | "condition" | "well"; readonly says: readonly RegExp[] }>> = {
  ForecastDemand: { on: "decision", says: [/forecast of demand .* sets the number/, /15 replicas: as soon as the forecast for the next 20m is above 657 \(now 655\) or demand itself above 700/] },
  CurrentDemand: { on: "decision", says: [/demand of this moment sets the number/] },
  DemandAboveForecast: { on: "decision", says: [/far above anything that was forecast/, /ends when demand is back/] },
  ForecastAboveMax: { on: "decision", says: [/forecast to need more replicas than maxReplicas allows/, /Raise maxReplicas \(40\)/] },
  NothingToDo: { on: "decision", says: [/already has the replicas/] },
  WithinTolerance: { on: "decision", says: [/not worth its disturbance/, /10 % down and 0 % up/] },
  StaggeredScaleUp: { on: "decision", says: [/begins early/, /behavior.scaleUp.policies/] },
  ScaleUpLimit: { on: "decision", says: [/only be added at the pace/, /the largest of 4 replicas in 15s, 100 % in 15s/, /behavior\.scaleUp\.policies/] },
  ScaleUpStabilized: { on: "decision", says: [/needed for the whole scale-up window/, /stabilizationWindowSeconds: 0/] },
  ScaleDownLimit: { on: "decision", says: [/only be removed at the pace/, /behavior\.scaleDown\.policies/] },
  ScaleDownStabilized: { on: "decision", says: [/needed a short while ago/, /the window of 10m ends at 03:20/] },
  ScaleUpDisabled: { on: "decision", says: [/never to add any/, /selectPolicy to Max/] },
  ScaleDownDisabled: { on: "decision", says: [/never to remove any/, /selectPolicy to Max/] },
  RaisedAboveMax: { on: "decision", says: [/more.*than maxReplicas/i, /Clamp would stop at maxReplicas \(40\)/] },
  TooManyReplicas: { on: "decision", says: [/more.*than maxReplicas allows/i, /Raise maxReplicas \(40\)/] },
  TooFewReplicas: { on: "decision", says: [/minReplicas, or that of a schedule\) sets the number/, /lower minReplicas \(2\)/] },
  RecommendOnly: { on: "decision", says: [/nothing is written/, /Set mode to Active/] },
  ScaleOutOnly: { on: "decision", says: [/ScaleOutOnly none are removed/, /Set mode to Active/] },
  RestartGuard: { on: "decision", says: [/has not watched this scaler long enough/, /scale-down window \(10m\)/] },
  RolloutInProgress: { on: "decision", says: [/pods are being replaced/, /rollout status/] },
  MetricMissing: { on: "decision", says: [/cannot be seen/, /when the query yields samples again/] },
  DemandCollapsed: { on: "decision", says: [/outage of the workload/, /as forecast.*for 10m/] },
  OutageRecovery: { on: "decision", says: [/only just come back/, /10m of samples/] },
  Fallback: { on: "decision", says: [/set aside for such times/, /spec\.fallback\.replicas/] },
  Paused: { on: "decision", says: [/has paused the scaler with an annotation/, /kubectl psc resume/] },
  AnotherAutoscaler: { on: "decision", says: [/HorizontalPodAutoscaler scales the same target/, /Delete the HPA/] },
  AnotherScaler: { on: "decision", says: [/older PredictiveScaler has the same target/, /Delete one of the two/] },
  ChangedByOther: { on: "decision", says: [/after this scaler had set them/, /docs\/gitops\.md/] },
  ScalingDisabled: { on: "decision", says: [/switched off/, /at least 1 replica/] },
  HistoryLoading: { on: "condition", says: [/still being read/, /ends by itself/] },
  NoData: { on: "condition", says: [/yields nothing at all/, /Run the query in Prometheus/] },
  HistoryTooShort: { on: "condition", says: [/not been recorded for long enough/, /ends by itself as history grows/] },
  MetricStale: { on: "condition", says: [/no new sample/, /still scraped/] },
  QueryRejected: { on: "condition", says: [/refuses the query/, /Correct metric\.query/] },
  QueryAmbiguous: { on: "condition", says: [/several series where one number is needed/, /sum\(\)/] },
  PrometheusUnreachable: { on: "condition", says: [/Prometheus does not answer/, /Check that Prometheus runs/] },
  OutlierIgnored: { on: "condition", says: [/learned only a part of it/, /Look at the metric/] },
  LevelShiftFollowed: { on: "condition", says: [/moved to another level/, /Nothing, if the change is real/] },
  ValueStuck: { on: "condition", says: [/exactly the same value/, /dead exporter/] },
  AccuracyBelowGate: { on: "condition", says: [/worse for hours than assuming/, /gets control back/] },
  InvalidSpec: { on: "condition", says: [/manifest has mistakes/, /validate/] },
  TargetNotFound: { on: "condition", says: [/does not exist/, /scaleTargetRef/] },
  TargetNotScalable: { on: "condition", says: [/cannot be scaled/, /Point scaleTargetRef/] },
  OutputNotFound: { on: "condition", says: [/HorizontalPodAutoscaler .* does not exist/, /correct spec\.output/] },
  OutputMismatch: { on: "condition", says: [/one of another workload/, /scaleTargetRef is the scaler's own/] },
  OutputTaken: { on: "condition", says: [/the other one keeps its floor/, /Delete one of the two/] },
  Forbidden: { on: "condition", says: [/lacks a permission/, /ClusterRole/] },
  Conflict: { on: "condition", says: [/Somebody else changed/, /who else scales/] },
  FailedGetScale: { on: "condition", says: [/could not be read/, /tried again/] },
  FailedUpdateScale: { on: "condition", says: [/could not be written/, /tried again/] },
  KubernetesUnreachable: { on: "condition", says: [/API server does not answer/, /network/] },
  KubernetesRejected: { on: "condition", says: [/refuses the request/, /quota/] },
  HeadroomUnsupported: { on: "condition", says: [/No placeholder pods can be made/, /containers requests/] },
  HeadroomRefused: { on: "condition", says: [/refuses the placeholder pods/, /PriorityClass/] },
  NotLeader: { on: "condition", says: [/another one leads/, /takes over/] },
  OperatorRemoved: { on: "condition", says: [/was uninstalled/, /Install the operator again, or delete the scaler/] },
  InternalError: { on: "condition", says: [/bug of its own/, /Report it/] },
  AsExpected: { on: "well", says: [] },
  HeadroomKept: { on: "well", says: [] },
  ModelFitted: { on: "well", says: [] },
  SamplesReceived: { on: "well", says: [] },
  ReadyForNewScale: { on: "well", says: [] },
  NotPaused: { on: "well", says: [] },
  NoConflict: { on: "well", says: [] },
  DesiredWithinRange: { on: "well", says: [] },
};

test("no word of the vocabulary is left out here", () => {
  expect(Object.keys(EXPECTED).toSorted()).toEqual([...REASONS].toSorted());
});

test.each(REASONS)("%s is explained in words of its own, with what to do or what would change it", (reason) => {
  const { on, says } = EXPECTED[reason];
  const isCondition = on !== "decision";
  const condition = { type: "AbleToScale", status: on === "well" ? "True" : "False", reason, message: "" } as const;
  const situation = situationOf(isCondition ? { conditions: [condition] } : { decision: decidedBy(reason) });
  const { answer, steps, changes, troubles, isWell } = explain(situation);
  const text = [answer, ...steps.map(({ means }) => means), ...changes.map(({ when }) => when), ...troubles.flatMap(({ means, todo }) => [means, todo])].join("\n");
  for (const pattern of says) expect(text).toMatch(pattern);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(isWell).toBe(on !== "condition");
  expect(troubles).toHaveLength(on === "condition" ? 1 : 0);
});

test("the answer says the number, when, and the cause", () => {
  const decision = decidedBy("ForecastDemand", { message: "Demand is forecast to reach 655 within 20m." });
  expect(explain(situationOf({ decision })).answer).toBe("shop/checkout goes from 8 to 14 replicas, decided at 03:11 (Europe/Berlin). Demand is forecast to reach 655 within 20m.");
});

test("in mode Recommend the answer says what is there and what is recommended", () => {
  const { answer } = explain(situationOf({ spec: specOf({ mode: "Recommend" }), decision: decidedBy("RecommendOnly") }));
  expect(answer).toMatch(/14 replicas recommended at 03:11 .*; the target has 8, and nothing is written in mode Recommend\. Demand is forecast to reach 655/);
});

test("no decision yet: the trouble is the answer", () => {
  const conditions = [{ type: "AbleToScale", status: "False", reason: "TargetNotFound", message: "" }] as const;
  expect(explain(situationOf({ decision: undefined, conditions })).answer).toBe(
    "shop/checkout has made no decision yet. Its target has 8 replicas. The workload that this scaler is for does not exist.",
  );
});

test("the way down: the next number beyond the tolerance, with the demand and the time that it takes", () => {
  const whens = explain(situationOf()).changes.map(({ when }) => when);
  expect(whens.at(-1)).toBe(
    "12 replicas: when the forecast for the next 20m is at most 557 (now 655) and demand itself at most 600 (now 402), for 10m on end (closer numbers are within the tolerance of 10 %).",
  );
});

test.each([
  ["at the maximum", 40, /More than 40: only with a higher maxReplicas/],
  ["at the minimum", 2, /Fewer than 2: only with a lower minReplicas/],
])("%s only the bound gives another number", (_, to, expected) => {
  const changes = explain(situationOf({ decision: decidedBy("ForecastDemand", { to }) })).changes;
  expect(changes.some(({ when }) => expected.test(when))).toBe(true);
});

test("one cause in several conditions is one trouble; a Conflict that is True is one", () => {
  const wrong = (type: "Ready" | "MetricAvailable" | "Forecasting") => ({ type, status: "False", reason: "NoData", message: "no series" }) as const;
  const { troubles } = explain(situationOf({ conditions: [wrong("Ready"), wrong("MetricAvailable"), wrong("Forecasting")] }));
  expect(troubles.map(({ type, reason }) => [type, reason])).toEqual([["MetricAvailable", "NoData"]]);
});

test("an old decision is named by its date", () => {
  const decision = { ...decidedBy("ForecastDemand"), timeMs: NOW_MS - 20 * 86_400_000 };
  expect(explain(situationOf({ decision })).answer).toContain("decided at 10 Feb 03:12");
});

test("a margin that is not known, as in a status, is not told as a number", () => {
  for (const point of [655, 390]) {
    const { changes } = explain(situationOf({ demand: { kind: "calibrated", now: 402, point, spare: NaN, raw: NaN } }));
    const said = changes.map(({ when }) => when).join("\n");
    expect(said).not.toMatch(/unknown|NaN/);
    expect(said).toMatch(/15 replicas: as soon as the forecast for 20m with its margin is above 700, or demand itself is \(now 402\)/);
  }
});

test("placeholder pods that are in place are told with what is coming; those that cannot be made are a trouble", () => {
  const message = "7 placeholder pods, 5 of them in place, for the 14 replicas that are needed within 50m.";
  const kept = explain(situationOf({ conditions: [{ type: "NodeHeadroom", status: "True", reason: "HeadroomKept", message }] }));
  expect([kept.coming, kept.isWell]).toEqual([[message], true]);
  const refused = explain(situationOf({ conditions: [{ type: "NodeHeadroom", status: "False", reason: "HeadroomRefused", message: "No." }] }));
  expect([refused.coming, refused.isWell]).toEqual([[], false]);
});
