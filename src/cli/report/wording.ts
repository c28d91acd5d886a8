// Numbers and times as people read them, the same in tables, charts and sentences.

/** 12.3k above a thousand, else with up to `digits` decimals. */
export function amount(value: number, digits = 0): string {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 10_000 ? `${(value / 1000).toFixed(1)}k` : value.toFixed(digits);
}

/** A share as percent: 0.0123 is "1.2 %". */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : "–";
}

/** How a moment is written in one time zone. */
export interface Times {
  readonly zone: string;
  /** `Tue 12:34`. */
  dayTime(ms: number): string;
  /** `12:34`. */
  time(ms: number): string;
  /** `3 March 2026`. */
  date(ms: number): string;
}

export function timesIn(zone: string): Times {
  const writer = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
  const weekday = writer({ weekday: "short" });
  const time = writer({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = writer({ day: "numeric", month: "long", year: "numeric" });
  return { zone, dayTime: (ms) => `${weekday.format(ms)} ${time.format(ms)}`, time: (ms) => time.format(ms), date: (ms) => date.format(ms) };
}

/** Text for HTML; a percent sign stays with its number. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll(" %", "&nbsp;%");
}
