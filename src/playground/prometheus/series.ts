// What the playground's Prometheus holds: functions of time, read as if scraped at a fixed interval.
// Invariant: nothing newer than the clock is ever seen, and a gap shows as in Prometheus: the last value goes on for five minutes.

/** One series: its value at a scrape, undefined where it was not there. */
export interface PlaygroundSeries {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** At `timeMs` (unix ms, a multiple of the scrape interval); pure, asked often. */
  value(timeMs: number): number | undefined;
}

/** How far back an instant selector looks for a sample. */
export const LOOKBACK_MS = 5 * 60_000;

/** The newest sample of (timeMs - 5 min, timeMs] that is not after `nowMs`; undefined if there is none. */
export function instantValue(series: PlaygroundSeries, timeMs: number, nowMs: number, scrapeMs: number): number | undefined {
  for (let at = lastScrape(Math.min(timeMs, nowMs), scrapeMs); at > timeMs - LOOKBACK_MS; at -= scrapeMs) {
    const value = series.value(at);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The growth per second of a counter over (timeMs - rangeMs, timeMs], resets added back; undefined below two samples. */
export function rateOf(series: PlaygroundSeries, timeMs: number, rangeMs: number, nowMs: number, scrapeMs: number): number | undefined {
  let newer: number | undefined;
  let newestMs = 0;
  let oldestMs = 0;
  let growth = 0;
  for (let at = lastScrape(Math.min(timeMs, nowMs), scrapeMs); at > timeMs - rangeMs; at -= scrapeMs) {
    const value = series.value(at);
    if (value === undefined) continue;
    if (newer === undefined) newestMs = at;
    else growth += newer >= value ? newer - value : newer;
    newer = value;
    oldestMs = at;
  }
  return newer === undefined || oldestMs === newestMs ? undefined : growth / ((newestMs - oldestMs) / 1000);
}

function lastScrape(timeMs: number, scrapeMs: number): number {
  return Math.floor(timeMs / scrapeMs) * scrapeMs;
}
