// The line walked over a recorded trace: what was forecast for each step one lead before it, and what was asked for at it.
// Invariant: step i is decided from samples 0..i only; the fit sees the history before the split and nothing else.
import type { Applied, Demand, DemandSettings, Line, Policy } from "../decision/index.ts";
import type { Series } from "../series/index.ts";
import { createPacer } from "./paced.ts";
import type { Pacer } from "./paced.ts";
import { readyReplicas } from "./world.ts";

/** So long after the split, and one ready delay more, the scene is set and judging begins. */
const SETTLING_MS = 3_600_000;

export interface Replay {
  /** Stands before its first sample; its step is the trace's. */
  readonly line: Line;
  readonly trace: Series;
  /** Steps that are history, 0 < split < the trace's length. */
  readonly split: number;
  /** Time from asking to Ready, ms, >= 0. */
  readonly readyDelayMs: number;
  /** What was really at the target when the sample of a step came, for a past that was lived; without it a model of pods tells it. */
  readonly applied?: (step: number) => Applied | undefined;
  /** `replicas` within the bounds that hold at a moment; without it the line's own minReplicas and maxReplicas hold always. */
  readonly within?: (replicas: number, timeMs: number) => number;
  /** The limits by which the controller's rules decide each step after the split; without them only the bounds count. */
  readonly policy?: Policy;
}

/** One value a step of the trace, history included. */
export interface Course {
  readonly trace: Series;
  readonly split: number;
  /** First step whose overload is judged; not below the trace's length if nothing is left to judge. */
  readonly judgedFrom: number;
  readonly readyDelayMs: number;
  /** Of the line's demand rule. */
  readonly settings: DemandSettings;
  /** The lead of the forecasts, steps. */
  readonly leadSteps: number;
  /** Whether the history was long enough to fit the model. */
  readonly isFitted: boolean;
  /** Forecast and 95 % bound for this step, made one lead before it; NaN where there was none. */
  readonly forecast: Float64Array;
  readonly upper: Float64Array;
  /** "As it is now" said one lead before this step: the last sample by then; NaN where there was none. */
  readonly persistence: Float64Array;
  /** P: the largest demand that was forecast at this step for the lead that follows it; NaN before the first sample. */
  readonly points: Float64Array;
  /** Replicas asked for at this step, within the bounds. */
  readonly wanted: Float64Array;
  /** Replicas ready at this step. */
  readonly ready: Float64Array;
  readonly within: Replay["within"];
}

/** Fits the line on the history and walks it over the whole trace. Throws RangeError if its step is not the trace's. */
export function replayLine({ line, trace, split, readyDelayMs, applied, within, policy }: Replay): Course {
  const { startMs, stepMs, values } = trace;
  const { leadSteps, minReplicas, maxReplicas } = line.rule.settings;
  const { length } = values;
  const blank = () => new Float64Array(length).fill(NaN);
  const [forecast, upper, persistence, points, wanted] = [blank(), blank(), blank(), blank(), blank()];
  const fit = line.forecaster.fit({ startMs, stepMs, values: values.slice(0, split) });
  const world = createWorld(line, wanted, Math.ceil(readyDelayMs / stepMs - 1e-9));
  const bounded = within ?? ((replicas: number) => Math.min(maxReplicas, Math.max(minReplicas, replicas)));
  const appliedAt = applied ?? ((step: number) => world.appliedAt(step));
  let last = NaN;
  let paced: Pacer | undefined;
  for (let i = 0; i < length; i++) {
    const value = values[i] ?? NaN;
    line.observe(startMs + i * stepMs, value, i < split ? undefined : appliedAt(i));
    if (!Number.isNaN(value)) last = value;
    if (i + leadSteps < length) {
      forecast[i + leadSteps] = line.forecaster.forecast(leadSteps);
      upper[i + leadSteps] = line.forecaster.upper(leadSteps);
      persistence[i + leadSteps] = last;
    }
    const demand = line.demand();
    points[i] = demand.point;
    const timeMs = startMs + i * stepMs;
    if (i === split && policy !== undefined) paced = createPacer(policy, stepMs, wanted[split - 1] ?? minReplicas, timeMs);
    wanted[i] = paced?.({ ...demand, ahead: line.ahead() }, timeMs) ?? bounded(demand.wanted, timeMs);
    if (i >= split) world.tookOver(demand, (within ?? paced) === undefined || wanted[i] === demand.wanted);
  }
  return {
    trace,
    split,
    judgedFrom: split + Math.ceil((readyDelayMs + SETTLING_MS) / stepMs - 1e-9),
    readyDelayMs,
    settings: line.rule.settings,
    leadSteps,
    isFitted: fit.kind === "fitted",
    forecast,
    upper,
    persistence,
    points,
    wanted,
    ready: readyReplicas(wanted, stepMs, readyDelayMs),
    within,
  };
}

/** What the line is told of its target, as a running controller tells it: replicas that are ready, and whether they are its own doing. */
function createWorld(line: Line, wanted: Float64Array, delaySteps: number) {
  /** Steps without a break in which exactly what the line wanted was applied. */
  let ownSteps = 0;
  return {
    appliedAt(step: number): Applied {
      let ready = Infinity;
      for (let i = Math.max(0, step - Math.max(1, delaySteps)); i < step; i++) ready = Math.min(ready, wanted[i] ?? Infinity);
      return { readyReplicas: Number.isFinite(ready) ? ready : NaN, ownThroughout: ownSteps >= line.rule.settings.leadSteps };
    },
    /** `isOwn`: no bound of the moment changed what was wanted. */
    tookOver(demand: Demand, isOwn: boolean) {
      ownSteps = isOwn && demand.unlimited <= line.rule.settings.maxReplicas ? ownSteps + 1 : 0;
    },
  };
}
