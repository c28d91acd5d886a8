// What a review is made from: the manifest, the demand's history replayed through the controller's own line, and what was seen of the pods.
import type { ScalerSpec } from "../api/index.ts";
import type { ForecastNumbers, PricePoint } from "../replay/index.ts";
import type { Series } from "../series/index.ts";

/** The text of the query, as far as it can be judged without a server. */
export interface QueryEvidence {
  readonly windows: readonly { readonly ms: number; readonly from: number; readonly to: number }[];
  readonly isOneSeries: boolean;
  readonly rawCounters: readonly string[];
}

/** The history, replayed. Shares are of the judged part, 0..1. */
export interface ReplayEvidence {
  readonly judgedDays: number;
  readonly isFitted: boolean;
  readonly forecast: ForecastNumbers;
  /** Share of the time with demand above the ready capacity: as asked for, and with the policies of behavior in between. */
  readonly overloadedShare: number;
  readonly pacedOverloadedShare: number;
  /** Share of the time in which a scale-up policy held replicas back. */
  readonly pacedShare: number;
  readonly podHours: number;
  readonly prices: readonly PricePoint[];
}

export interface Evidence {
  readonly spec: ScalerSpec;
  /** The demand on its grid. */
  readonly trace: Series;
  /** Local wall-clock ms of a moment in the scaler's zone. */
  readonly localMs: (timeMs: number) => number;
  /** Local days since 1970-01-01 that the calendar counts as holidays. */
  readonly holidays: readonly number[];
  readonly leadMs: number;
  /** Undefined if the trace was too short to judge anything. */
  readonly replay: ReplayEvidence | undefined;
  readonly query: QueryEvidence | undefined;
  /** Times from asking for a pod to its being Ready, ms; none if not seen. */
  readonly readyMs: readonly number[];
  /** Replicas that the forecast peak of the next day needs; NaN if not known. */
  readonly peakReplicas: number;
}
