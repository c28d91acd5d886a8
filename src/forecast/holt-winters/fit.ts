// Expert 1 fitted to a history: parameters that forecast best h steps ahead, and the state to start from.
// The history is only read; what comes out stands before its first sample.
import type { Series } from "../../series/index.ts";
import type { LocalClock } from "../forecaster.ts";
import { DAY_MS } from "../seasons.ts";
import { cutBlocks, rooted } from "./blocks.ts";
import { initialState, windowEnd } from "./initial-state.ts";
import { type Parameters, UNFITTED } from "./kernel.ts";
import { pass } from "./pass.ts";
import { search } from "./search.ts";
import { createWorkspace, type InitialState, squaresOf } from "./workspace.ts";

/** Shortest history that can be fitted. */
const LEAST_MS = DAY_MS;
/** A week profile needs two weeks (less a little for a late start): joining earlier is worse. */
export const WEEK_NEEDS_MS = 13.9 * DAY_MS;
/** From here on the first week initialises, and a better optimum does not forecast better; below it two days do (one, of less than three). */
const LONG_MS = 13 * DAY_MS;
const LONG_TOLERANCE = 6e-3;
const SHORT_TOLERANCE = 1e-4;
/** The recursion runs so long before the first judged sample: what it remembers by then are the profiles of the initial state, and its own days. */
const SETTLING_MS = 2 * DAY_MS;
/** The starts of a long history are compared on its first judged week: it has every weekday. */
const ESTIMATE_MS = 7 * DAY_MS;
/** Fewer judged errors than these fit nothing. */
const LEAST_JUDGED = 50;
/** Starts (alpha, delta = omega), all with phi .5. */
const STARTS = [[0.01, 0.005], [0.08, 0.005], [0.3, 0.005], [0.01, 0.05], [0.08, 0.05], [0.3, 0.05], [0.8, 0.001]] as const;
const START_PHI = 0.5;

export interface FitRequest {
  readonly leadSteps: number;
  readonly day: boolean;
  readonly week: boolean;
  readonly localClock: LocalClock;
  /** Larger values count as missing. */
  readonly most: number;
}

export interface Fitted {
  readonly kind: "fitted";
  readonly parameters: Parameters;
  readonly initial: InitialState;
  readonly day: boolean;
  readonly week: boolean;
  /** Samples that are not missing. */
  readonly present: number;
  /** Runs over the history that the search took; a run over a part of it counts as that part. */
  readonly passes: number;
  /** Mean and standard deviation of z over the first day from the first present sample on. */
  readonly dayOne: { readonly mean: number; readonly spread: number };
  /** Least and largest value of the history. */
  readonly range: { readonly low: number; readonly high: number };
}

export type Fitting = Fitted | { readonly kind: "notEnoughData"; readonly haveMs: number; readonly needMs: number };

const logit = (p: number) => Math.log(p / (1 - p));
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** The parameters that a point of the search stands for: alpha, phi, then the gains of the seasons in use. */
function parametersOf(x: Float64Array, { day, week }: { day: boolean; week: boolean }): Parameters {
  return {
    alpha: logistic(x[0]!),
    phi: logistic(x[1]!),
    delta: day ? logistic(x[2]!) : 0,
    omega: week ? logistic(x[day ? 3 : 2]!) : 0,
  };
}

function startsFor({ day, week }: { day: boolean; week: boolean }): Float64Array[] {
  return STARTS.map(([alpha, gain]) => Float64Array.from([logit(alpha), logit(START_PHI), ...(day ? [logit(gain)] : []), ...(week ? [logit(gain)] : [])]));
}

function initialMs(lengthMs: number): number {
  if (lengthMs >= LONG_MS) return 7 * DAY_MS;
  return lengthMs >= 3 * DAY_MS ? 2 * DAY_MS : DAY_MS;
}

/** What there is of a history: present samples, the span from the first to the last of them, and their range (values, not roots). */
function extent(z: Float64Array, stepMs: number): { present: number; haveMs: number; range: { low: number; high: number } } {
  let present = 0;
  let from = -1;
  let to = -1;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < z.length; i++) {
    const x = z[i]!;
    if (x !== x) continue;
    if (from < 0) from = i;
    to = i;
    present++;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return { present, haveMs: from < 0 ? 0 : (to - from + 1) * stepMs, range: { low: low * low, high: high * high } };
}

/** Mean and spread of the first day: sums of the distance to its first sample, which loses no digits. */
function dayOneOf(z: Float64Array, stepMs: number): { mean: number; spread: number } {
  const from = z.findIndex((x) => x === x);
  const end = Math.min(z.length, from + Math.round(DAY_MS / stepMs));
  const origin = z[from]!;
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let i = from; i < end; i++) {
    const away = z[i]! - origin;
    if (away !== away) continue;
    count++;
    sum += away;
    squares += away * away;
  }
  const mean = sum / count;
  return { mean: origin + mean, spread: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

/** Fits expert 1 to `history` for forecasts `leadSteps` ahead; `notEnoughData` under a day between its first and last present sample. */
export function fitHoltWinters(history: Series, request: FitRequest): Fitting {
  const { stepMs } = history;
  const z = rooted(history.values, request.most);
  const { present, haveMs, range } = extent(z, stepMs);
  if (haveMs < LEAST_MS) return { kind: "notEnoughData", haveMs, needMs: LEAST_MS };
  const seasons = { day: request.day, week: request.week && haveMs >= WEEK_NEEDS_MS };
  const isLong = haveMs >= LONG_MS;
  const end = windowEnd(z, stepMs, initialMs(haveMs));
  const initial = initialState(history, z, end, seasons, request.localClock);
  const judgeFrom = end < z.length ? end : 0;
  const runFrom = Math.max(0, judgeFrom - Math.round(SETTLING_MS / stepMs));
  const late = { startMs: history.startMs + runFrom * stepMs, stepMs };
  const blocks = cutBlocks(late, z.subarray(runFrom), request.leadSteps, judgeFrom - runFrom, request.localClock);
  const fitted = { kind: "fitted", initial, present, range, dayOne: dayOneOf(z, stepMs), ...seasons } as const;
  const fallback = { ...UNFITTED, delta: seasons.day ? UNFITTED.delta : 0, omega: seasons.week ? UNFITTED.omega : 0 };
  if (blocks.judged < LEAST_JUDGED) return { ...fitted, parameters: fallback, passes: 0 };
  const workspace = createWorkspace(blocks);
  let passes = 0;
  const run = (x: Float64Array, errors: Float64Array, endBlock: number) => {
    pass(blocks, endBlock, initial, parametersOf(x, seasons), workspace, errors);
    passes += ((z.length - runFrom) / z.length) * (endBlock / blocks.count);
    return squaresOf(workspace);
  };
  const estimateEnd = isLong ? Math.min(blocks.count, blocks.judgedFrom + Math.round(ESTIMATE_MS / Math.max(stepMs, DAY_MS / blocks.dayNodes))) : blocks.count;
  const found = search({
    length: blocks.count - blocks.judgedFrom,
    evaluate: (x, errors) => run(x, errors, blocks.count),
    estimate: (x, errors) => run(x, errors, estimateEnd),
  }, startsFor(seasons), isLong ? LONG_TOLERANCE : SHORT_TOLERANCE);
  return { ...fitted, parameters: found.value < Infinity ? parametersOf(found.x, seasons) : fallback, passes };
}
