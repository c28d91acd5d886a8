// Stretches of a history over which the wall clock runs evenly: a change of the zone's offset starts a new one, and so does a holiday.
// Within a span local time is a straight line, so nothing need ask the clock sample by sample.
import type { LocalClock } from "../forecaster.ts";
import { DAY_MS, timeOfWeek, WEEK_MS } from "../seasons.ts";

export interface Span {
  /** Samples [first, end). */
  readonly first: number;
  readonly end: number;
  /** Local time of the first sample, and of the moment `leadSteps` after it. */
  readonly localMs: number;
  readonly targetMs: number;
  /** Their places in the week's profile. */
  readonly weekMs: number;
  readonly targetWeekMs: number;
}

/** Whether two moves within the week are the same: going back is going on the rest of the week. */
function isMove(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) === WEEK_MS;
}

/** The spans of a grid of `length` samples, for samples and their targets `leadSteps` later. What changes stays so for more than half a day. */
export function spansOf(grid: { readonly startMs: number; readonly stepMs: number }, length: number, leadSteps: number, clock: LocalClock): Span[] {
  const { startMs, stepMs } = grid;
  const stride = Math.max(1, Math.round(DAY_MS / 2 / stepMs));
  const localAt = (i: number) => clock.localMs(startMs + i * stepMs);
  const offsetAt = (i: number) => localAt(i) - (startMs + i * stepMs);
  const moveAt = (i: number) => clock.weekMs(localAt(i)) - timeOfWeek(localAt(i));
  const spans: Span[] = [];
  let first = 0;
  while (first < length) {
    const now = offsetAt(first);
    const ahead = offsetAt(first + leadSteps);
    const move = moveAt(first);
    const moveAhead = moveAt(first + leadSteps);
    const isUnmoved = (i: number) => !clock.hasHolidays || (isMove(moveAt(i), move) && isMove(moveAt(i + leadSteps), moveAhead));
    const isSame = (i: number) => offsetAt(i) === now && offsetAt(i + leadSteps) === ahead && isUnmoved(i);
    let end = first + 1;
    while (end < length && isSame(Math.min(length, end + stride) - 1)) end = Math.min(length, end + stride);
    if (end < length) {
      let low = end - 1;
      let high = Math.min(length, end + stride) - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (isSame(middle)) low = middle;
        else high = middle;
      }
      end = high;
    }
    const localMs = startMs + first * stepMs + now;
    const targetMs = startMs + (first + leadSteps) * stepMs + ahead;
    spans.push({ first, end, localMs, targetMs, weekMs: clock.weekMs(localMs), targetWeekMs: clock.weekMs(targetMs) });
    first = end;
  }
  return spans;
}
