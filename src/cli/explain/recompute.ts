// The journal that the operator would have kept, computed anew from Prometheus with the operator's own line and rules.
// Ready replicas of the past are not in Prometheus: they stay unknown, and so do times of shortage.
import type { Journal, JournalEvent, Slot } from "../../advice/index.ts";
import type { Scaler } from "../../api/index.ts";
import { newLine, planFor } from "../../controller/index.ts";
import { decide, startHistory, withinBounds } from "../../decision/index.ts";
import type { Decision, DecisionInput, Policy } from "../../decision/index.ts";
import { lastPresentMs } from "../../series/index.ts";
import type { Series } from "../../series/index.ts";
import { holidaysOver } from "../backtest/holidays-over.ts";

const DAY_MS = 24 * 3_600_000;
const LEAST_SLOT_MS = 5 * 60_000;
/** Steps between two times at which the event loop is let go. */
const SLICE = 2_000;

/** Walks the line over `history` and tells its last day. `current`: replicas of the target, NaN if not known. */
export async function recompute(scaler: Scaler, history: Series, current: number, nowMs: number, pause: () => Promise<void>): Promise<Journal> {
  const { startMs, stepMs, values } = history;
  const plan = planFor({ ...scaler, spec: { ...scaler.spec, metric: { ...scaler.spec.metric, stepMs } } });
  const { minReplicas, mode } = plan.policy;
  const { maxReplicas } = plan.model.demand;
  const line = newLine({ ...plan.model, holidays: await holidaysOver(scaler, history) });
  const isFitted = line.forecaster.fit(history).kind === "fitted";
  const leadSteps = plan.model.forecast.leadSteps[0] ?? 1;
  const slotMs = Math.ceil(LEAST_SLOT_MS / stepMs) * stepMs;
  const slots = new Map<number, Slot>();
  const events: JournalEvent[] = [];
  const ahead = new Float64Array(values.length + leadSteps).fill(NaN);
  let asked = NaN;
  for (let i = 0; i < values.length; i++) {
    const timeMs = startMs + i * stepMs;
    line.observe(timeMs, values[i] ?? NaN);
    if (isFitted) ahead[i + leadSteps] = line.forecaster.forecast(leadSteps);
    if (i % SLICE === 0) await pause();
    const { kind, raw, wanted } = line.demand();
    const to = kind === "missing" ? asked : withinBounds(plan.policy, wanted, timeMs);
    if (timeMs > nowMs - DAY_MS) {
      const limitedBy = kind !== "missing" && wanted > to ? "TooManyReplicas" : undefined;
      if (to !== asked && !Number.isNaN(asked)) events.push({ kind: "asked", timeMs, from: asked, to, reason: "ForecastDemand", limitedBy });
      const begin = Math.floor(timeMs / slotMs) * slotMs;
      const seen = { demand: values[i] ?? NaN, forecast: ahead[i] ?? NaN, raw: kind === "missing" ? NaN : raw, asked: to, limitedBy } as const;
      slots.set(begin, merged(slots.get(begin), { timeMs: begin, ready: NaN, shortSeconds: 0, reason: undefined, ...seen }));
    }
    asked = to;
  }
  const demand = line.demand();
  const decision = decisionAt(demand, plan.policy, Number.isNaN(current) ? asked : current, lastPresentMs(history) ?? NaN, nowMs);
  return {
    namespace: scaler.namespace,
    name: scaler.name,
    nowMs,
    timeZone: plan.model.timeZone,
    mode,
    leadMs: plan.leadMs,
    slotMs,
    targetPerReplica: plan.targetPerReplica,
    minReplicas,
    maxReplicas,
    serviceLevel: plan.serviceLevel,
    decision,
    demand: { kind: demand.kind, now: demand.now, point: demand.point, spare: demand.margin * demand.scale, raw: demand.raw },
    slots: [...slots.values()],
    events,
    traces: [],
  };
}

/** What the rules would say now of a scaler that has been watched for a day. */
function decisionAt(demand: DecisionInput["demand"], policy: Policy, replicas: number, lastSampleMs: number, nowMs: number): Decision {
  const target = { replicas, ready: NaN, isRollingOut: false };
  return decide({
    nowMs,
    demand,
    lastSampleMs,
    missingBecause: undefined,
    expectedAtMost: NaN,
    target,
    policy,
    history: startHistory(nowMs - DAY_MS, replicas),
  });
}

function merged(before: Slot | undefined, slot: Slot): Slot {
  if (before === undefined) return slot;
  const larger = (a: number, b: number) => (Number.isNaN(a) || b > a ? b : a);
  return {
    ...slot,
    demand: larger(before.demand, slot.demand),
    forecast: larger(before.forecast, slot.forecast),
    raw: larger(before.raw, slot.raw),
    limitedBy: slot.limitedBy ?? before.limitedBy,
  };
}
