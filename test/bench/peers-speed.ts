// How long the fit of a four-week history takes, ours and others', in one run on the same seeded points.
// Memory is what this process grew by (least 0), or, for a child process, the most it held.
import { cpus, totalmem } from "node:os";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import type { Series } from "../../src/series/index.ts";
import { traffic } from "../forecast/series.ts";
import { timed, type Timing } from "./clockwork.ts";
import { fitElsewhere } from "./peers-elsewhere.ts";
import { arePeersInstalled, INSTALL, loadMstl, loadProphet, type Peer } from "./peers.ts";
import { table } from "./table.ts";

const MINUTE_MS = 60_000;
const LEAD_MS = 20 * MINUTE_MS;
const DAYS = 28;
const OURS = "ours";
/** The smaller first, so that memory grows with each. */
const STEPS_MS = [5 * MINUTE_MS, MINUTE_MS];
const RUNS = { ours: { times: 30, warmUps: 15 }, peer: { times: 2, warmUps: 0 } };
/** A peer that took this long is not run again: the first fit's compilation no longer counts. */
const LONG_MS = 5000;

export interface PeerFigure {
  readonly name: string;
  readonly samples: number;
  /** Best time of a fit. */
  readonly ms: number;
  /** How many of our fits that is. */
  readonly ratio: number;
  readonly megabytes: number;
}

export interface PeerSpeed {
  readonly machine: string;
  readonly figures: readonly PeerFigure[];
  /** A sentence for each that was not run. */
  readonly skipped: readonly string[];
}

const points = (stepMs: number): Series => traffic({ days: DAYS, stepMs, noise: 0.05 });
const residentMb = () => process.memoryUsage().rss / 2 ** 20;

function fitOurs(history: Series): Timing {
  const { stepMs } = history;
  const forecaster = createForecaster({ stepMs, leadSteps: [LEAD_MS / stepMs], day: true, week: true, localClock: createLocalClock("UTC") });
  return timed(() => void forecaster.fit(history), RUNS.ours.times, RUNS.ours.warmUps);
}

function fitPeer(peer: Peer, history: Series): Timing {
  const once = () => peer.fit(history).free();
  const first = timed(once, 1, 0);
  return first.best > LONG_MS ? first : timed(once, RUNS.peer.times, RUNS.peer.warmUps);
}

/** Measures all that are there; a minute or two. `progress` hears what runs. */
export async function peerSpeed(progress: (what: string) => void): Promise<PeerSpeed> {
  const { model = "unknown processor" } = cpus()[0] ?? {};
  const machine = `${cpus().length} x ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version} on ${process.arch}`;
  const found: Omit<PeerFigure, "ratio">[] = [];
  const skipped: string[] = [];
  const measure = async (name: string, load: () => Promise<(history: Series) => Timing>) => {
    const before = residentMb();
    const fit = await load();
    for (const stepMs of STEPS_MS) {
      const history = points(stepMs);
      progress(`${name}, ${history.values.length} points`);
      const { best } = fit(history);
      found.push({ name, samples: history.values.length, ms: best, megabytes: Math.max(0, residentMb() - before) });
    }
  };
  await measure(OURS, () => Promise.resolve(fitOurs));
  if (arePeersInstalled()) {
    for (const [name, load] of [["augurs MSTL-ETS", loadMstl], ["Prophet (wasm)", loadProphet]] as const)
      await measure(name, async () => {
        const peer = await load();
        return (history) => fitPeer(peer, history);
      });
  } else skipped.push(INSTALL);
  for (const stepMs of STEPS_MS) {
    const history = points(stepMs);
    const samples = history.values.length;
    for (const answer of fitElsewhere(history, (name) => progress(`${name}, ${samples} points`))) {
      if (answer.kind === "timed") found.push({ name: answer.name, samples, ms: answer.ms, megabytes: answer.megabytes });
      else skipped.push(`Skipped at ${samples} points: ${answer.name}: ${answer.why}.`);
    }
  }
  const ours = (samples: number) => found.find((figure) => figure.name === OURS && figure.samples === samples)?.ms ?? NaN;
  return { machine, figures: found.map((figure) => ({ ...figure, ratio: figure.ms / ours(figure.samples) })), skipped };
}

/** The table for a person. */
export function peerSpeedTable({ machine, figures, skipped }: PeerSpeed): string[] {
  const columns = [{ title: "fit of four weeks" }, { title: "points" }, { title: "ms", decimals: 1 }, { title: "x ours" }, { title: "MiB" }];
  const rows = figures.toSorted((a, b) => b.samples - a.samples || a.ms - b.ms).map(({ name, samples, ms, ratio, megabytes }) => [name, samples, ms, ratio, megabytes]);
  return [...table(columns, rows), "", ...skipped, machine];
}
