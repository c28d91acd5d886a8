// One implementation: what an operator said over days that it lived through is what a replay of the same samples says, step by step and to the last bit.
// Where a step may differ: while samples could not be read the operator decided without them. Once they are read, its line is as if they had come in time.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createClock } from "../../src/clock.ts";
import { newLine } from "../../src/controller/index.ts";
import type { Plan } from "../../src/controller/index.ts";
import type { Track } from "../../src/controller/track.ts";
import type { Applied, Decision, GateState, Line, LineDemand } from "../../src/decision/index.ts";
import { createPrometheusClient } from "../../src/prometheus/index.ts";
import { replayLine } from "../../src/replay/index.ts";
import { gridFor, regularize } from "../../src/series/index.ts";
import type { Series } from "../../src/series/index.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { DAY_MS, demandAt, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
const STEP_MS = 15 * MINUTE_MS;
const BEGIN_MS = START_MS + 20 * DAY_MS + 3 * HOUR_MS;
const LIVED_MS = 9 * DAY_MS;
/** No samples for three hours on the second day; Prometheus away for two on the third; a level that is higher from the fifth on. */
const GAP_MS = BEGIN_MS + DAY_MS;
const OUTAGE_MS = BEGIN_MS + 2 * DAY_MS;
const HIGHER_MS = BEGIN_MS + 4 * DAY_MS;
const lived = (t: number) => (t > GAP_MS && t < GAP_MS + 3 * HOUR_MS ? undefined : demandAt(t) * (t > HIGHER_MS ? 1.3 : 1));

interface Said {
  readonly demand: LineDemand;
  readonly gate: GateState;
}

/** The time of one model, from the sample after its history on. */
interface Term {
  readonly plan: Plan;
  readonly untilMs: number;
  /** The control that it took over. */
  readonly before: GateState | undefined;
  readonly track: Track;
  /** By slot: what was at the target, and what was said once the slot was in. */
  readonly applied: Map<number, Applied | undefined>;
  readonly said: Map<number, Said>;
}

let operator: Operator;
const terms: Term[] = [];
/** By slot: the decision of the first pass that had it. */
const decisions = new Map<number, Decision>();

/** Writes down what the track that serves now takes and says. */
function listen(): void {
  const memory = operator.memory();
  const last = terms.at(-1);
  if (memory === undefined || memory.model.kind !== "fitted" || memory.track === last?.track) return;
  const { track, plan } = memory;
  const term: Term = { plan, untilMs: track.settledMs, before: last?.track.gate(), track, applied: new Map(), said: new Map() };
  const take = track.take.bind(track);
  track.take = (series, applied) => {
    const newestMs = series.startMs + (series.values.length - 1) * STEP_MS;
    if (newestMs > track.liveMs) term.applied.set(newestMs, applied);
    take(series, applied);
    if (!term.said.has(track.liveMs)) term.said.set(track.liveMs, { demand: track.demand(), gate: track.gate() });
  };
  terms.push(term);
}

async function live(): Promise<void> {
  const { clock } = operator;
  let isOut = false;
  while (clock.nowMs() < BEGIN_MS + LIVED_MS) {
    const outcome = await operator.pass();
    const memory = operator.memory();
    const slotMs = memory?.track.liveMs ?? NaN;
    if (memory?.lastDecision !== undefined && !decisions.has(slotMs)) decisions.set(slotMs, memory.lastDecision);
    await vi.waitUntil(() => operator.memory()?.isLearning === false, { interval: 1, timeout: 20_000 });
    listen();
    if (!("kind" in outcome) || outcome.kind !== "again") throw new Error(JSON.stringify(outcome));
    await clock.advance(outcome.afterMs);
    if (!isOut && clock.nowMs() > OUTAGE_MS) operator.prometheus.failNext({ fault: 400, times: 8 });
    isOut = clock.nowMs() > OUTAGE_MS;
  }
}

