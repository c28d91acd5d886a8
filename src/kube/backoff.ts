// Growing pauses with jitter, as client-go's reflector makes them; after a healthy while they start small again.
import type { Clock } from "../clock.ts";

const FIRST_MS = 800;
const LONGEST_MS = 30_000;
const FACTOR = 2;
/** So long without a pause is healthy, ms. */
const HEALTHY_MS = 120_000;

export interface Backoff {
  /** The next pause, ms: 0.8 s to 30 s, at least `atLeastMs` (a server's Retry-After). */
  next(atLeastMs?: number): number;
}

/** `random` in [0, 1) spreads the clients of a server that has come back. */
export function createBackoff(clock: Pick<Clock, "nowMs">, random: () => number): Backoff {
  let baseMs = FIRST_MS;
  let lastEndMs = -Infinity;
  return {
    next(atLeastMs = 0) {
      const nowMs = clock.nowMs();
      if (nowMs - lastEndMs > HEALTHY_MS) baseMs = FIRST_MS;
      const pauseMs = Math.max(atLeastMs, Math.min(LONGEST_MS, baseMs * (1 + random())));
      baseMs = Math.min(LONGEST_MS, baseMs * FACTOR);
      lastEndMs = nowMs + pauseMs;
      return pauseMs;
    },
  };
}
