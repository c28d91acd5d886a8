// Every feature at once: random manifests, from the parse to the decision, over random demand with gaps, a target in motion, pauses and conflicts.
// What holds in spite of all: bounds, holds on what is missing, directions that are closed, and the same again from the same.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseScaler } from "../../src/api/index.ts";
import { learnModel, newLine } from "../../src/controller/model.ts";
import { planFor } from "../../src/controller/plan.ts";
import type { Plan } from "../../src/controller/plan.ts";
import { ceilingAt, decide, floorAt, remember, startHistory } from "../../src/decision/index.ts";
import type { Decision, DecisionInput, Policy } from "../../src/decision/index.ts";
import { DAY_MS, MONDAY_MS, uniform } from "../forecast/series.ts";

const HISTORY_DAYS = 2;
const STEPS = 240;

const direction = (windows: readonly number[]) =>
  fc.record(
    {
      stabilizationWindowSeconds: fc.constantFrom(...windows),
      selectPolicy: fc.constantFrom("Max", "Max", "Min", "Disabled"),
      policies: fc.array(
        fc.record({ type: fc.constantFrom("Pods", "Percent"), value: fc.integer({ min: 1, max: 100 }), periodSeconds: fc.integer({ min: 15, max: 1800 }) }),
        { minLength: 1, maxLength: 3 },
      ),
      tolerance: fc.constantFrom("0", "0.1"),
    },
    { requiredKeys: [] },
  );

const time = (day: number) => new Date(MONDAY_MS + day * DAY_MS).toISOString().replace(".000", "");
const event = (i: number) =>
  fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean(), fc.integer({ min: 1, max: 12 })).map(([day, isFloor, size]) => {
    const times = { name: `e${i}`, start: time(day), end: time(day + 0.5) };
    return isFloor ? { ...times, floorReplicas: size } : { ...times, multiplier: String(size / 4) };
  });
const schedule = (i: number) =>
  fc.tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom("1h", "10h"), fc.boolean(), fc.constantFrom("UTC", "Australia/Lord_Howe")).map(
    ([hour, duration, isFloor, timeZone]) => ({
      name: `s${i}`, cron: `30 ${hour} * * *`, duration, timeZone, ...(isFloor ? { minReplicas: 12 } : { maxReplicas: 12 }),
    }),
  );

const spec = fc
  .record({
    minReplicas: fc.integer({ min: 1, max: 8 }),
    maxReplicas: fc.integer({ min: 12, max: 40 }),
    raise: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
    mode: fc.constantFrom("Active", "Active", "ScaleOutOnly", "Recommend"),
    step: fc.constantFrom("10m", "15m", "30m", "30m"),
    leadTime: fc.constantFrom("Auto", "30m", "2h"),
    serviceLevel: fc.constantFrom("90%", "99%", "99.9%"),
    seasons: fc.constantFrom(["Day", "Week"], ["Day"], []),
    timeZone: fc.constantFrom("UTC", "Europe/Berlin"),
    events: fc.tuple(event(1), event(2)),
    schedules: fc.tuple(schedule(1), schedule(2)),
    up: direction([0, 0, 600]),
    down: direction([0, 600, 3600]),
    fallback: fc.option(fc.record({ replicas: fc.integer({ min: 1, max: 12 }), after: fc.constantFrom("1m", "2h") }), { nil: undefined }),
    output: fc.constantFrom({ type: "Scale" }, { type: "HorizontalPodAutoscaler", horizontalPodAutoscaler: { name: "web" } }, { type: "External" }),
  })
  .map(({ raise, step, events, schedules, up, down, leadTime, serviceLevel, seasons, timeZone, fallback, ...rest }) => ({
    ...rest,
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    metric: { query: "sum(rate(requests[2m]))", targetPerReplica: "50", step },
    forecast: { leadTime, serviceLevel, seasons, timeZone, calendar: { events, exclude: [{ start: time(1), end: time(1.1) }] } },
    schedules,
    behavior: { scaleUp: up, scaleDown: down },
    nodeHeadroom: {},
    ...(fallback === undefined ? {} : { fallback }),
    ...(raise === undefined ? {} : { maxCapacityBreach: "Raise", maxReplicasCeiling: rest.maxReplicas + raise }),
  }));

function planOf(given: object): Plan {
  const parsed = parseScaler({ apiVersion: "predictivescaler.io/v1alpha1", kind: "PredictiveScaler", metadata: { name: "web", uid: "u" }, spec: given });
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return planFor(parsed.scaler);
}

/** Demand of a day's wave with jumps, collapses and gaps. */
function demandOf(next: () => number, length: number, stepMs: number): Float64Array {
  let [level, gap] = [1, 0];
  return Float64Array.from({ length }, (_, i) => {
    if (next() < 0.01) level = [0.02, 0.4, 1, 1, 2.5][Math.floor(5 * next())]!;
    gap = gap > 0 ? gap - 1 : next() < 0.02 ? Math.floor(12 * next()) : 0;
    const wave = 600 + 400 * Math.sin((2 * Math.PI * i * stepMs) / DAY_MS);
    return gap > 0 ? NaN : Math.max(0, wave * level * (0.9 + 0.2 * next()));
  });
}

interface Moment {
  readonly input: DecisionInput;
  readonly decision: Decision;
}

