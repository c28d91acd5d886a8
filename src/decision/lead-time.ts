// How long replicas take from being asked for to being Ready: a high quantile of what was observed, newer observations counting more.
// Invariant: one slow start among many does not move it, two in a row do; a target that became faster is believed after a few starts.

/** Observations kept: a few days of an ordinary workload. */
export const MOST_OBSERVATIONS = 40;
/** Fewer observations than these are no knowledge. */
const LEAST_OBSERVATIONS = 3;
/** The share of starts that should be no slower. */
const QUANTILE = 0.9;
/** An observation counts 1/e of the newest once so many newer ones are there. */
const MEMORY = 16;
/** So many newest starts that are all below this share of the estimate: the target has become faster, and only they count. */
const FASTER_STARTS = 8;
const FASTER_SHARE = 0.75;
/** A lead is left for another that differs by more than this share and more than a step: another lead means a model learned anew. */
const CHANGE_SHARE = 0.2;

export const LEAST_LEAD_MS = 60_000;
export const MOST_LEAD_MS = 2 * 3_600_000;
/** The lead until there is one learned. */
export const FIRST_LEAD_MS = 20 * 60_000;

/** `observations` with one more, oldest first, bounded. Durations in ms above 0 and at most the longest lead count; others are left out. */
export function withObservation(observations: readonly number[], durationMs: number): readonly number[] {
  if (!(durationMs > 0 && durationMs <= MOST_LEAD_MS)) return observations;
  return [...observations, durationMs].slice(-MOST_OBSERVATIONS);
}

/** The time to Ready that a start rarely exceeds, ms; NaN while too few are known. */
export function timeToReadyMs(observations: readonly number[]): number {
  if (observations.length < LEAST_OBSERVATIONS) return NaN;
  const all = weightedQuantile(observations);
  const newest = observations.slice(-FASTER_STARTS);
  const isFaster = newest.length === FASTER_STARTS && newest.every((duration) => duration < FASTER_SHARE * all);
  return isFaster ? weightedQuantile(newest) : all;
}

function weightedQuantile(observations: readonly number[]): number {
  const weighted = observations.map((duration, i) => ({ duration, weight: Math.exp((i + 1 - observations.length) / MEMORY) }));
  weighted.sort((a, b) => a.duration - b.duration);
  let left = QUANTILE * weighted.reduce((sum, { weight }) => sum + weight, 0);
  for (const { duration, weight } of weighted) {
    left -= weight;
    if (left <= 0) return duration;
  }
  return weighted.at(-1)?.duration ?? NaN;
}

/**
 * The lead to work with, ms: whole steps that cover the time to Ready, and one more, because a step's value is known only at its end.
 * `inUseMs` stays unless the new one is clearly another; NaN: there is none yet.
 */
export function learnedLeadMs(observations: readonly number[], stepMs: number, inUseMs: number): number {
  const timeMs = timeToReadyMs(observations);
  if (Number.isNaN(timeMs)) return Number.isNaN(inUseMs) ? FIRST_LEAD_MS : inUseMs;
  const leadMs = leadFor(timeMs, stepMs);
  const isOther = !(Math.abs(leadMs - inUseMs) <= Math.max(stepMs, CHANGE_SHARE * inUseMs));
  return isOther ? leadMs : inUseMs;
}

/** The lead for pods that take `timeMs` to become Ready. */
export function leadFor(timeMs: number, stepMs: number): number {
  const steps = Math.ceil(timeMs / stepMs - 1e-9) + 1;
  return Math.min(MOST_LEAD_MS, Math.max(LEAST_LEAD_MS, steps * stepMs));
}
