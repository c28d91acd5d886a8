// What an explanation is made from: the scaler as asked for, its last decision, and what is known beyond it. Unknown numbers are NaN.
import type { Condition, ScalerSpec } from "../api/index.ts";
import type { DecisionRecord, DemandRecord } from "./journal.ts";
import type { Moments } from "./moments.ts";

export interface Situation {
  readonly namespace: string;
  readonly name: string;
  readonly spec: ScalerSpec;
  readonly nowMs: number;
  /** The lead in use; NaN if it is not known. */
  readonly leadMs: number;
  /** Replicas of the target as last read. */
  readonly current: number;
  readonly decision: DecisionRecord | undefined;
  readonly demand: DemandRecord | undefined;
  /** From when the scale-down window no longer holds a higher number, if demand stays as it is; NaN if not known. */
  readonly windowOpensMs: number;
  /** Public holidays of the calendar's place, as far as they are known. */
  readonly holidays?: readonly HolidayRecord[];
  readonly conditions: readonly Pick<Condition, "type" | "status" | "reason" | "message">[];
}

/** A public holiday: local day since 1970-01-01, and its name. */
export interface HolidayRecord {
  readonly day: number;
  readonly name: string;
}

/** A situation with the words for its moments. */
export interface Told extends Situation {
  readonly moments: Moments;
}
