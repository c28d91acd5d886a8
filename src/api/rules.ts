// Rules between fields of the specification: one list for the API server (CEL) and for the parse (`holds`).
import { celMs } from "./duration.ts";

/** `holds` sees the parsed values of `fields` in order; it is asked only if each of them is valid and there. */
export interface FieldRule {
  readonly fields: readonly [string, string];
  /** CEL, on spec. */
  readonly cel: string;
  readonly holds: (first: number, second: number) => boolean;
  /** Where the first field is a list: the number that `holds` sees of it, NaN if it says nothing. */
  readonly measure?: (first: unknown) => number;
  /** What the first field must be. */
  readonly expected: string;
}

/** The problem stands at the first field of each. */
export const FIELD_RULES: readonly FieldRule[] = [
  {
    fields: ["minReplicas", "maxReplicas"],
    cel: "self.minReplicas <= self.maxReplicas",
    holds: (min, max) => min <= max,
    expected: "at most maxReplicas",
  },
  {
    fields: ["maxReplicasCeiling", "maxReplicas"],
    cel: "!has(self.maxReplicasCeiling) || self.maxReplicasCeiling >= self.maxReplicas",
    holds: (ceiling, max) => ceiling >= max,
    expected: "at least maxReplicas",
  },
  {
    fields: ["fallback.replicas", "maxReplicas"],
    cel: "!has(self.fallback) || self.fallback.replicas <= self.maxReplicas",
    holds: (replicas, max) => replicas <= max,
    expected: "at most maxReplicas",
  },
  {
    fields: ["forecast.leadTime", "metric.step"],
    // 0: the lead time is Auto, or no duration, and its own rule says so.
    cel: `[${celMs("self.forecast.leadTime")}].all(lead, lead == 0 || lead >= ${celMs("self.metric.step")})`,
    holds: (lead, step) => lead >= step,
    expected: "at least metric.step",
  },
  {
    fields: ["schedules", "maxReplicas"],
    cel: "!has(self.schedules) || self.schedules.all(s, !has(s.minReplicas) || s.minReplicas <= self.maxReplicas)",
    holds: (floor, max) => !(floor > max),
    measure: (schedules) => extreme(schedules, "minReplicas", Math.max),
    expected: "a list whose minReplicas are all at most maxReplicas",
  },
  {
    fields: ["schedules", "minReplicas"],
    cel: "!has(self.schedules) || self.schedules.all(s, !has(s.maxReplicas) || s.maxReplicas >= self.minReplicas)",
    holds: (ceiling, min) => !(ceiling < min),
    measure: (schedules) => extreme(schedules, "maxReplicas", Math.min),
    expected: "a list whose maxReplicas are all at least minReplicas",
  },
  {
    fields: ["forecast.calendar.events", "maxReplicas"],
    cel: "!has(self.forecast.calendar) || self.forecast.calendar.events.all(e, !has(e.floorReplicas) || e.floorReplicas <= self.maxReplicas)",
    holds: (floor, max) => !(floor > max),
    measure: (events) => extreme(events, "floorReplicas", Math.max),
    expected: "a list whose floorReplicas are all at most maxReplicas",
  },
];

/** A field that is there exactly where another one, which has a default, says so. */
export interface CompanionRule {
  readonly field: string;
  readonly beside: string;
  /** The word of `beside` that needs the field. */
  readonly word: string;
  /** CEL, on spec. */
  readonly cel: string;
  /** What the field must be. */
  readonly expected: string;
}

export const COMPANION_RULES: readonly CompanionRule[] = [
  {
    field: "maxReplicasCeiling",
    beside: "maxCapacityBreach",
    word: "Raise",
    cel: "(self.maxCapacityBreach == 'Raise') == has(self.maxReplicasCeiling)",
    expected: "there where maxCapacityBreach is Raise, and nowhere else",
  },
];

/** The highest or lowest of a field over a parsed list; NaN where no item has it. */
function extreme(list: unknown, field: string, of: (...numbers: number[]) => number): number {
  const items = Array.isArray(list) ? (list as readonly Readonly<Record<string, unknown>>[]) : [];
  const found = items.map((item) => item[field]).filter((value) => typeof value === "number");
  return found.length === 0 ? NaN : of(...found);
}
