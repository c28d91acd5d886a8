// What to do for one scaler: the specification in the words of the rooms. Pure; the same specification gives the same plan.
import { scheduleClock } from "../api/index.ts";
import type { HolidayRule, Output, Scaler, ScalerSpec, ScaleTargetRef, Schedule } from "../api/index.ts";
import { FIRST_LEAD_MS, isClimbLimited } from "../decision/index.ts";
import type { DemandSettings, Policy, ScheduledBounds } from "../decision/index.ts";
import type { ForecastSettings, Holidays } from "../forecast/index.ts";
import { calendarSettings, eventFloors, multipliedEvents } from "./calendar.ts";
import type { RangeQuery } from "../prometheus/index.ts";

/** A limited climb begins at most so long before its need, ms. */
const CLIMB_MS = 2 * 3_600_000;

/** The horizon that is always exported, ms: dashboards lay it over the demand of now. */
export const EXPORTED_HORIZON_MS = 20 * 60_000;

/** Settings of forecaster and demand rule without the zone's clock: what travels to the worker. */
export interface ModelSettings {
  readonly timeZone: string;
  /** Which holidays count as another weekday. */
  readonly holidayRule?: HolidayRule | undefined;
  /** Their days, found out before a model is learned; none until then. */
  readonly holidays?: Holidays | undefined;
  readonly forecast: Omit<ForecastSettings, "localClock">;
  readonly demand: Omit<DemandSettings, "localClock">;
}

export interface Plan {
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly target: ScaleTargetRef;
  /** Where the number that is decided on goes. */
  readonly output: Output;
  readonly query: string;
  /** Another server than the operator's own, or another way to ask it. */
  readonly source: RangeQuery["source"];
  readonly stepMs: number;
  readonly historyMs: number;
  readonly leadMs: number;
  /** Whether the lead follows the observed time to Ready. */
  readonly isLeadLearned: boolean;
  /** Share of the time in which ready capacity is to cover demand. */
  readonly serviceLevel: number;
  /** In [0, 1), the same for the scaler's life: spreads what many scalers do over time. */
  readonly place: number;
  readonly targetPerReplica: number;
  readonly model: ModelSettings;
  /** A model serves as long as this is the same. */
  readonly modelKey: string;
  readonly policy: Policy;
  readonly nodeHeadroom: ScalerSpec["nodeHeadroom"];
}

/** `learnedLeadMs` is the lead where the specification leaves it to what is learned. */
export function planFor(scaler: Scaler, learnedLeadMs = FIRST_LEAD_MS): Plan {
  const { spec } = scaler;
  const { stepMs, query, targetPerReplica, prometheus } = spec.metric;
  const { leadTimeMs } = spec.forecast;
  const isLeadLearned = leadTimeMs === "Auto";
  const leadMs = isLeadLearned ? Math.max(stepMs, learnedLeadMs) : leadTimeMs;
  const steps = (ms: number) => Math.max(1, Math.round(ms / stepMs));
  const leadSteps = steps(leadMs);
  const exportedSteps = steps(EXPORTED_HORIZON_MS);
  const model: ModelSettings = {
    timeZone: spec.forecast.timeZone,
    holidayRule: spec.forecast.calendar.holidays,
    forecast: {
      ...calendarSettings(spec.forecast.calendar),
      stepMs,
      leadSteps: exportedSteps === leadSteps ? [leadSteps] : [leadSteps, exportedSteps],
      day: spec.forecast.seasons.includes("Day"),
      week: spec.forecast.seasons.includes("Week"),
    },
    demand: {
      stepMs,
      leadSteps,
      stabilizationSteps: Math.round((spec.behavior.scaleDown.stabilizationWindowSeconds * 1000) / stepMs),
      scaleDownTolerance: spec.behavior.scaleDown.tolerance,
      targetPerReplica,
      budget: 1 - spec.forecast.serviceLevel,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicasCeiling ?? spec.maxReplicas,
      aheadSteps: isClimbLimited(spec.behavior.scaleUp, stepMs, spec.minReplicas, spec.maxReplicasCeiling ?? spec.maxReplicas) ? steps(CLIMB_MS) : undefined,
    },
  };
  return {
    key: `${scaler.namespace}/${scaler.name}`,
    namespace: scaler.namespace,
    name: scaler.name,
    uid: scaler.uid,
    generation: scaler.generation,
    target: spec.scaleTargetRef,
    output: spec.output,
    query,
    source: prometheus === undefined ? undefined : { namespace: scaler.namespace, access: prometheus },
    stepMs,
    historyMs: spec.forecast.historyMs,
    leadMs,
    isLeadLearned,
    serviceLevel: spec.forecast.serviceLevel,
    place: placeOf(scaler.uid),
    targetPerReplica,
    model,
    modelKey: JSON.stringify([query, prometheus, spec.forecast.historyMs, model]),
    policy: {
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      maxReplicasCeiling: spec.maxReplicasCeiling,
      mode: spec.mode,
      scaleUp: spec.behavior.scaleUp,
      scaleDown: spec.behavior.scaleDown,
      fallback: spec.fallback,
      schedules: spec.schedules.map(scheduledBounds),
      eventFloors: eventFloors(spec.forecast.calendar, leadMs + stepMs),
      multipliedEvents: multipliedEvents(spec.forecast.calendar),
    },
    nodeHeadroom: spec.nodeHeadroom,
  };
}

function scheduledBounds({ name, minReplicas, maxReplicas, ...times }: Schedule): ScheduledBounds {
  return { name, minReplicas, maxReplicas, clock: scheduleClock(times) };
}

/** A number in [0, 1) that depends on the text alone: FNV-1a, its bits mixed as murmur3 ends, because texts that differ late differ little before. */
function placeOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
