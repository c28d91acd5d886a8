// The review of a scaler: every topic once, the serious first. Nothing found is an empty list.
import type { Advice, Severity } from "./advice.ts";
import type { Evidence } from "./evidence.ts";
import { reviewDays } from "./review-days.ts";
import { reviewHistory, reviewLead, reviewLevel, reviewMode } from "./review-forecast.ts";
import { reviewBehavior, reviewMaximum, reviewMinimum } from "./review-limits.ts";
import { reviewQuery, reviewStep } from "./review-query.ts";

const ORDER: readonly Severity[] = ["serious", "worthwhile", "notice"];
const REVIEWS = [reviewQuery, reviewMaximum, reviewLead, reviewBehavior, reviewMode, reviewLevel, reviewHistory, reviewStep, reviewMinimum, reviewDays];

export function review(evidence: Evidence): Advice[] {
  const found = REVIEWS.flatMap((one) => one(evidence));
  // Where the demand is none (a counter without a rate), all that rests on its values is void.
  const isUnsound = found.some(({ topic, severity, patch }) => topic === "query" && severity === "serious" && patch === undefined);
  // A maximum that is too low hides what each service level would cost.
  const isCapped = found.some(({ topic, severity }) => topic === "maxReplicas" && severity === "serious");
  const kept = found.filter(({ topic }) => (isUnsound ? topic === "query" || topic === "history" : !(isCapped && topic === "serviceLevel")));
  return kept.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}
