// WAPE of the product's forecaster on real traces: its experts one by one and combined, against persistence and the other naive methods.
// The first 70 % of a window is history (fitted once, replayed), the last 30 % is judged at every sample, out of sample by construction.
import { geometricMean } from "simple-statistics";
import { combine, createCombination, resetCombination, settle } from "../../src/forecast/combination.ts";
import { createFrame } from "../../src/forecast/frame.ts";
import { createForecaster, createLocalClock, type Explanation } from "../../src/forecast/index.ts";
import { createState } from "../../src/forecast/state.ts";
import type { Series } from "../../src/series/index.ts";
import { NAIVE_METHODS, wape } from "./methods.ts";
import { table } from "./table.ts";
import { cut, readTrace } from "./traces.ts";
import { WINDOWS, type Window } from "./windows.ts";

/** Share of a window that is history. */
export const HISTORY_SHARE = 0.7;
const MINUTE_MS = 60_000;
/** Leads of a step longer than this share of the lead are one step. */
const LEAST_LEAD_STEPS = 1;

const OURS = ["holtWinters", "regression", "average", "combination", "forecast"] as const satisfies readonly (keyof Explanation)[];

export interface Verdict {
  readonly trace: string;
  readonly stepSeconds: number;
  readonly samples: number;
  readonly leadSteps: number;
  /** WAPE in percent by method. */
  readonly wape: Readonly<Record<string, number>>;
  readonly prototype: number;
  /** Share of judged samples at or below the bound, percent. */
  readonly coverage90: number;
  readonly coverage95: number;
  /** Mean pinball loss of the 95 % bound, percent of the mean demand. */
  readonly pinball95: number;
  readonly fitMs: number;
  readonly replayMs: number;
}

/** What the product says for each sample one lead before it, by part. */
function run(series: Series, leadSteps: number, split: number): { said: Map<string, Float64Array>; fitMs: number; replayMs: number } {
  const { startMs, stepMs, values } = series;
  const forecaster = createForecaster({ stepMs, leadSteps: [leadSteps], day: true, week: true, localClock: createLocalClock("UTC") });
  const begin = performance.now();
  forecaster.fit({ startMs, stepMs, values: values.slice(0, split) });
  const fitted = performance.now();
  const said = new Map<string, Float64Array>([...OURS, "upper90", "upper95"].map((part) => [part, new Float64Array(values.length).fill(NaN)]));
  for (let i = 0; i < values.length; i++) {
    forecaster.observe(startMs + i * stepMs, values[i]!);
    const parts: Record<string, number> = { ...forecaster.explain(leadSteps) };
    for (const [part, line] of said) if (i + leadSteps < values.length) line[i + leadSteps] = parts[part] ?? NaN;
  }
  return { said, fitMs: fitted - begin, replayMs: performance.now() - fitted };
}

/** Expert 1 combined with persistence alone, by the product's own combination: expert 2 never says anything. */
function withFallback(values: Float64Array, seasonal: Float64Array, persistence: Float64Array, leadSteps: number, stepMs: number): Float64Array {
  const combination = createCombination(createState(), stepMs);
  resetCombination(combination);
  const frame = createFrame();
  const out = new Float64Array(values.length).fill(NaN);
  for (let i = 0; i + leadSteps < values.length; i++) {
    frame.value = values[i]!;
    settle(combination, { holtWinters: seasonal[i]!, regression: NaN, average: persistence[i]! }, frame);
    const now = { holtWinters: seasonal[i + leadSteps]!, regression: 0, average: persistence[i + leadSteps]!, combination: NaN };
    combine(combination, now);
    out[i + leadSteps] = now.combination;
  }
  return out;
}

function covered(values: Float64Array, bound: Float64Array, from: number): number {
  let count = 0;
  let below = 0;
  for (let i = from; i < values.length; i++) {
    if (Number.isNaN(values[i]! + bound[i]!)) continue;
    count++;
    if (values[i]! <= bound[i]!) below++;
  }
  return (100 * below) / count;
}

