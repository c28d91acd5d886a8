// How well the bounds are calibrated: the share of samples at or below each bound, on the windows and on parts of the traces that nothing was chosen on.
// As in accuracy.ts the first 70 % of a window is history, the last 30 % is judged at every sample.
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import type { Series } from "../../src/series/index.ts";
import { uniform } from "../forecast/series.ts";
import { HISTORY_SHARE } from "./accuracy.ts";
import { table } from "./table.ts";
import { cut, readTrace } from "./traces.ts";
import { WINDOWS } from "./windows.ts";

const DAY_MS = 86_400_000;
const LEVELS = [0.9, 0.95, 0.99, 0.999] as const;
/** What each window must reach in percent; fewer samples may miss it by two standard errors. */
const LIMITS = new Map([[0.9, [87.5, 92.5]], [0.95, [92.5, 97]]] as const);
const STANDARD_ERRORS = 2;
const HOLD_OUTS = { count: 20, seed: 17, leastDays: 7, mostDays: 42 };

/** One level on one window. */
export interface Coverage {
  readonly probability: number;
  /** Percent of the judged samples at or below the bound. */
  readonly covered: number;
  /** Mean pinball loss in percent of the mean demand. */
  readonly pinball: number;
  /** Whether the bound was known all the time. */
  readonly isKnown: boolean;
  /** Against the limits; undefined where there are none. */
  readonly isWithin: boolean | undefined;
}

export interface Covered {
  readonly trace: string;
  readonly from: string;
  readonly days: number;
  readonly judged: number;
  readonly levels: readonly Coverage[];
}

function isWithin(probability: (typeof LEVELS)[number], covered: number, judged: number): boolean | undefined {
  const limits = LIMITS.get(probability as 0.9 | 0.95);
  if (limits === undefined) return undefined;
  const off = STANDARD_ERRORS * 100 * Math.sqrt((probability * (1 - probability)) / judged);
  return (covered >= limits[0] && covered <= limits[1]) || Math.abs(covered - 100 * probability) <= off;
}

/** Judges the bounds `leadMs` ahead on one series. */
function coverage(trace: string, { startMs, stepMs, values }: Series, leadMs: number): Covered {
  const leadSteps = Math.max(1, Math.round(leadMs / stepMs));
  const split = Math.floor(HISTORY_SHARE * values.length);
  const forecaster = createForecaster({ stepMs, leadSteps: [leadSteps], day: true, week: true, localClock: createLocalClock("UTC") });
  forecaster.fit({ startMs, stepMs, values: values.slice(0, split) });
  const said = LEVELS.map(() => new Float64Array(values.length).fill(NaN));
  const known = LEVELS.map(() => true);
  for (const [i, value] of values.entries()) {
    forecaster.observe(startMs + i * stepMs, value);
    if (i + leadSteps < split || i + leadSteps >= values.length) continue;
    for (const [level, probability] of LEVELS.entries()) {
      const bound = forecaster.bound(leadSteps, probability);
      said[level]![i + leadSteps] = bound.demand;
      known[level] &&= bound.isKnown;
    }
  }
  let judged = 0;
  const levels = LEVELS.map((probability, level): Coverage => {
    const sums = { count: 0, below: 0, loss: 0, demand: 0 };
    for (let i = split; i < values.length; i++) {
      const over = values[i]! - said[level]![i]!;
      if (Number.isNaN(over)) continue;
      sums.count++;
      if (over <= 0) sums.below++;
      sums.loss += Math.max(probability * over, (probability - 1) * over);
      sums.demand += values[i]!;
    }
    judged = sums.count;
    const covered = (100 * sums.below) / sums.count;
    return { probability, covered, pinball: (100 * sums.loss) / sums.demand, isKnown: known[level] ?? false, isWithin: isWithin(probability, covered, judged) };
  });
  return { trace, from: new Date(startMs).toISOString().slice(0, 10), days: (values.length * stepMs) / DAY_MS, judged, levels };
}

/** Seeded parts of the traces, one to six weeks long. */
function holdOuts(dir: string): { readonly trace: string; readonly series: Series }[] {
  const next = uniform(HOLD_OUTS.seed);
  const traces = [...new Map(WINDOWS.map((window) => [window.trace, window])).values()];
  return Array.from({ length: HOLD_OUTS.count }, () => {
    const { trace, stepMs } = traces[Math.floor(next() * traces.length)]!;
    const whole = readTrace(dir, trace, stepMs);
    const perDay = DAY_MS / stepMs;
    const samples = Math.min(whole.values.length, Math.round((HOLD_OUTS.leastDays + next() * (HOLD_OUTS.mostDays - HOLD_OUTS.leastDays)) * perDay));
    const from = Math.floor(next() * (whole.values.length - samples));
    return { trace, series: { startMs: whole.startMs + from * stepMs, stepMs, values: whole.values.slice(from, from + samples) } };
  });
}

export interface CoverageSummary {
  readonly leadMinutes: number;
  readonly windows: readonly Covered[];
  readonly holdOuts: readonly Covered[];
}

/** Judges all windows, and the parts held out, of the traces in `dir`. */
export function coverages(dir: string, leadMs: number): CoverageSummary {
  return {
    leadMinutes: leadMs / 60_000,
    windows: WINDOWS.map((window) => coverage(window.trace, cut(readTrace(dir, window.trace, window.stepMs), window), leadMs)),
    holdOuts: holdOuts(dir).map(({ trace, series }) => coverage(trace, series, leadMs)),
  };
}

function verdictOf(what: string, all: readonly Covered[]): string {
  const levels = [...LIMITS].map(([probability, [least, most]]) => {
    const missed = all.filter(({ levels }) => levels.some((level) => level.probability === probability && level.isWithin === false));
    const names = missed.length > 0 ? ` (not ${missed.map(({ trace, days }) => `${trace}, ${days.toFixed(0)} days`).join("; ")})` : "";
    return `${all.length - missed.length} of ${all.length} within ${least}-${most} % at ${100 * probability} %${names}`;
  });
  return `${what}: ${levels.join(", ")}; within two standard errors counts.`;
}

/** The table for a person: percent of samples covered; a question mark where there were too few errors to know the bound all the time. */
export function coverageTable({ windows, holdOuts: parts }: CoverageSummary): string[] {
  const columns = [{ title: "trace" }, { title: "from" }, { title: "days", decimals: 0 }, { title: "judged", decimals: 0 }, ...LEVELS.map((level) => ({ title: `in${100 * level}%` }))];
  const rows = [...windows, ...parts].map(({ trace, from, days, judged, levels }) => [
    trace.replace(/_\d+m$/, ""), from, days, judged,
    ...levels.map((level) => `${level.covered.toFixed(level.probability > 0.99 ? 2 : 1)}${level.isWithin === false ? "!" : level.isKnown ? " " : "?"}`),
  ]);
  const lines = table(columns, rows);
  lines.splice(2 + windows.length, 0, "");
  return [...lines, "", verdictOf("Windows", windows), verdictOf("Held out", parts)];
}
