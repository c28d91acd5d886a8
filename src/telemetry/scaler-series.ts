// The series of each scaler: what the last pass found, and what has been counted since. They end when the scaler does.
// Invariant: a scaler costs one entry, not one object a series, so that thousands of scalers cost little memory and no time between scrapes.
import { label } from "./exposition.ts";
import type { Family } from "./exposition.ts";

/** What is exported of one scaler after a pass; NaN is left out. */
export interface ScalerGauges {
  readonly demand: number;
  /** Demand that one replica serves. */
  readonly targetPerReplica: number;
  readonly forecasts: readonly { readonly horizon: string; readonly point: number; readonly upper: number }[];
  readonly replicas: {
    readonly current: number;
    readonly desired: number;
    readonly ready: number;
    /** The most that the manifest allows. */
    readonly max: number;
    /** What a plain HPA with a target utilisation of 80 % would ask for now. */
    readonly reactive: number;
  };
  /** Replicas that the largest demand forecast for the next hour needs, whatever the maximum. */
  readonly peakReplicas: number;
  /** When that demand is forecast for, unix s. */
  readonly peakAtSeconds: number;
  /** How much smaller the forecast's error is than persistence's, by window. */
  readonly skill: { readonly "6h": number; readonly "24h": number };
  readonly leadSeconds: number;
  /** From asking for replicas to Ready: of the last scale-up, and what nine of ten do not exceed. */
  readonly timeToReadySeconds: { readonly last: number; readonly high: number };
  /** When the model was fitted, unix s. */
  readonly fittedAtSeconds: number;
  /** Share of the time in which ready capacity is to cover demand. */
  readonly serviceLevelTarget: number;
  /** Share of the last week in which it did. */
  readonly serviceLevelMet: number;
  /** Placeholder pods, where they are asked for. */
  readonly headroom?: { readonly wanted: number; readonly ready: number } | undefined;
  readonly wape: number;
  readonly coverage: number;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  /** Which rule decided last; undefined where there was no decision. */
  readonly decided: string | undefined;
}

export type AnomalyKind = "outlier" | "levelShift" | "stuck";

export interface ScalerSeries {
  /** Replaces what is exported for one scaler. */
  scaler(namespace: string, name: string, gauges: ScalerGauges): void;
  forget(namespace: string, name: string): void;
  overloaded(namespace: string, name: string, seconds: number): void;
  anomaly(namespace: string, name: string, kind: AnomalyKind): void;
  /** What is known now, metric by metric; what changes meanwhile is left to the next. */
  families(): Iterable<Family>;
}

interface Entry {
  /** `namespace="…",name="…"`. */
  readonly labels: string;
  readonly gauges: ScalerGauges | undefined;
  readonly overloadedSeconds: number;
  readonly anomalies: Readonly<Record<AnomalyKind, number>>;
}

/** Further labels, and the value. */
type Point = readonly [labels: string, value: number];

export interface ScalerFamily {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** Beside `namespace` and `name`. */
  readonly labels: readonly string[];
}

interface Readable extends ScalerFamily {
  readonly read: (entry: Entry) => readonly Point[];
}

function gauge(name: string, help: string, read: (gauges: ScalerGauges) => number): Readable {
  return { name: `predictive_scaler_${name}`, type: "gauge", help, labels: [], read: ({ gauges }) => (gauges === undefined ? [] : [["", read(gauges)]]) };
}

function gauges(name: string, labels: readonly string[], help: string, read: (gauges: ScalerGauges) => readonly Point[]): Readable {
  return { name: `predictive_scaler_${name}`, type: "gauge", help, labels, read: (entry) => (entry.gauges === undefined ? [] : read(entry.gauges)) };
}

function counter(name: string, labels: readonly string[], help: string, read: (entry: Entry) => readonly Point[]): Readable {
  return { name: `predictive_scaler_${name}`, type: "counter", help, labels, read };
}

const each = (name: string, values: Readonly<Record<string, number>>): Point[] => Object.entries(values).map(([key, value]) => [label(name, key), value]);
const KINDS = "current, desired, ready; max: what the manifest allows; reactive: what a plain HPA with a target of 80 % would ask for now";

