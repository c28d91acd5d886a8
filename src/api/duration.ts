// Durations as Prometheus writes them (`30s`, `1h30m`, `28d`): milliseconds out, and the CEL expression that computes the same.
// The pattern and the units below serve both sides; neither may learn a form that the other does not know.

const UNITS_MS = { y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
type Unit = keyof typeof UNITS_MS;
const UNITS = Object.keys(UNITS_MS) as Unit[];

/** Longest text taken: enough for any sensible writing, small enough for the API server's cost estimate. */
export const DURATION_LENGTH = 16;
/** Each unit at most once, largest first; eight digits keep the sum within 64 bits. The empty text matches: callers check the range. */
const DURATION_PATTERN = `^${UNITS.map((unit) => `([0-9]{1,8}${unit})?`).join("")}$`;
const DURATION = new RegExp(DURATION_PATTERN);

/** Milliseconds of a duration; undefined if the text is none. */
export function parseDuration(text: string): number | undefined {
  const groups = text === "" || text.length > DURATION_LENGTH ? null : DURATION.exec(text);
  if (groups === null) return undefined;
  return UNITS.reduce((sum, unit, i) => sum + Number.parseInt(groups[i + 1] ?? "0", 10) * UNITS_MS[unit], 0);
}

/** `ms` (>= 0, whole) as Prometheus would write it, without years and weeks: 20m, 1h30m, 28d. */
export function durationText(ms: number): string {
  let rest = Math.round(ms);
  let text = "";
  for (const unit of UNITS.slice(UNITS.indexOf("d"))) {
    const count = Math.floor(rest / UNITS_MS[unit]);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * UNITS_MS[unit];
  }
  return text === "" ? "0s" : text;
}

/** CEL for the milliseconds of the duration that `expression` names. */
export function celMs(expression: string): string {
  const units = UNITS.map((unit) => `'${unit}': ${UNITS_MS[unit]}`).join(", ");
  return `${expression}.findAll('[0-9]+[a-z]+').map(p, int(p.find('[0-9]+')) * {${units}}[p.find('[a-z]+')]).sum()`;
}

/** CEL that is true if `self` is a duration and `condition`, which sees its milliseconds as `ms`, holds. */
export function celDuration(condition: string): string {
  return `self.matches('${DURATION_PATTERN}') && [${celMs("self")}].all(ms, ${condition})`;
}
