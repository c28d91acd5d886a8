// What leaves a review: advice, each with its finding in numbers, why it matters, and the change as a merge patch of the scaler.

export type AdviceTopic = "mode" | "leadTime" | "serviceLevel" | "minReplicas" | "maxReplicas" | "step" | "history" | "query" | "behavior" | "calendar";

/** serious: replicas will be too few, or wrong. worthwhile: better or cheaper. notice: good to know. */
export type Severity = "serious" | "worthwhile" | "notice";

export interface Advice {
  readonly topic: AdviceTopic;
  readonly severity: Severity;
  /** What was found, with its numbers. */
  readonly finding: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do, as a sentence. */
  readonly change: string;
  /** The change as a JSON merge patch of the scaler; undefined where it is not one of the manifest. */
  readonly patch: object | undefined;
}

/** Share of 1 as percent with three significant digits at most. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${Number(value >= 10 ? value.toFixed(0) : value.toPrecision(2))} %`;
}

const DIGITS = { most: 0.9999, least: 0.5 };

/** A service level as a manifest writes it: `99.5%`. */
export function levelText(level: number): string {
  return `${Number((100 * Math.min(DIGITS.most, Math.max(DIGITS.least, level))).toFixed(3))}%`;
}