/** The order of /metrics and of the reference. */
const FAMILIES: readonly Readable[] = [
  gauge("demand", "Demand now: the value of the query.", ({ demand }) => demand),
  gauge("target_per_replica", "Demand that one replica serves: metric.targetPerReplica.", ({ targetPerReplica }) => targetPerReplica),
  gauges("forecast_demand", ["quantile", "horizon"], "Demand forecast for one horizon from now: point, or upper (the 95 % bound).", ({ forecasts }) =>
    forecasts.flatMap(({ horizon, point, upper }): Point[] => {
      const labels = (quantile: string) => `${label("quantile", quantile)},${label("horizon", horizon)}`;
      return [
        [labels("point"), point],
        [labels("upper"), upper],
      ];
    }),
  ),
  gauges("replicas", ["kind"], `Replicas of the target: ${KINDS}.`, ({ replicas }) => each("kind", replicas)),
  gauges("peak_replicas", ["horizon"], "Replicas that the largest demand forecast needs, whatever the maximum.", ({ peakReplicas }) =>
    each("horizon", { "1h": peakReplicas }),
  ),
  gauges("peak_timestamp_seconds", ["horizon"], "When the largest demand is forecast for.", ({ peakAtSeconds }) => [[label("horizon", "1h"), peakAtSeconds]]),
  gauge("forecast_wape_ratio", "Weighted absolute percentage error at the lead over 7 days.", ({ wape }) => wape),
  gauge("forecast_coverage_ratio", "Share of samples at or below the 95 % bound over 7 days.", ({ coverage }) => coverage),
  gauges("forecast_skill_ratio", ["window"], "1 - error of the forecast / error of taking demand as it is, at the lead.", ({ skill }) => each("window", skill)),
  gauge("lead_time_seconds", "How far ahead replicas are asked for.", ({ leadSeconds }) => leadSeconds),
  gauges("time_to_ready_seconds", ["kind"], "From asking for replicas to Ready: last, or high (nine of ten).", ({ timeToReadySeconds }) =>
    each("kind", timeToReadySeconds),
  ),
  gauge("model_fitted_timestamp_seconds", "When the model that serves was fitted.", ({ fittedAtSeconds }) => fittedAtSeconds),
  gauge("service_level_target_ratio", "Share of the time in which capacity is to cover demand.", ({ serviceLevelTarget }) => serviceLevelTarget),
  gauge("service_level_met_ratio", "Share of the last 7 days in which ready capacity covered demand.", ({ serviceLevelMet }) => serviceLevelMet),
  gauges("headroom_pods", ["kind"], "Placeholder pods of spec.nodeHeadroom: wanted, or ready (those that have their room).", ({ headroom }) =>
    headroom === undefined ? [] : each("kind", headroom),
  ),
  gauges("condition", ["type", "reason"], "1 where the condition is True, 0 where it is not.", ({ conditions }) =>
    conditions.map(({ type, status, reason }) => [`${label("type", type)},${label("reason", reason)}`, status === "True" ? 1 : 0]),
  ),
  gauges("decision", ["reason"], "1 for the rule that decided in the last pass.", ({ decided }) =>
    decided === undefined ? [] : each("reason", { [decided]: 1 }),
  ),
  counter("anomalies_total", ["kind"], "Unusual samples: outliers held back, level shifts followed, values that got stuck.", ({ anomalies }) =>
    each("kind", Object.fromEntries(Object.entries(anomalies).filter(([, count]) => count > 0))),
  ),
  counter("overloaded_seconds_total", [], "Time in which demand was above ready capacity.", ({ overloadedSeconds }) => [["", overloadedSeconds]]),
];

/** What the reference lists. */
export const SCALER_FAMILIES: readonly ScalerFamily[] = FAMILIES;

export function createScalerSeries(): ScalerSeries {
  const entries = new Map<string, Entry>();
  const entryOf = (namespace: string, name: string): Entry =>
    entries.get(`${namespace}/${name}`) ?? {
      labels: `${label("namespace", namespace)},${label("name", name)}`,
      gauges: undefined,
      overloadedSeconds: 0,
      anomalies: { outlier: 0, levelShift: 0, stuck: 0 },
    };
  // Entries are replaced and never changed: a scrape under way goes on with those that it began with.
  const put = (namespace: string, name: string, change: (entry: Entry) => Partial<Entry>) => {
    const entry = entryOf(namespace, name);
    entries.set(`${namespace}/${name}`, { ...entry, ...change(entry) });
  };
  return {
    scaler: (namespace, name, values) => put(namespace, name, () => ({ gauges: values })),
    forget: (namespace, name) => void entries.delete(`${namespace}/${name}`),
    overloaded: (namespace, name, seconds) => put(namespace, name, (entry) => ({ overloadedSeconds: entry.overloadedSeconds + seconds })),
    anomaly: (namespace, name, kind) => put(namespace, name, ({ anomalies }) => ({ anomalies: { ...anomalies, [kind]: anomalies[kind] + 1 } })),
    families() {
      const now = [...entries.values()];
      return FAMILIES.map((family) => ({ ...family, blocks: blocksOf(family, now) }));
    },
  };
}

function* blocksOf({ name, read }: Readable, entries: readonly Entry[]): Generator<string, void> {
  for (const entry of entries) {
    let block = "";
    for (const [further, value] of read(entry)) {
      const labels = further === "" ? entry.labels : `${entry.labels},${further}`;
      if (Number.isFinite(value)) block += `${name}{${labels}} ${value}\n`;
    }
    yield block;
  }
}
