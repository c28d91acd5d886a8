// How fast the product's forecaster is: fit, one pass, update and forecast, replay; each beside the naive form of the same recurrence, in one run.
// The series are seeded: 40,320 samples of a minute and 8,064 of five minutes, day and week shape and noise.
import { cutBlocks, rooted } from "../../src/forecast/holt-winters/blocks.ts";
import { fitHoltWinters } from "../../src/forecast/holt-winters/fit.ts";
import { initialState } from "../../src/forecast/holt-winters/initial-state.ts";
import { createHoltWinters, expectation, learn, setLevel, setParameters, UNFITTED } from "../../src/forecast/holt-winters/kernel.ts";
import { pass } from "../../src/forecast/holt-winters/pass.ts";
import { createWorkspace } from "../../src/forecast/holt-winters/workspace.ts";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { timeOfDay, timeOfWeek } from "../../src/forecast/seasons.ts";
import { createState } from "../../src/forecast/state.ts";
import type { Series } from "../../src/series/index.ts";
import { traffic } from "../forecast/series.ts";
import { allocated, boxed, timed } from "./clockwork.ts";
import { naiveForecast, naiveModel, naivePass, naiveStep } from "./naive.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS = 28;
const LEAD_MS = 20 * MINUTE_MS;
const MOST = 1e30;
/** Runs that the measuring of allocation takes: its tries and two before them. */
const ALLOCATION_RUNS = 7;
/** The naive form may differ from the product's by so much: the product keeps its profiles as 32-bit floats. */
const AGREEMENT = 1e-5;

export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly best: number;
  readonly median: number;
  readonly must: number;
  /** The naive form in the same unit; NaN where there is none. */
  readonly naive: number;
  /** Bytes of heap per call; NaN where it is not measured. */
  readonly bytes: number;
}

const UTC = createLocalClock("UTC");
const SEASONS = { day: true, week: true } as const;

/** The naive model must say what the kernel says, or the comparison means nothing. */
function checkNaive({ startMs, stepMs, values }: Series, leadSteps: number): void {
  const level = Math.sqrt(values[0]!);
  const model = createHoltWinters(createState(), stepMs);
  setParameters(model, UNFITTED);
  setLevel(model, level);
  let naive = naiveModel({ level, day: new Float64Array(model.day.length), week: new Float64Array(model.week.length) }, startMs);
  for (let i = 0; i < 2000; i++) {
    const at = startMs + i * stepMs;
    const then = at + leadSteps * stepMs;
    const z = Math.sqrt(values[i]!);
    learn(model, timeOfDay(at), timeOfWeek(at), z - expectation(model, timeOfDay(at), timeOfWeek(at), UNFITTED.phi));
    naive = naiveStep(naive, at, stepMs, z, UNFITTED);
    const ours = expectation(model, timeOfDay(then), timeOfWeek(then), UNFITTED.phi ** leadSteps);
    const theirs = naiveForecast(naive, at, stepMs, leadSteps, UNFITTED);
    if (!(Math.abs(ours - theirs) < AGREEMENT * Math.abs(ours))) throw new Error(`the naive form differs at step ${i}: ${theirs}, expected ${ours}`);
  }
}

interface Musts {
  readonly fitMs: number;
  readonly passMs: number;
  readonly updateUs: number;
  readonly replayMs: number;
}

