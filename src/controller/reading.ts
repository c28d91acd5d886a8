// What a pass learned from Prometheus: an answer, or why there is none. A failure is a value here, because a missing metric is an input of the decision.
import { OperatorError } from "../errors.ts";
import type { PrometheusClient } from "../prometheus/index.ts";
import type { Samples, Series } from "../series/index.ts";
import { regularize } from "../series/index.ts";
import { asOperatorError } from "./failure.ts";
import type { Plan } from "./plan.ts";

export type Reading =
  /** `lowest`: the least finite value; Infinity where there is none. */
  | { readonly kind: "answer"; readonly series: Series; readonly notANumber: number; readonly lowest: number }
  | { readonly kind: "nothingNew" }
  | { readonly kind: "failure"; readonly error: OperatorError };

/** A slot is read so long after its time that scrapes of that moment are in: a quarter step, at most 15 s. */
export function settleDelayMs(stepMs: number): number {
  return Math.min(stepMs / 4, 15_000);
}

/** The newest slot that may be read at `nowMs`. */
export function newestSlotMs(stepMs: number, nowMs: number): number {
  return Math.floor((nowMs - settleDelayMs(stepMs)) / stepMs) * stepMs;
}

/** Reads the slots after `settledMs` up to the newest. Never rejects but when `signal` has fired. */
export async function readSlots(
  prometheus: Pick<PrometheusClient, "queryRange">, plan: Plan, settledMs: number, nowMs: number, signal: AbortSignal,
): Promise<Reading> {
  const { query, namespace, source, stepMs } = plan;
  const startMs = settledMs + stepMs;
  const endMs = newestSlotMs(stepMs, nowMs);
  if (startMs > endMs) return { kind: "nothingNew" };
  try {
    const { samples, notANumber } = await prometheus.queryRange({ query, namespace, source, startMs, endMs, stepMs }, signal);
    const grid = { startMs, stepMs, length: Math.round((endMs - startMs) / stepMs) + 1 };
    return { kind: "answer", series: regularize(samples, grid), notANumber, lowest: lowestOf(samples) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: "failure", error: asOperatorError(error) };
  }
}

/** The clock has gone back, to where samples have been seen already: what it makes of the present is not to be believed. */
function isBeforeSamples(lastSampleMs: number, stepMs: number, nowMs: number): boolean {
  return lastSampleMs - nowMs > MISSING_AFTER_STEPS * stepMs;
}

/** Slots have been settled that are still to come, and no sample was in them: the clock was ahead, and is right again. */
export function wasAhead({ settledMs, lastSampleMs }: { readonly settledMs: number; readonly lastSampleMs: number }, stepMs: number, nowMs: number): boolean {
  return settledMs > newestSlotMs(stepMs, nowMs) && !isBeforeSamples(lastSampleMs, stepMs, nowMs);
}

function lowestOf({ values }: Samples): number {
  let lowest = Infinity;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) < lowest && Number.isFinite(values[i])) lowest = values[i] as number;
  return lowest;
}

/** Why the metric counts as missing now, or undefined while it is there. */
export function missingReason(reading: Reading, lastSampleMs: number, stepMs: number, nowMs: number): OperatorError | undefined {
  if (reading.kind === "failure") return reading.error;
  if (isBeforeSamples(lastSampleMs, stepMs, nowMs)) return clockWentBack(Math.round((lastSampleMs - nowMs) / 60_000));
  if (nowMs - lastSampleMs <= MISSING_AFTER_STEPS * stepMs + settleDelayMs(stepMs)) return undefined;
  if (reading.kind === "answer" && reading.lowest < 0)
    return new OperatorError(`The query answered values below 0, down to ${reading.lowest}; demand is 0 or more, so they count as missing.`, {
      reason: Number.isNaN(lastSampleMs) ? "NoData" : "MetricStale",
      retry: "nextInterval",
      hint: "Check the query for a subtraction, delta() or deriv(); where values below 0 mean no demand, write clamp_min(…, 0).",
    });
  if (reading.kind === "answer" && reading.notANumber > 0)
    return new OperatorError(`The query answered ${reading.notANumber} samples that are no numbers (NaN or infinite) and none that is.`, {
      reason: Number.isNaN(lastSampleMs) ? "NoData" : "MetricStale",
      retry: "nextInterval",
      hint: "Check the query for a division by zero.",
    });
  if (Number.isNaN(lastSampleMs))
    return new OperatorError("The query yields no series.", {
      reason: "NoData",
      retry: "nextInterval",
      hint: "Run it in Prometheus: check the metric's name and its labels.",
    });
  return new OperatorError(`The query has yielded no sample for ${Math.round((nowMs - lastSampleMs) / 60_000)} minutes.`, {
    reason: "MetricStale",
    retry: "nextInterval",
    hint: "Check that the workload is still scraped.",
  });
}

function clockWentBack(minutes: number): OperatorError {
  const message = `The newest sample is ${minutes} minutes ahead of the operator's clock, which has gone back.`;
  return new OperatorError(message, { reason: "MetricStale", retry: "nextInterval", hint: "Check the clock of the operator's node." });
}

/** Steps without a sample after which a metric that was there counts as missing; single gaps are ordinary. */
const MISSING_AFTER_STEPS = 3;
