// Which times are asked for: chunks below the server's limit.
// Invariant: every bound is a multiple of the step (VictoriaMetrics moves others there), and no slot is asked for twice in one query.

/** Points a request: Prometheus refuses more than 11,000 steps between start and end. */
export const MAX_CHUNK_STEPS = 10_999;

/** Unix ms; both ends are asked for. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The range in parts of at most `maxSteps` points, oldest first; bounds that are no multiples of the step move down to one.
 * None if it ends before it starts.
 */
export function chunksOf(range: TimeRange & { readonly stepMs: number }, maxSteps = MAX_CHUNK_STEPS): TimeRange[] {
  const { stepMs } = range;
  if (!(stepMs > 0 && Number.isFinite(range.startMs) && Number.isFinite(range.endMs)))
    throw new RangeError(`Found the range ${JSON.stringify(range)}; expected finite times and a step above 0.`);
  const last = Math.floor(range.endMs / stepMs);
  const chunks: TimeRange[] = [];
  for (let from = Math.floor(range.startMs / stepMs); from <= last; from += maxSteps)
    chunks.push({ startMs: from * stepMs, endMs: Math.min(last, from + maxSteps - 1) * stepMs });
  return chunks;
}