function pinball(values: Float64Array, bound: Float64Array, from: number, probability: number): number {
  let loss = 0;
  let demand = 0;
  for (let i = from; i < values.length; i++) {
    const over = values[i]! - bound[i]!;
    if (Number.isNaN(over)) continue;
    loss += over > 0 ? probability * over : (probability - 1) * over;
    demand += Math.abs(values[i]!);
  }
  return (100 * loss) / demand;
}

/** Judges one window at a lead of `leadMs`. */
export function judge(dir: string, window: Window, leadMs: number): Verdict {
  const series = cut(readTrace(dir, window.trace, window.stepMs), window);
  const { values, stepMs } = series;
  const leadSteps = Math.max(LEAST_LEAD_STEPS, Math.round(leadMs / stepMs));
  const split = Math.floor(HISTORY_SHARE * values.length);
  const { said, fitMs, replayMs } = run(series, leadSteps, split);
  const naive = Object.entries(NAIVE_METHODS).map(([name, method]) => [name, method(series, leadSteps)] as const);
  const line = (part: string) => said.get(part) ?? new Float64Array(values.length).fill(NaN);
  const persistence = naive[0]?.[1] ?? new Float64Array();
  const ours = [...OURS.map((part) => [part, line(part)] as const), ["fallback", withFallback(values, line("holtWinters"), persistence, leadSteps, stepMs)] as const];
  return {
    trace: window.trace, stepSeconds: stepMs / 1000, samples: values.length, leadSteps, prototype: window.prototype, fitMs, replayMs,
    wape: Object.fromEntries([...naive, ...ours].map(([name, forecasts]) => [name, wape(values, forecasts, split)])),
    coverage90: covered(values, line("upper90"), split),
    coverage95: covered(values, line("upper95"), split),
    pinball95: pinball(values, line("upper95"), split, 0.95),
  };
}


export interface Summary {
  /** Geometric mean over the windows of each method's WAPE over that of persistence. */
  readonly ofPersistence: Readonly<Record<string, number>>;
  readonly windows: readonly Verdict[];
}

/** Judges all windows whose traces lie in `dir`. */
export function accuracy(dir: string, leadMs = 20 * MINUTE_MS): Summary {
  const windows = WINDOWS.map((window) => judge(dir, window, leadMs));
  const names = Object.keys(windows[0]?.wape ?? {});
  const ratio = (of: (verdict: Verdict) => number) => geometricMean(windows.map((verdict) => of(verdict) / (verdict.wape["persistence"] ?? NaN)));
  return {
    ofPersistence: { ...Object.fromEntries(names.map((name) => [name, ratio(({ wape }) => wape[name] ?? NaN)])), prototype: ratio(({ prototype }) => prototype) },
    windows,
  };
}

const SHOWN = [
  ["persistence", "persist"], ["EMA5", "EMA5"], ["SN day", "day"], ["SN week", "week"],
  ["holtWinters", "HW"], ["fallback", "HW+p"], ["regression", "RLS"], ["combination", "1-3"], ["forecast", "all"],
] as const;

/** The table for a person: WAPE in percent at the lead, the best of each row in bold. */
export function accuracyTable({ ofPersistence, windows }: Summary, isBold: boolean): string[] {
  const columns = [{ title: "trace" }, ...SHOWN.map(([, title]) => ({ title, decimals: 2 })), { title: "proto", decimals: 2 }, { title: "in90%", decimals: 1 }, { title: "in95%", decimals: 1 }];
  const rows = windows.map((verdict) => [
    verdict.trace.replace(/_\d+m$/, ""), ...SHOWN.map(([name]) => verdict.wape[name] ?? NaN), verdict.prototype, verdict.coverage90, verdict.coverage95,
  ]);
  const best = (row: readonly (string | number)[]) => {
    const numbers = row.slice(1, 1 + SHOWN.length).map(Number);
    return 1 + numbers.indexOf(Math.min(...numbers));
  };
  const ratios = ["of persistence", ...SHOWN.map(([name]) => ofPersistence[name] ?? NaN), ofPersistence["prototype"] ?? NaN, NaN, NaN];
  return table(columns, [...rows, ratios], best, isBold);
}