function figuresAt(stepMs: number, must: Musts): Figure[] {
  const name = `${stepMs / MINUTE_MS} min`;
  const series = traffic({ days: DAYS, stepMs, noise: 0.05 });
  const { startMs, values } = series;
  const leadSteps = Math.round(LEAD_MS / stepMs);
  const from = Math.round((7 * DAY_MS) / stepMs);
  checkNaive(series, leadSteps);

  const request = { leadSteps, ...SEASONS, localClock: UTC, most: MOST };
  let runs = 0;
  const fit = timed(() => {
    const found = fitHoltWinters(series, request);
    if (found.kind === "fitted") runs = found.passes;
  }, 30, 15);

  const z = rooted(values, MOST);
  const initial = initialState(series, z, from, SEASONS, UTC);
  const blocks = cutBlocks(series, z, leadSteps, from, UTC);
  const workspace = createWorkspace(blocks);
  const errors = new Float64Array(blocks.count - blocks.judgedFrom);
  const onePass = () => pass(blocks, blocks.count, initial, UNFITTED, workspace, errors);
  const passes = timed(onePass, 300, 50);
  const naivePasses = timed(() => void naivePass(series, initial, UNFITTED, leadSteps, from), 3, 1);

  const forecaster = createForecaster({ stepMs, leadSteps: [leadSteps], ...SEASONS, localClock: UTC });
  let at = startMs;
  let checksum = 0;
  const replay = () => {
    for (let i = 0; i < values.length; i++, at += stepMs) {
      forecaster.observe(at, values[i]!);
      checksum += forecaster.forecast(leadSteps);
    }
  };
  const replays = timed(replay, 15, 8);
  // The caller's numbers exist beforehand: what is counted is what the forecaster allocates. A forecast that is returned is a number of 16 bytes at most.
  const boxedValues = boxed(values);
  const boxedTimes = boxed(values.map((_, i) => at + i * stepMs));
  for (const timeMs of boxedTimes) UTC.localMs(timeMs);
  let next = 0;
  const samples = Math.floor(values.length / ALLOCATION_RUNS);
  const bytes = allocated(() => {
    for (let i = 0; i < samples; i++, next++) forecaster.observe(boxedTimes[next]!, boxedValues[next]!);
  }, samples);
  let naive = naiveModel(initial, startMs);
  const naiveSteps = 1000;
  const naiveUpdates = timed(() => {
    for (let i = 0; i < naiveSteps; i++) {
      naive = naiveStep(naive, startMs + i * stepMs, stepMs, Math.sqrt(values[i]!), UNFITTED);
      checksum += naiveForecast(naive, startMs + i * stepMs, stepMs, leadSteps, UNFITTED);
    }
  }, 5, 2);
  if (!(checksum >= 0)) throw new Error(`a forecast was ${checksum}`);

  const perStep = ({ best, median }: { best: number; median: number }, steps: number) => ({ best: (1e3 * best) / steps, median: (1e3 * median) / steps });
  return [
    { what: `fit, ${values.length} samples of ${name} (${runs.toFixed(1)} passes)`, unit: "ms", ...fit, must: must.fitMs, naive: naivePasses.best * runs, bytes: NaN },
    { what: `one pass, ${values.length} samples of ${name}`, unit: "ms", ...passes, must: must.passMs, naive: naivePasses.best, bytes: allocated(() => {
      for (let i = 0; i < 50; i++) onePass();
    }, 50) },
    { what: `update + forecast, ${name}`, unit: "us", ...perStep(replays, values.length), must: must.updateUs, naive: (1e3 * naiveUpdates.best) / naiveSteps, bytes },
    { what: `fit + replay, ${values.length} samples`, unit: "ms", best: fit.best + replays.best, median: fit.median + replays.median, must: must.replayMs, naive: NaN, bytes: NaN },
  ];
}

export interface Speed {
  readonly figures: readonly Figure[];
  /** Bytes of one forecaster with one lead. */
  readonly stateBytes: Readonly<Record<string, number>>;
}

/** Measures everything; takes some ten seconds. */
export function speed(): Speed {
  const bytesAt = (stepMs: number) =>
    createForecaster({ stepMs, leadSteps: [Math.round(LEAD_MS / stepMs)], ...SEASONS, localClock: UTC }).exportState().reduce((sum, block) => sum + block.byteLength, 0);
  return {
    figures: [
      ...figuresAt(MINUTE_MS, { fitMs: 6, passMs: 0.25, updateUs: 0.7, replayMs: 30 }),
      ...figuresAt(5 * MINUTE_MS, { fitMs: 3, passMs: 0.25, updateUs: 1.3, replayMs: 30 }),
    ],
    stateBytes: { "1 min": bytesAt(MINUTE_MS), "5 min": bytesAt(5 * MINUTE_MS) },
  };
}
