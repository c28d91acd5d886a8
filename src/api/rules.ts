// Rules between fields of the specification: one list for the API server (CEL) and for the parse (`holds`).
import { celMs } from "./duration.ts";

/** `holds` sees the parsed values of `fields` in order; it is asked only if each of them is valid and there. */
export interface FieldRule {
  readonly fields: readonly [string, string];
  /** CEL, on spec. */
  readonly cel: string;
  readonly holds: (first: number, second: number) => boolean;
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
];
