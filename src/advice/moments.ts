// Moments as people say them in one time zone: the time of day, with the day where it is another than the present one.

/** Further away, a weekday may be that of another week. */
const WEEKDAY_MS = 6 * 24 * 3_600_000;

export interface Moments {
  readonly zone: string;
  /** `07:40`; `Sat 07:40` on another day than `nowMs`; `3 Mar 07:40` where the weekday would not say which. */
  at(ms: number): string;
  /** `07:40 (Europe/Berlin)`. */
  withZone(ms: number): string;
}

export function momentsIn(zone: string, nowMs: number): Moments {
  const writer = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
  const time = writer({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const weekday = writer({ weekday: "short" });
  const date = writer({ day: "numeric", month: "short" });
  const day = writer({ year: "numeric", month: "numeric", day: "numeric" });
  const at = (ms: number) => {
    if (!Number.isFinite(ms)) return "an unknown time";
    if (day.format(ms) === day.format(nowMs)) return time.format(ms);
    return `${Math.abs(nowMs - ms) < WEEKDAY_MS ? weekday.format(ms) : date.format(ms)} ${time.format(ms)}`;
  };
  return { zone, at, withZone: (ms) => `${at(ms)} (${zone})` };
}

/** Seconds and more as `40s`, `12m`, `1h5m`; from ten minutes on without seconds. */
export function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 600) return `${Math.floor(seconds / 60)}m${seconds % 60 === 0 ? "" : `${seconds % 60}s`}`;
  const minutes = Math.round(seconds / 60);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  return [`${days}d`, `${hours}h`, `${rest}m`].filter((part) => !part.startsWith("0")).join("") || "0s";
}
