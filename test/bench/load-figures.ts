// What the operator's own metrics say of a stretch of time, and how that stands to what one replica has to hold.
// Everything is told by the operator itself at its /metrics, as an administrator would see it.

/** Of one stretch of time. */
export interface Usage {
  readonly seconds: number;
  /** Of processor time a second. */
  readonly cores: number;
  /** The most at any scrape, and the least that was used of heap and buffers: what is left when garbage has just been collected. */
  readonly residentMiB: number;
  readonly usedMiB: number;
  readonly apiCallsPerSecond: number;
  readonly queriesPerSecond: number;
  readonly passesPerSecond: number;
  /** p99 of the event loop's delay between two scrapes: the mean of all, and the largest, ms. */
  readonly eventLoopP99Ms: number;
  readonly eventLoopWorstMs: number;
  /** From when a decision was due until it was carried out, s; the upper edge of the histogram's bucket. */
  readonly lateness: { readonly p50: number; readonly p99: number; readonly shareWithin10s: number };
}

export interface LoadFigures {
  readonly scalers: number;
  readonly step: string;
  readonly history: string;
  /** Wall-clock seconds from spawning the operator, until all have done so; NaN if they have not in time. */
  readonly secondsToDecisions: number;
  readonly secondsToForecasts: number;
  readonly start: Usage;
  /** Once all forecast, or the time for that is over. */
  readonly steady: Usage;
}

export interface Scrape {
  readonly atMs: number;
  /** Without the series of the scalers. */
  readonly text: string;
}

export interface LoadVerdict {
  readonly what: string;
  readonly found: number;
  readonly must: number;
  readonly isMet: boolean;
}

/** Sum of all series of a metric; NaN where there is none. */
function sumOf(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].map(([, value]) => Number(value));
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0);
}

/** Upper edges of a histogram's buckets, and how many observations between two scrapes lie below each. */
function bucketsOf(before: string, after: string, name: string): { readonly edge: number; readonly count: number }[] {
  const counts = (text: string) =>
    [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, "gm"))].map(([, edge, count]) => [edge === "+Inf" ? Infinity : Number(edge), Number(count)] as const);
  const old = new Map(counts(before));
  return counts(after).map(([edge, count]) => ({ edge, count: count - (old.get(edge) ?? 0) }));
}

function latenessOf(before: string, after: string): Usage["lateness"] {
  const buckets = bucketsOf(before, after, "predictive_scaler_decision_lateness_seconds");
  const all = buckets.at(-1)?.count ?? 0;
  const quantile = (share: number) => (all > 0 ? (buckets.find(({ count }) => count >= share * all)?.edge ?? NaN) : NaN);
  return { p50: quantile(0.5), p99: quantile(0.99), shareWithin10s: all > 0 ? (buckets.find(({ edge }) => edge >= 10)?.count ?? NaN) / all : NaN };
}

/** How many statuses wait to be written; 0 before the first scrape. */
export function statusesWaiting(scrape: Scrape | undefined): number {
  return scrape === undefined ? 0 : sumOf(scrape.text, "predictive_scaler_status_writes_waiting");
}

/** Throws for fewer than two scrapes. */
export function usageOf(scrapes: readonly Scrape[]): Usage {
  const [first, last] = [scrapes[0], scrapes.at(-1)];
  if (first === undefined || last === undefined || first === last) throw new RangeError(`${scrapes.length} scrapes; expected two at least`);
  const seconds = (last.atMs - first.atMs) / 1000;
  const rate = (name: string) => ((sumOf(last.text, name) || 0) - (sumOf(first.text, name) || 0)) / seconds;
  const lags = scrapes.slice(1).map(({ text }) => 1000 * sumOf(text, "nodejs_eventloop_lag_p99_seconds"));
  const mebibytes = (...names: string[]) => scrapes.map(({ text }) => names.reduce((sum, name) => sum + sumOf(text, name), 0) / 2 ** 20);
  return {
    seconds,
    cores: rate("process_cpu_seconds_total"),
    residentMiB: Math.max(...mebibytes("process_resident_memory_bytes")),
    usedMiB: Math.min(...mebibytes("nodejs_heap_size_used_bytes", "nodejs_external_memory_bytes")),
    apiCallsPerSecond: rate("predictive_scaler_kubernetes_requests_total"),
    queriesPerSecond: rate("predictive_scaler_prometheus_requests_total"),
    passesPerSecond: rate("predictive_scaler_reconcile_total"),
    eventLoopP99Ms: lags.reduce((sum, lag) => sum + lag, 0) / lags.length,
    eventLoopWorstMs: Math.max(...lags),
    lateness: latenessOf(first.text, last.text),
  };
}

const verdict = (what: string, found: number, must: number): LoadVerdict => ({ what, found, must, isMet: found <= must });

/** Against what one replica has to hold with 10,000 scalers at one-minute steps, and in its start with 1,000. */
export function loadVerdicts({ scalers, step, history, secondsToDecisions, secondsToForecasts, steady }: LoadFigures): LoadVerdict[] {
  const learning = history === "28d" ? [verdict("start to all forecasting, s", secondsToForecasts, step === "1m" ? 240 : 60)] : [];
  return [
    ...(scalers <= 1_000 ? [verdict("start to all decided, s", secondsToDecisions, 30), ...learning] : []),
    verdict("cores", steady.cores, 1),
    verdict("resident memory, MiB", steady.residentMiB, 1_024),
    verdict("event-loop delay p99, ms", steady.eventLoopP99Ms, 50),
    verdict("decisions over 10 s late, %", 100 * (1 - steady.lateness.shareWithin10s), 1),
  ];
}

/** What more scalers cost, a scaler: against the fewest. */
export function growthVerdicts(few: LoadFigures, many: LoadFigures): LoadVerdict[] {
  const added = many.scalers - few.scalers;
  const cost = (one: LoadFigures) => one.steady.cores / one.scalers;
  const memory = (name: "residentMiB" | "usedMiB") => ((many.steady[name] - few.steady[name]) * 1024) / added;
  return [
    verdict(`processor time a scaler, ${many.scalers} over ${few.scalers}`, cost(many) / cost(few), 1.2),
    verdict("memory used a scaler, KiB", memory("usedMiB"), 64),
    // Resident memory has room for garbage in it, which grows with what is alive.
    verdict("resident memory a scaler, KiB", memory("residentMiB"), 90),
  ];
}
