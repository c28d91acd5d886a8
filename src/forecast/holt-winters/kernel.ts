// Double-seasonal Holt-Winters with an autoregressive residual: the recurrence, one sample at a time.
//
// Notation (Taylor 2003, in the single-source-of-error form of Hyndman et al. 2008), everything on the scale z = sqrt(y):
//   l  level        D  day profile      W  week profile      r  residual before the AR term      e  innovation
//   alpha, delta, omega: gains of l, D, W        phi: what is left of r one step later
//
//   d = (1-f) D[j] + f D[j+1]        w = (1-g) W[k] + g W[k+1]      profiles are read by linear interpolation between nodes
//   r' = z - l - d - w               e = r' - phi r
//   l += alpha e     D[j] += delta (1-f) e     D[j+1] += delta f e     W[k] += omega (1-g) e     W[k+1] += omega g e
//   z(t+h) = l + d(t+h) + w(t+h) + phi^h r
//
// Departures: nodes are coarser than the step (more accurate, and 20 times smaller); there is no trend (it brought nothing up to an hour ahead).
import { DAY_MS, WEEK_MS } from "../seasons.ts";
import type { State } from "../state.ts";

/** Shortest node of the day and of the week profile: finer ones learn noise. */
const DAY_NODE_MS = 300_000;
const WEEK_NODE_MS = 900_000;

/** Gains and memory of the residual, each in 0..1. */
export interface Parameters {
  readonly alpha: number;
  readonly delta: number;
  readonly omega: number;
  readonly phi: number;
}

/** What a forecaster uses before anything could be fitted: measured to be safe on every trace. */
export const UNFITTED: Parameters = { alpha: 0.1, delta: 0.02, omega: 0.01, phi: 0.8 };

/** Number of nodes of the two profiles at this step. */
export function nodeCounts(stepMs: number): { dayNodes: number; weekNodes: number } {
  return {
    dayNodes: Math.max(1, Math.floor(DAY_MS / Math.max(DAY_NODE_MS, stepMs))),
    weekNodes: Math.max(1, Math.floor(WEEK_MS / Math.max(WEEK_NODE_MS, stepMs))),
  };
}

export interface HoltWinters {
  readonly dayNodesPerMs: number;
  readonly weekNodesPerMs: number;
  readonly day: Float32Array;
  readonly week: Float32Array;
  readonly numbers: { level: number; residual: number; alpha: number; delta: number; omega: number; phi: number };
}

export function createHoltWinters(state: State, stepMs: number): HoltWinters {
  const { dayNodes, weekNodes } = nodeCounts(stepMs);
  return {
    dayNodesPerMs: dayNodes / DAY_MS,
    weekNodesPerMs: weekNodes / WEEK_MS,
    day: state.f32(dayNodes),
    week: state.f32(weekNodes),
    numbers: state.record({ level: 0, residual: 0, alpha: 0, delta: 0, omega: 0, phi: 0 }),
  };
}

/** Sets the gains; 0 for delta or omega switches learning of that season off. */
export function setParameters({ numbers }: HoltWinters, { alpha, delta, omega, phi }: Parameters): void {
  numbers.alpha = alpha;
  numbers.delta = delta;
  numbers.omega = omega;
  numbers.phi = phi;
}

export function setLevel({ numbers }: HoltWinters, level: number): void {
  numbers.level = level;
}

export function phiOf({ numbers }: HoltWinters): number {
  return numbers.phi;
}

/** d + w at a local time of day and of week (ms). */
export function season(model: HoltWinters, dayMs: number, weekMs: number): number {
  const { day, week } = model;
  const p = dayMs * model.dayNodesPerMs;
  const q = weekMs * model.weekNodesPerMs;
  const j = p | 0;
  const k = q | 0;
  const f = p - j;
  const g = q - k;
  const j1 = j + 1 === day.length ? 0 : j + 1;
  const k1 = k + 1 === week.length ? 0 : k + 1;
  return (1 - f) * day[j]! + f * day[j1]! + (1 - g) * week[k]! + g * week[k1]!;
}

/** What the model expects h steps after the last sample, on z; `phiToH` = phi^h. */
export function expectation(model: HoltWinters, dayMs: number, weekMs: number, phiToH: number): number {
  const { numbers } = model;
  return numbers.level + season(model, dayMs, weekMs) + phiToH * numbers.residual;
}

/** Takes the innovation e of the present sample, `expected` being the one-step expectation that it is measured from. */
export function learn(model: HoltWinters, dayMs: number, weekMs: number, e: number): void {
  const { day, week, numbers } = model;
  const p = dayMs * model.dayNodesPerMs;
  const q = weekMs * model.weekNodesPerMs;
  const j = p | 0;
  const k = q | 0;
  const f = p - j;
  const g = q - k;
  const j1 = j + 1 === day.length ? 0 : j + 1;
  const k1 = k + 1 === week.length ? 0 : k + 1;
  const dayGain = numbers.delta * e;
  const weekGain = numbers.omega * e;
  numbers.residual = e + numbers.phi * numbers.residual;
  numbers.level = numbers.level + numbers.alpha * e;
  day[j] = day[j]! + dayGain * (1 - f);
  day[j1] = day[j1]! + dayGain * f;
  week[k] = week[k]! + weekGain * (1 - g);
  week[k1] = week[k1]! + weekGain * g;
}

/** A missing sample: nothing is learned, the residual fades. */
export function skip({ numbers }: HoltWinters): void {
  numbers.residual = numbers.residual * numbers.phi;
}
