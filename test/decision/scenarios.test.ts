// Every scenario of scenarios/*.txt plays as it is written, and together they show every reason.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DecisionReason } from "../../src/decision/index.ts";
import { parseScenarios, playScenario, reasonsNamed } from "./scenario.ts";

const folder = new URL("./scenarios/", import.meta.url);
const files = readdirSync(folder)
  .sort()
  .map((name) => ({ name, scenarios: parseScenarios(readFileSync(new URL(name, folder), "utf8")) }));

const every = files.flatMap(({ name, scenarios }) => scenarios.map((scenario) => [name, scenario.title, scenario] as const));

test.each(every)("%s: %s", (_name, _title, scenario) => {
  expect(playScenario(scenario)).toEqual([]);
});

const EVERY_REASON: Record<DecisionReason, true> = {
  ForecastDemand: true,
  CurrentDemand: true,
  DemandAboveForecast: true,
  WithinTolerance: true,
  StaggeredScaleUp: true,
  ScaleUpLimit: true,
  ScaleUpStabilized: true,
  ScaleDownLimit: true,
  ScaleDownStabilized: true,
  ScaleUpDisabled: true,
  ScaleDownDisabled: true,
  TooManyReplicas: true,
  RaisedAboveMax: true,
  TooFewReplicas: true,
  RecommendOnly: true,
  ScaleOutOnly: true,
  RestartGuard: true,
  RolloutInProgress: true,
  MetricMissing: true,
  OutageRecovery: true,
  DemandCollapsed: true,
  Fallback: true,
  Paused: true,
  AnotherAutoscaler: true,
  AnotherScaler: true,
  ChangedByOther: true,
  ScalingDisabled: true,
  NothingToDo: true,
};

test("every reason appears in a scenario", () => {
  const named = new Set(files.flatMap(({ scenarios }) => scenarios.flatMap(reasonsNamed)));
  expect(Object.keys(EVERY_REASON).filter((reason) => !named.has(reason))).toEqual([]);
  expect([...named].filter((reason) => !(reason in EVERY_REASON))).toEqual([]);
});

test("a scenario that is wrong says so", () => {
  const [scenario] = parseScenarios(
    "# wrong\nevery 1m policy target=100\nstart 2\nobserved 200x3\nreplicas 2x2 3\nbecause ScaleUpLimit at 1m\nsays 0m nothing like it",
  );
  const problems = scenario === undefined ? [] : playScenario(scenario);
  expect(problems.map((problem) => problem.split(":")[0])).toEqual(["replicas", "ScaleUpLimit", "says at 0m"]);
});
