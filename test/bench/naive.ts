// The same recurrence as it is usually first written: states as objects, profiles as arrays of objects that shift as time goes by, copies everywhere.
// Only a yardstick for speed; its forecasts equal the product's to rounding, which is checked before anything is timed.
import type { InitialState } from "../../src/forecast/holt-winters/workspace.ts";
import type { Parameters } from "../../src/forecast/holt-winters/kernel.ts";
import type { Series } from "../../src/series/index.ts";

interface Node {
  readonly value: number;
}

interface Model {
  readonly level: number;
  readonly residual: number;
  /** Profiles turned so that the node of the present comes first. */
  readonly day: readonly Node[];
  readonly week: readonly Node[];
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** Turns a profile by one node, the way season vectors are usually moved along. */
function turned(profile: readonly Node[]): readonly Node[] {
  const [first, ...rest] = profile;
  return first === undefined ? profile : [...rest, first];
}

function position(timeMs: number, periodMs: number, nodes: number): { node: number; share: number } {
  const at = ((timeMs % periodMs) / periodMs) * nodes;
  return { node: Math.floor(at), share: at - Math.floor(at) };
}

function seasonAhead(profile: readonly Node[], nowMs: number, thenMs: number, periodMs: number): number {
  const now = position(nowMs, periodMs, profile.length);
  const then = position(thenMs, periodMs, profile.length);
  const ahead = (then.node - now.node + profile.length) % profile.length;
  return (1 - then.share) * (profile[ahead]?.value ?? 0) + then.share * (profile[(ahead + 1) % profile.length]?.value ?? 0);
}

function learned(profile: readonly Node[], share: number, pull: number): readonly Node[] {
  return profile.map((node, i) => (i === 0 ? { value: node.value + (1 - share) * pull } : i === 1 ? { value: node.value + share * pull } : node));
}

/** The model after one more sample. */
export function naiveStep(model: Model, timeMs: number, stepMs: number, z: number, { alpha, delta, omega, phi }: Parameters): Model {
  const day = position(timeMs, DAY_MS, model.day.length);
  const week = position(timeMs, WEEK_MS, model.week.length);
  const residual = z - model.level - seasonAhead(model.day, timeMs, timeMs, DAY_MS) - seasonAhead(model.week, timeMs, timeMs, WEEK_MS);
  const e = residual - phi * model.residual;
  const learnedDay = learned(model.day, day.share, delta * e);
  const learnedWeek = learned(model.week, week.share, omega * e);
  const nextDay = position(timeMs + stepMs, DAY_MS, model.day.length).node;
  const nextWeek = position(timeMs + stepMs, WEEK_MS, model.week.length).node;
  return {
    level: model.level + alpha * e,
    residual,
    day: nextDay === day.node ? learnedDay : turned(learnedDay),
    week: nextWeek === week.node ? learnedWeek : turned(learnedWeek),
  };
}

/** The forecast `leadSteps` after the sample at `timeMs`, which the model has just learned; it stands at the next node already. */
export function naiveForecast(model: Model, timeMs: number, stepMs: number, leadSteps: number, { phi }: Parameters): number {
  const nowMs = timeMs + stepMs;
  const thenMs = timeMs + leadSteps * stepMs;
  return model.level + seasonAhead(model.day, nowMs, thenMs, DAY_MS) + seasonAhead(model.week, nowMs, thenMs, WEEK_MS) + phi ** leadSteps * model.residual;
}

export function naiveModel({ level, day, week }: InitialState, startMs: number): Model {
  const at = (profile: Float64Array, periodMs: number) => {
    const nodes = Array.from(profile, (value) => ({ value }));
    const { node } = position(startMs, periodMs, nodes.length);
    return [...nodes.slice(node), ...nodes.slice(0, node)];
  };
  return { level, residual: 0, day: at(day, DAY_MS), week: at(week, WEEK_MS) };
}

/** Sum of squared h-step errors over a whole series from sample `from` on. */
export function naivePass({ startMs, stepMs, values }: Series, initial: InitialState, parameters: Parameters, leadSteps: number, from: number): number {
  let model = naiveModel(initial, startMs);
  const errors = Array.from(values, (value, i) => {
    model = naiveStep(model, startMs + i * stepMs, stepMs, Math.sqrt(value), parameters);
    const target = values[i + leadSteps];
    const forecast = naiveForecast(model, startMs + i * stepMs, stepMs, leadSteps, parameters);
    return i >= from && target !== undefined ? { error: Math.sqrt(target) - forecast } : { error: 0 };
  });
  return errors.map(({ error }) => error ** 2).reduce((sum, square) => sum + square, 0);
}