/** A life of `STEPS` steps after some history; `check` sees each moment. */
function live(plan: Plan, seed: number, check: (moment: Moment) => void): Decision[] {
  const next = uniform(seed);
  const { stepMs, policy: asked } = plan;
  const learned = Math.round((HISTORY_DAYS * DAY_MS) / stepMs);
  const values = demandOf(next, learned + STEPS, stepMs);
  const line = newLine(plan.model);
  line.importState(learnModel({ settings: plan.model, history: { startMs: MONDAY_MS, stepMs, values: values.slice(0, learned) } }).state);
  const autoscaler = plan.output.type === "HorizontalPodAutoscaler" ? { name: "HorizontalPodAutoscaler web", minReplicas: 2, maxReplicas: 30 } : undefined;
  const policy: Policy = autoscaler === undefined ? asked : { ...asked, autoscaler };
  let current = 1 + Math.floor(20 * next());
  let [history, lastSampleMs, hold] = [startHistory(MONDAY_MS + learned * stepMs, current), NaN, 0];
  return Array.from(values.subarray(learned), (value, i) => {
    const slotMs = MONDAY_MS + (learned + i) * stepMs;
    const nowMs = slotMs + 20_000;
    line.observe(slotMs, value, { readyReplicas: current, ownThroughout: next() < 0.5 });
    if (!Number.isNaN(value)) lastSampleMs = slotMs;
    hold = hold > 0 ? hold - 1 : next() < 0.03 ? Math.floor(8 * next()) : 0;
    const kind = hold > 0 ? Math.floor(4 * next()) : -1;
    const input: DecisionInput = {
      nowMs, lastSampleMs, policy, history,
      demand: { ...line.demand(), ahead: line.ahead() },
      expectedAtMost: next() < 0.5 ? NaN : 1000,
      missingBecause: next() < 0.05 ? "Prometheus does not answer." : undefined,
      target: { replicas: current, ready: next() < 0.1 ? NaN : Math.floor(current * next() * 2) % (current + 1), isRollingOut: next() < 0.05 },
      pause: kind === 0 || kind === 1 ? { scaleIn: true, scaleOut: kind === 1, sentence: "It is paused." } : undefined,
      conflict: kind === 2 ? { reason: "ChangedByOther", sentence: "Somebody else scales it." } : undefined,
    };
    const decision = decide(input);
    check({ input, decision });
    history = remember(history, decision, { nowMs, policy, isMissing: input.missingBecause !== undefined });
    if (decision.kind === "scale") current = decision.to;
    if (next() < 0.01) current = Math.floor(50 * next());
    return decision;
  });
}

/** What is wrong with a decision. */
function wrongWith({ input, decision }: Moment): string[] {
  const { policy, nowMs, pause, conflict, demand, target } = input;
  const { from, to, trace } = decision;
  const wrong: string[] = [];
  const expectThat = (isRight: boolean, law: string) => {
    if (!isRight) wrong.push(`${law}: ${JSON.stringify(decision)}`);
  };
  const [floor, ceiling] = [floorAt(policy, nowMs).replicas, ceilingAt(policy, nowMs).replicas];
  expectThat(Number.isInteger(to), "a whole number");
  for (const { message } of trace) expectThat(!/NaN|undefined|Infinity/.test(message), "a sentence");
  const isMissing = demand.kind === "missing" || !demand.present || input.missingBecause !== undefined;
  if (target.replicas === 0) expectThat(to === 0, "what is off is left alone");
  else if (isMissing) expectThat(to >= Math.min(from, ceiling), "nothing is lowered on what is missing");
  if (target.replicas === 0 || policy.mode === "Recommend") return wrong;
  if (pause?.scaleIn === true || conflict !== undefined) expectThat(to >= from, "not lowered");
  if (pause?.scaleOut === true || conflict !== undefined) expectThat(to <= from, "not raised");
  if (pause !== undefined || conflict !== undefined) return wrong;
  expectThat(to >= floor, `at least ${floor}`);
  expectThat(to <= (policy.mode === "ScaleOutOnly" ? Math.max(from, ceiling) : ceiling), `at most ${ceiling}`);
  return wrong;
}

test("bounds, holds and closed directions hold for every manifest, and the same life gives the same decisions", () => {
  const reasons = new Set<string>();
  fc.assert(
    fc.property(spec, fc.integer({ min: 1, max: 1e9 }), (given, seed) => {
      const plan = planOf(given);
      const wrong: string[] = [];
      const first = live(plan, seed, (moment) => {
        wrong.push(...wrongWith(moment));
        for (const { reason } of moment.decision.trace) reasons.add(reason);
      });
      expect(wrong).toEqual([]);
      expect(JSON.stringify(live(planOf(given), seed, () => {}))).toBe(JSON.stringify(first));
    }),
    { seed: 21, numRuns: 20, endOnFailure: true },
  );
  // The lives have seen what they are for.
  for (const reason of ["ForecastDemand", "StaggeredScaleUp", "RaisedAboveMax", "TooManyReplicas", "TooFewReplicas", "Fallback", "MetricMissing"]) expect(reasons).toContain(reason);
  for (const reason of ["OutageRecovery", "DemandCollapsed", "RolloutInProgress", "Paused", "ChangedByOther", "ScaleUpLimit", "ScaleDownLimit"]) expect(reasons).toContain(reason);
});
