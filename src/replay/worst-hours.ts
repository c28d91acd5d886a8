// The hours in which most was overloaded, each with why: what can be said of it from the course alone.
// Invariant: a reason compares the worst step with what was known one lead before it, never with what came later.
import type { LocalClock } from "../forecast/index.ts";
import type { Course } from "./course.ts";

/** Why an hour was overloaded; the first that holds, in this order. */
export type WorstReason =
  /** More replicas were needed than maxReplicas allows. */
  | { readonly kind: "atMaxReplicas"; readonly needed: number; readonly maxReplicas: number }
  /** At least half of the samples of the lead before were missing. */
  | { readonly kind: "samplesMissing"; readonly missing: number; readonly of: number }
  /** Replicas enough were asked for a lead before, but take longer than that to become Ready. */
  | { readonly kind: "notReadyYet"; readonly asked: number }
  /** Demand was above all that had been seen until a lead before. */
  | { readonly kind: "newLevel"; readonly highest: number }
  /** Demand was above all that earlier days had in this hour. */
  | { readonly kind: "firstOccurrence"; readonly highest: number; readonly days: number }
  /** Demand was above the forecast's 95 % bound. */
  | { readonly kind: "roseFaster"; readonly upper: number }
  /** Demand was within the forecast's 95 % bound (NaN: there was none yet); the margin was smaller. */
  | { readonly kind: "marginTooSmall"; readonly upper: number };

export interface WorstHour {
  /** A full hour on the local wall clock, unix ms. */
  readonly startMs: number;
  /** Overloaded steps of the hour, as time. */
  readonly overloadedMs: number;
  /** Demand above ready capacity over the hour's demand, 0..1. */
  readonly unservedShare: number;
  /** The step that lacked most. */
  readonly worstMs: number;
  readonly demand: number;
  /** Made one lead before; NaN if there was none. */
  readonly forecast: number;
  readonly readyReplicas: number;
  readonly neededReplicas: number;
  readonly reason: WorstReason;
}

export interface WorstHoursInput {
  readonly course: Course;
  readonly targetPerReplica: number;
  readonly maxReplicas: number;
  readonly readyDelayMs: number;
  readonly localClock: LocalClock;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST = 10;
/** Demand must be so much above the highest before to be called new, and above earlier days to be called a first occurrence. */
const NEW_LEVEL = 1.02;
const FIRST_OCCURRENCE = 1.15;
/** Days that must have been seen before one can stand out among them. */
const FEWEST_DAYS = 3;

interface Hour {
  readonly startMs: number;
  overloadedSteps: number;
  unserved: number;
  demand: number;
  worst: number;
  worstLack: number;
}

/** At most ten judged hours with an overloaded step: longest overloaded first, then most demand unserved. */
export function worstHours(input: WorstHoursInput): WorstHour[] {
  const { course, targetPerReplica } = input;
  const { trace } = course;
  const hours = overloadedHours(input).sort((a, b) => b.overloadedSteps - a.overloadedSteps || b.unserved - a.unserved || a.startMs - b.startMs);
  return hours.slice(0, MOST).map((hour) => {
    const demand = trace.values[hour.worst] ?? NaN;
    return {
      startMs: hour.startMs,
      overloadedMs: hour.overloadedSteps * trace.stepMs,
      unservedShare: hour.unserved / hour.demand,
      worstMs: trace.startMs + hour.worst * trace.stepMs,
      demand,
      forecast: course.forecast[hour.worst] ?? NaN,
      readyReplicas: course.ready[hour.worst] ?? NaN,
      neededReplicas: Math.ceil(demand / targetPerReplica - 1e-9),
      reason: reasonOf(input, hour.worst),
    };
  });
}

function overloadedHours({ course, targetPerReplica, localClock }: WorstHoursInput): Hour[] {
  const { trace, ready, judgedFrom } = course;
  const hours: Hour[] = [];
  let hour: Hour | undefined;
  for (let i = judgedFrom; i < trace.values.length; i++) {
    const timeMs = trace.startMs + i * trace.stepMs;
    if (hour === undefined || timeMs >= hour.startMs + HOUR_MS) {
      const local = localClock.localMs(timeMs);
      hour = { startMs: timeMs - (local - Math.floor(local / HOUR_MS) * HOUR_MS), overloadedSteps: 0, unserved: 0, demand: 0, worst: i, worstLack: 0 };
      hours.push(hour);
    }
    const y = trace.values[i] ?? NaN;
    if (Number.isNaN(y)) continue;
    hour.demand += y;
    const lack = y - (ready[i] ?? 0) * targetPerReplica;
    if (lack <= 0) continue;
    hour.overloadedSteps++;
    hour.unserved += lack;
    if (lack > hour.worstLack) [hour.worst, hour.worstLack] = [i, lack];
  }
  return hours.filter(({ overloadedSteps }) => overloadedSteps > 0);
}

function reasonOf({ course, targetPerReplica, readyDelayMs, localClock, ...input }: WorstHoursInput, step: number): WorstReason {
  const { trace, leadSteps, wanted, upper } = course;
  const maxReplicas = course.within?.(input.maxReplicas, trace.startMs + step * trace.stepMs) ?? input.maxReplicas;
  const y = trace.values[step] ?? NaN;
  const needed = Math.ceil(y / targetPerReplica - 1e-9);
  if (needed > maxReplicas) return { kind: "atMaxReplicas", needed, maxReplicas };

  const decided = Math.max(0, step - leadSteps); // what is known here is all that a decision in time could know
  let missing = 0;
  for (let i = decided; i < step; i++) if (Number.isNaN(trace.values[i])) missing++;
  const before = step - decided;
  if (missing * 2 >= before && missing > 0) return { kind: "samplesMissing", missing, of: before };

  const asked = wanted[decided] ?? 0;
  if (readyDelayMs > leadSteps * trace.stepMs && asked >= needed) return { kind: "notReadyYet", asked };

  const { highest, highestAtHour, days } = levelsBefore(trace, decided, step, localClock);
  if (y > NEW_LEVEL * highest) return { kind: "newLevel", highest };
  if (days >= FEWEST_DAYS && y > FIRST_OCCURRENCE * highestAtHour) return { kind: "firstOccurrence", highest: highestAtHour, days };
  const bound = upper[step] ?? NaN;
  return { kind: y > bound ? "roseFaster" : "marginTooSmall", upper: bound };
}

/** The highest demand up to step `until`; the same of the local hour of `step` on earlier local days, and how many of those had samples in it. */
function levelsBefore({ startMs, stepMs, values }: Course["trace"], until: number, step: number, localClock: LocalClock) {
  const localHour = (i: number) => Math.floor(localClock.localMs(startMs + i * stepMs) / HOUR_MS);
  const day = Math.floor(localClock.localMs(startMs + step * stepMs) / DAY_MS);
  const hourOfDay = localHour(step) % 24;
  let [highest, highestAtHour, days, lastDay] = [-Infinity, -Infinity, 0, NaN];
  for (let i = 0; i <= until; i++) {
    const y = values[i] ?? NaN;
    if (y > highest) highest = y;
    const hour = localHour(i);
    const dayOfHour = Math.floor(hour / 24);
    if (Number.isNaN(y) || hour % 24 !== hourOfDay || dayOfHour >= day) continue;
    if (y > highestAtHour) highestAtHour = y;
    if (dayOfHour !== lastDay) [days, lastDay] = [days + 1, dayOfHour];
  }
  return { highest, highestAtHour, days };
}
