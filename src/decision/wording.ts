// Numbers, durations and counts as people read them, for the sentences of the rules.

/** Three significant digits, never an exponent: 655, 42.5, 0.035. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (!(size < Infinity)) return Number.isNaN(value) ? "unknown" : "unlimited";
  if (size >= 100 || size === 0) return String(BigInt(Math.round(value)));
  const decimals = Math.min(12, 2 - Math.floor(Math.log10(size)));
  return value.toFixed(decimals).replace(/\.?0+$/, "");
}

/** Milliseconds as `45s`, `20m` or `1h30m`. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const parts = [`${Math.floor(seconds / 3600)}h`, `${Math.floor((seconds % 3600) / 60)}m`, `${seconds % 60}s`];
  return parts.filter((part) => !part.startsWith("0")).join("");
}

/** `1 replica`, `14 replicas`. */
export function replicasText(count: number): string {
  return `${count} ${count === 1 ? "replica" : "replicas"}`;
}