/** The samples as anybody reads them afterwards. */
async function samplesOf({ plan, untilMs, said }: Term): Promise<{ readonly trace: Series; readonly split: number }> {
  const { length, startMs } = gridFor({ endMs: untilMs, historyMs: plan.historyMs, stepMs: STEP_MS });
  const endMs = Math.max(...said.keys());
  const client = createPrometheusClient({ url: operator.prometheus.url, clock: createClock(), random: () => 0 });
  const { samples } = await client.queryRange({ query: plan.query, startMs, endMs, stepMs: STEP_MS }, new AbortController().signal);
  client.close();
  return { trace: regularize(samples, { startMs, stepMs: STEP_MS, length: (endMs - startMs) / STEP_MS + 1 }), split: length };
}

/** What the replay says at each slot after the history, and the replicas that it asks for. */
async function replayed(term: Term): Promise<ReadonlyMap<number, Said & { readonly wanted: number }>> {
  const { trace, split } = await samplesOf(term);
  const line = newLine(term.plan.model);
  const said = new Map<number, Said>();
  const told: Line = {
    ...line,
    observe(timeMs, value, applied) {
      if (timeMs === term.untilMs + STEP_MS && term.before !== undefined) line.inherit(term.before);
      line.observe(timeMs, value, applied);
      said.set(timeMs, { demand: line.demand(), gate: line.gate() });
    },
  };
  const timeOf = (step: number) => trace.startMs + step * STEP_MS;
  const course = replayLine({ line: told, trace, split, readyDelayMs: 10 * MINUTE_MS, applied: (step) => term.applied.get(timeOf(step)) });
  expect(course.isFitted).toBe(true);
  return new Map([...said].map(([timeMs, one]) => [timeMs, { ...one, wanted: course.wanted[(timeMs - trace.startMs) / STEP_MS] ?? NaN }]));
}

beforeAll(async () => {
  const metric = { query: "sum(demand)", targetPerReplica: "50", step: "15m" };
  operator = await startOperator({ startMs: BEGIN_MS, value: lived, spec: { metric, forecast: { leadTime: "30m", history: "14d" } } });
  await live();
}, 120_000);
afterAll(() => operator.close());

test("what was lived through: a gap, an outage, a refit that serves, raises and removals", () => {
  expect(terms.length).toBeGreaterThanOrEqual(2);
  const kinds = new Set([...decisions.values()].map(({ from, to }) => Math.sign(to - from)));
  expect(kinds).toEqual(new Set([-1, 0, 1]));
  const said = terms.flatMap((term) => [...term.said.values()]);
  expect(said.filter(({ demand }) => !demand.present).length).toBeGreaterThanOrEqual(11);
  expect(said.filter(({ demand }) => demand.kind === "missing").length).toBeGreaterThanOrEqual(8);
  const applied = terms.flatMap((term) => [...term.applied.values()]);
  expect(applied.filter((one) => one?.ownThroughout === true).length).toBeGreaterThan(applied.length / 4);
});

test("each step's demand, margin and control are those of the replay", async () => {
  let steps = 0;
  for (const term of terms) {
    const said = await replayed(term);
    for (const [timeMs, lived] of term.said) {
      const { demand, gate } = said.get(timeMs) ?? {};
      expect({ timeMs, demand, gate }).toEqual({ timeMs, ...lived });
      steps++;
    }
  }
  // All but the eight that could not be read, and the overlap of each model with the one before.
  expect(steps).toBeGreaterThan(LIVED_MS / STEP_MS - 8 - 2 * terms.length);
});

test("each decision goes to the replicas that the replay asks for, or a rule says why not yet", async () => {
  const later = new Set(["scaleUpPolicy", "scaleDownPolicy", "restartGuard", "rolloutGuard", "outageGuard", "missingMetric"]);
  let same = 0;
  const others: object[] = [];
  for (const term of terms) {
    const said = await replayed(term);
    for (const timeMs of term.said.keys()) {
      const decision = decisions.get(timeMs);
      if (decision === undefined) continue;
      const wanted = said.get(timeMs)?.wanted;
      if (decision.to === wanted) same++;
      else others.push({ timeMs, wanted, decision, isExplained: decision.trace.some(({ rule }) => later.has(rule)) });
    }
  }
  for (const one of others) expect(one).toMatchObject({ isExplained: true });
  expect(others.length).toBeLessThan((same + others.length) / 10);
});
