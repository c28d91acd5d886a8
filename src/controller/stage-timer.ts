// How long the stages of a pass take, in wall time.
import { monotonicMs } from "../clock.ts";
import type { Metrics, Stage } from "../telemetry/index.ts";

/** Runs a stage and tells its duration, also where it fails. */
export function stageTimer(metrics: Metrics) {
  return async <T>(stage: Stage, run: () => T | Promise<T>): Promise<T> => {
    const startedMs = monotonicMs();
    try {
      return await run();
    } finally {
      metrics.stage(stage, (monotonicMs() - startedMs) / 1000);
    }
  };
}
