// Numbers and times as people read them, the same in tables, charts and sentences.

/** 12.3k above ten thousand, 12.3M above ten million, else with up to `digits` decimals. */
export function amount(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e10) return `${(value / 1e9).toFixed(1)}G`;
  if (size >= 1e7) return `${(value / 1e6).toFixed(1)}M`;
  return size >= 10_000 ? `${(value / 1000).toFixed(1)}k` : value.toFixed(digits);
}

/** A demand, whose unit and size nobody knows beforehand: three digits or so. */
export function demandText(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || size === 0 || !Number.isFinite(value)) return amount(value);
  return size >= 1 ? value.toFixed(size >= 10 ? 1 : 2) : value.toPrecision(2);
}

/** A share as percent: 0.0123 is "1.2 %". */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : "–";
}

/** A service level as its user wrote it: 0.995 is "99.5 %". */
export function levelText(serviceLevel: number): string {
  return `${Number((100 * serviceLevel).toPrecision(6))} %`;
}

/** How a moment is written in one time zone. */
export interface Times {
  readonly zone: string;
  /** `Tue 12:34`. */
  dayTime(ms: number): string;
  /** `12:34`. */
  time(ms: number): string;
  /** `Tue 3 Mar 12:34`. */
  moment(ms: number): string;
  /** `3 March 2026`. */
  date(ms: number): string;
}

export function timesIn(zone: string): Times {
  const writer = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
  const weekday = writer({ weekday: "short" });
  const time = writer({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = writer({ day: "numeric", month: "short" });
  const date = writer({ day: "numeric", month: "long", year: "numeric" });
  return {
    zone,
    dayTime: (ms) => `${weekday.format(ms)} ${time.format(ms)}`,
    time: (ms) => time.format(ms),
    moment: (ms) => `${weekday.format(ms)} ${day.format(ms)} ${time.format(ms)}`,
    date: (ms) => date.format(ms),
  };
}

/** Text for HTML; a percent sign stays with its number. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll(" %", "&nbsp;%");
}
