// When a schedule is on: its cron expression says when it starts, its duration how long it stays on by the clock on the wall. Pure, with what was
// found last kept, so that asking again costs nothing. Starts across daylight saving are Vixie cron's: a fixed time in the gap starts at the gap's end,
// and one that comes twice starts at the first; an expression with * or a step in minute or hour follows real time.
import { Cron } from "croner";
import { rfc3339 } from "../clock.ts";

/** A time in which a schedule does not change: from `fromMs` on, before `untilMs` (Infinity: for as long as can be seen). */
export interface Stretch {
  readonly isOn: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface ScheduleClock {
  /** The stretch that holds `nowMs`. */
  stretchAt(nowMs: number): Stretch;
}

export interface ScheduleTimes {
  readonly cron: string;
  readonly durationMs: number;
  /** IANA name. */
  readonly timeZone: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So many starts in a row, each before the last one's end, are taken for a schedule that is always on. */
const MOST_CHAINED = 400;
/** Schedules whose clocks are kept: more than one cluster names. */
const MOST_KEPT = 20_000;

const OPTIONS = { mode: "5-part", fixedTimeRule: "no-wildcard", paused: true } as const;
const kept = new Map<string, ScheduleClock>();

/** The clock of a schedule, the same for equal times. Throws what the cron library throws of an expression that is none. */
export function scheduleClock(times: ScheduleTimes): ScheduleClock {
  const key = `${times.cron}\n${times.durationMs}\n${times.timeZone}`;
  const found = kept.get(key) ?? createScheduleClock(times);
  if (kept.size >= MOST_KEPT && !kept.has(key)) kept.clear();
  kept.set(key, found);
  return found;
}

/** What is wrong with a cron expression of the right shape, in the library's words; undefined if nothing is. */
export function cronComplaint(cron: string): string | undefined {
  try {
    return new Cron(cron, { ...OPTIONS, timezone: "UTC" }).nextRun("2024-01-01T00:00:00Z") === null ? "it names a day that never comes" : undefined;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, "").replace(/\.$/, "");
  }
}

function createScheduleClock({ cron: expression, durationMs, timeZone }: ScheduleTimes): ScheduleClock {
  const cron = new Cron(expression, { ...OPTIONS, timezone: timeZone });
  const zone = zoneOffsets(timeZone);
  const startBefore = (ms: number) => cron.previousRuns(1, rfc3339(ms))[0]?.getTime();
  const startAfter = (ms: number) => cron.nextRun(rfc3339(ms))?.getTime();
  const endOf = (startMs: number) => endByWallClock(startMs, durationMs, zone);
  // Of now and of what comes next: both are asked for in turns.
  let last: Stretch = { isOn: false, fromMs: NaN, untilMs: NaN };
  let other = last;
  const find = (nowMs: number): Stretch => {
    // Starts are on whole minutes, and one at this very moment counts.
    const fromMs = startBefore(Math.floor(nowMs / 1000) * 1000 + 1000) ?? -Infinity;
    let untilMs = fromMs === -Infinity ? -Infinity : endOf(fromMs);
    if (nowMs >= untilMs) return { isOn: false, fromMs: untilMs, untilMs: startAfter(nowMs) ?? Infinity };
    for (let startMs = fromMs, i = 0; i < MOST_CHAINED; i++) {
      const nextMs = startAfter(startMs);
      if (nextMs === undefined || nextMs > untilMs) return { isOn: true, fromMs, untilMs };
      startMs = nextMs;
      untilMs = Math.max(untilMs, endOf(nextMs));
    }
    return { isOn: true, fromMs, untilMs: Infinity };
  };
  return {
    stretchAt(nowMs) {
      if (holds(last, nowMs)) return last;
      [last, other] = [holds(other, nowMs) ? other : find(nowMs), last];
      return last;
    },
  };
}

function holds({ fromMs, untilMs }: Stretch, ms: number): boolean {
  return ms >= fromMs && ms < untilMs;
}

/** How far the zone's wall clock is ahead of UTC at a moment, ms. */
type Offsets = (ms: number) => number;

/** A formatter is large, and zones are few. */
const zones = new Map<string, Offsets>();

function zoneOffsets(timeZone: string): Offsets {
  const found = zones.get(timeZone) ?? createOffsets(timeZone);
  zones.set(timeZone, found);
  return found;
}

function createOffsets(timeZone: string): Offsets {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  return (ms) => {
    const name = format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours = "0", minutes = "0", seconds = "0"] = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name) ?? [];
    return (sign === "-" ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  };
}

/**
 * The first moment after `startMs` at which the wall clock shows `durationMs` more than at `startMs`. A time that the clock skips counts as so much later
 * as it skips.
 */
function endByWallClock(startMs: number, durationMs: number, offsetAt: Offsets): number {
  const shown = startMs + offsetAt(startMs) + durationMs;
  const about = startMs + durationMs;
  const offsets = [offsetAt(startMs), offsetAt(about - DAY_MS / 4), offsetAt(about), offsetAt(about + DAY_MS / 4)];
  const right = offsets.map((offset) => shown - offset).filter((ms) => ms > startMs && ms + offsetAt(ms) === shown);
  return right.length > 0 ? Math.min(...right) : about;
}
