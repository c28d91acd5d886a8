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
/** Samples of one run that measures allocation: with its tries and those before them more than a million. */
const ALLOCATION_SAMPLES = 150_000;
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
  /** NaN where none is set. */
  readonly aim: number;
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

/** What must be reached, and what is aimed at. */
interface Targets {
  readonly fitMs: readonly [must: number, aim: number];
  readonly passMs: readonly [must: number, aim: number];
  readonly updateUs: readonly [must: number, aim: number];
  readonly replayMs: readonly [must: number, aim: number];
}

/** The limits of the state of one series with one lead, at a minute. */
export const STATE_BYTES = { must: 34 * 1024, aim: 20 * 1024 };

/** A figure whose bytes are counted once everything is timed: counting slows what comes after it. */
type Timed = Omit<Figure, "bytes"> & { readonly countBytes?: () => number };

function figuresAt(stepMs: number, targets: Targets): Timed[] {
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
  // Short runs, for on a machine that others use too a long one is never left alone; the series begins again where it ends, time goes on.
  const perRun = values.length / DAYS;
  let day = 0;
  const oneDay = () => {
    const first = (day++ % DAYS) * perRun;
    for (let i = first; i < first + perRun; i++, at += stepMs) {
      forecaster.observe(at, values[i]!);
      checksum += forecaster.forecast(leadSteps);
    }
  };
  const updates = timed(oneDay, 20 * DAYS, 10 * DAYS);
  const fitAndReplay = timed(() => {
    const fresh = createForecaster({ stepMs, leadSteps: [leadSteps], ...SEASONS, localClock: UTC });
    fresh.fit(series);
    for (let i = 0; i < values.length; i++) {
      fresh.observe(startMs + i * stepMs, values[i]!);
      checksum += fresh.forecast(leadSteps);
    }
  }, 20, 4);
  // The caller's numbers exist beforehand: what is counted is what the forecaster allocates. A forecast that is returned is a number of 16 bytes at most.
  const bytesOfUpdates = () => {
    const boxedValues = boxed(values);
    const boxedTimes = boxed(Float64Array.from({ length: ALLOCATION_RUNS * ALLOCATION_SAMPLES }, (_, i) => at + i * stepMs));
    for (const timeMs of boxedTimes) UTC.localMs(timeMs);
    let next = 0;
    return allocated(() => {
      for (let i = 0; i < ALLOCATION_SAMPLES; i++, next++) forecaster.observe(boxedTimes[next]!, boxedValues[next % boxedValues.length]!);
    }, ALLOCATION_SAMPLES);
  };
  const bytesOfPasses = () => allocated(() => {
    for (let i = 0; i < 50; i++) onePass();
  }, 50);
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
  const limits = ([must, aim]: readonly [number, number]) => ({ must, aim });
  return [
    { what: `fit, ${values.length} samples of ${name} (${runs.toFixed(1)} passes)`, unit: "ms", ...fit, ...limits(targets.fitMs), naive: naivePasses.best * runs },
    { what: `one pass, ${values.length} samples of ${name}`, unit: "ms", ...passes, ...limits(targets.passMs), naive: naivePasses.best, countBytes: bytesOfPasses },
    { what: `update + forecast, ${name}`, unit: "us", ...perStep(updates, perRun), ...limits(targets.updateUs), naive: (1e3 * naiveUpdates.best) / naiveSteps, countBytes: bytesOfUpdates },
    { what: `fit + replay, ${values.length} samples`, unit: "ms", ...fitAndReplay, ...limits(targets.replayMs), naive: NaN },
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
  const timedFigures = [
    ...figuresAt(MINUTE_MS, { fitMs: [6, 2.5], passMs: [0.25, NaN], updateUs: [0.7, 0.4], replayMs: [30, 20] }),
    ...figuresAt(5 * MINUTE_MS, { fitMs: [3, 1.2], passMs: [0.25, NaN], updateUs: [1.3, 0.8], replayMs: [30, 20] }),
  ];
  return {
    figures: timedFigures.map(({ countBytes, ...figure }) => ({ ...figure, bytes: countBytes?.() ?? NaN })),
    stateBytes: { "1 min": bytesAt(MINUTE_MS), "5 min": bytesAt(5 * MINUTE_MS) },
  };
}
