// What an earlier process left in the status, for the one that goes on: observed times to Ready, and how well demand was covered.
// Invariant: a status that was edited or cut teaches nothing and breaks nothing.
import { parseDuration } from "../api/index.ts";
import { parseTime } from "../clock.ts";
import { MOST_OBSERVATIONS, withObservation } from "../decision/index.ts";
import type { StoredScaler } from "./stored-scaler.ts";
import { ServiceLedger } from "./service-ledger.ts";

export interface KnownBefore {
  /** Durations in ms, oldest first. */
  readonly timesToReady: readonly number[];
  readonly service: ServiceLedger;
}

export function knownBefore({ status }: StoredScaler, nowMs: number): KnownBefore {
  const service = new ServiceLedger();
  const { since, met } = status?.serviceLevel ?? {};
  const sinceMs = parseTime(since ?? "");
  // Nobody has looked since the last decision.
  const lookedMs = parseTime(status?.decision?.time ?? "");
  const untilMs = lookedMs <= nowMs ? lookedMs : nowMs;
  const share = /^\d{1,3}(\.\d{1,4})?%$/.test(met ?? "") ? Number.parseFloat(met ?? "") / 100 : NaN;
  if (sinceMs < untilMs && share <= 1) service.resume(sinceMs, share, untilMs);
  let timesToReady: readonly number[] = [];
  for (const text of (status?.timeToReady?.observed ?? []).slice(-MOST_OBSERVATIONS)) timesToReady = withObservation(timesToReady, parseDuration(text) ?? NaN);
  return { timesToReady, service };
}
