// The error of augurs' MSTL (refitted every 3 hours) and of Prophet (refitted daily) on the windows on which ours is judged, beside ours.
// A forecast for a sample uses only what was known one lead before it. They are slow: the windows with the fewest samples come first.
import { geometricMean } from "simple-statistics";
import type { Series } from "../../src/series/index.ts";
import { judge, type Verdict } from "./accuracy.ts";
import { wape } from "./methods.ts";
import { loadMstl, loadProphet, type Fitted, type Peer } from "./peers.ts";
import { table } from "./table.ts";
import { cut, readTrace } from "./traces.ts";
import { WINDOWS } from "./windows.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const HISTORY_SHARE = 0.7;
const REFIT_MS = { mstl: 3 * HOUR_MS, prophet: 24 * HOUR_MS };
/** Prophet+r: so much of the recent mean of its errors is added. */
const RESIDUAL = { share: 0.9, meanMs: 15 * MINUTE_MS, lookBackMs: HOUR_MS };

type Said = Record<string, Float64Array>;

/** Calls `say` for each refit with the model, the sample it knows last, and the first sample that is no longer its own to forecast from. */
function refitted(peer: Peer, { startMs, stepMs, values }: Series, from: number, everyMs: number, say: (model: Fitted, known: number, until: number) => void): number {
  const every = Math.max(1, Math.round(everyMs / stepMs));
  let failures = 0;
  for (let known = from; known < values.length; known += every) {
    try {
      const model = peer.fit({ startMs, stepMs, values: values.slice(0, known + 1) });
      say(model, known, Math.min(known + every, values.length));
      model.free();
    } catch {
      failures++;
    }
  }
  return failures;
}

function byMstl(peer: Peer, series: Series, leadSteps: number, split: number, failed: (count: number) => void): Said {
  const MSTL = new Float64Array(series.values.length).fill(NaN);
  failed(refitted(peer, series, split - leadSteps, REFIT_MS.mstl, (model, known, until) => {
    const from = known + leadSteps;
    model.predict(from, until + leadSteps).forEach((y, k) => from + k < MSTL.length && (MSTL[from + k] = Math.max(0, y)));
  }));
  return { MSTL };
}

function byProphet(peer: Peer, series: Series, leadSteps: number, split: number, failed: (count: number) => void): Said {
  const { stepMs, values } = series;
  const plain = new Float64Array(values.length).fill(NaN);
  const corrected = plain.slice();
  const gain = 1 - Math.exp(-stepMs / RESIDUAL.meanMs);
  failed(refitted(peer, series, split - leadSteps, REFIT_MS.prophet, (model, known, until) => {
    const from = Math.max(0, known - Math.round(RESIDUAL.lookBackMs / stepMs));
    const line = model.predict(from, until + leadSteps);
    let mean = 0;
    for (let i = from; i < until; i++) {
      const error = values[i]! - line[i - from]!;
      if (!Number.isNaN(error)) mean += (i === from ? 1 : gain) * (error - mean);
      if (i < known || i + leadSteps >= values.length) continue;
      plain[i + leadSteps] = Math.max(0, line[i + leadSteps - from]!);
      corrected[i + leadSteps] = Math.max(0, line[i + leadSteps - from]! + RESIDUAL.share * mean);
    }
  }));
  return { Prophet: plain, "Prophet+r": corrected };
}

/** Judges ours and the peers on the `most` windows with the fewest samples, at a lead of `leadMs`. */
export async function peerAccuracy(dir: string, leadMs: number, most: number, progress: (what: string) => void): Promise<Verdict[]> {
  const [mstl, prophet] = [await loadMstl(), await loadProphet()];
  const windows = WINDOWS.map((window) => ({ window, series: cut(readTrace(dir, window.trace, window.stepMs), window) }));
  const chosen = windows.toSorted((a, b) => a.series.values.length - b.series.values.length).slice(0, most);
  return chosen.map(({ window, series }, at) => {
    const ours = judge(dir, window, leadMs);
    const split = Math.floor(HISTORY_SHARE * series.values.length);
    const begin = performance.now();
    const say = (what: string) => progress(`${at + 1}/${chosen.length} ${window.trace}, ${series.values.length} samples: ${what}, ${((performance.now() - begin) / 1000).toFixed(0)} s`);
    const failed = (name: string) => (count: number) => say(count === 0 ? `${name} done` : `${name} done, ${count} fits found no model and are left out`);
    const said = { ...byMstl(mstl, series, ours.leadSteps, split, failed("MSTL")), ...byProphet(prophet, series, ours.leadSteps, split, failed("Prophet")) };
    return { ...ours, wape: { ...ours.wape, ...Object.fromEntries(Object.entries(said).map(([name, line]) => [name, wape(series.values, line, split)])) } };
  });
}

const SHOWN = [
  ["persistence", "persist"], ["EMA5", "EMA5"], ["SN day", "day"], ["SN week", "week"], ["MSTL", "MSTL"], ["Prophet", "Prophet"], ["Prophet+r", "Proph+r"], ["forecast", "ours"],
] as const;

/** The table for a person: WAPE in percent at the lead, the best of each row in bold, the last row against persistence. */
export function peerAccuracyTable(verdicts: readonly Verdict[], isBold: boolean): string[] {
  const columns = [{ title: "trace" }, ...SHOWN.map(([, title]) => ({ title, decimals: 2 }))];
  const rows = verdicts.map(({ trace, wape: by }) => [trace.replace(/_\d+m$/, ""), ...SHOWN.map(([name]) => by[name] ?? NaN)]);
  const ratio = (name: string) => geometricMean(verdicts.map(({ wape: by }) => (by[name] ?? NaN) / (by["persistence"] ?? NaN)));
  const best = (row: readonly (string | number)[]) => {
    const numbers = row.slice(1).map(Number).map((y) => (Number.isNaN(y) ? Infinity : y));
    return 1 + numbers.indexOf(Math.min(...numbers));
  };
  return table(columns, [...rows, ["of persistence", ...SHOWN.map(([name]) => ratio(name))]], best, isBold);
}
