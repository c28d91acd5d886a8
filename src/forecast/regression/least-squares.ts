// Recursive least squares with forgetting: coefficients B of a linear forecast x'B, corrected by one error at a time.
// P stays bounded because coefficients are pulled, in turn, towards what is believed before anything was seen.
import { createState, type State } from "../state.ts";

/** Even. */
const MOST_COEFFICIENTS = 16;

export interface LeastSquares {
  readonly n: number;
  /** n, or one more to make it even: the row beyond is zero and stays zero. */
  readonly rows: number;
  /** Memory of one correction, 0..1. */
  readonly lambda: number;
  /** The coefficients. */
  readonly B: Float64Array;
  /**
   * Inverse of the weighted sum of x x', symmetric: its lower triangle, two rows side by side, so that what both need is loaded once.
   * Rows i and i+1 (i even) begin at i (i + 2) / 2 and hold P[i,k], P[i+1,k] for k = 0..i+1.
   */
  readonly P: Float64Array;
  /** What B is pulled to. */
  readonly prior: Float64Array;
  /** Corrections made, and the coordinate to pull next. */
  readonly counters: { corrections: number; coordinate: number };
}

/** Work space of one correction, for arrays that all share are reached fastest: x, which the caller fills; q = P x; r = kappa P e_k of a pull. */
export const X = new Float64Array(MOST_COEFFICIENTS);
const x = X;
const q = new Float64Array(MOST_COEFFICIENTS);
const r = new Float64Array(MOST_COEFFICIENTS);
/** The error e and the weight kappa of the next pull, which the caller fills too: doubles in arguments may allocate. */
export const INPUT = createState().record({ miss: 0, kappa: 0, den: 0 });
const input = INPUT;

export function createLeastSquares(state: State, n: number, memorySteps: number): LeastSquares {
  if (n > MOST_COEFFICIENTS) throw new RangeError(`${n} coefficients, expected at most ${MOST_COEFFICIENTS}`);
  const rows = n + (n & 1);
  return {
    n, rows, lambda: 1 - 1 / memorySteps,
    B: state.f64(n), P: state.f64((rows * (rows + 2)) / 2), counters: state.record({ corrections: 0, coordinate: 0 }), prior: new Float64Array(n),
  };
}

/** Place of P[i,k], k <= i, in P. */
function placeOf(i: number, k: number): number {
  const first = i & ~1;
  return ((first * (first + 2)) >> 1) + 2 * k + (i & 1);
}

/** Starts anew from the prior, with P the identity. */
export function resetLeastSquares({ n, B, P, prior, counters }: LeastSquares): void {
  B.set(prior);
  P.fill(0);
  for (let i = 0; i < n; i++) P[placeOf(i, i)] = 1;
  counters.corrections = 0;
  counters.coordinate = 0;
}

/** q = P x;  den = lambda + x'q;  B += q e/den;  P = (P - q q'/den)/lambda;  then, every second time, one coordinate is pulled. */
export function correct(squares: LeastSquares): void {
  const { n, rows, lambda, B, counters } = squares;
  if (rows > n) x[n] = 0;
  multiply(squares);
  let den = lambda;
  for (let i = 0; i < n; i++) den += x[i]! * q[i]!;
  const gain = input.miss / den;
  for (let i = 0; i < n; i++) B[i] = B[i]! + q[i]! * gain;
  input.den = den;
  const corrections = counters.corrections + 1;
  counters.corrections = corrections;
  if (corrections % 2 === 0) shrinkAndPull(squares);
  else shrink(squares);
}

/** q = P x. */
function multiply({ rows, P }: LeastSquares): void {
  for (let i = 0, at = 0; i < rows; i += 2) {
    const x0 = x[i]!;
    const x1 = x[i + 1]!;
    let sum0 = 0;
    let sum1 = 0;
    for (let k = 0; k < i; k++, at += 2) {
      const p0 = P[at]!;
      const p1 = P[at + 1]!;
      const xk = x[k]!;
      sum0 += p0 * xk;
      sum1 += p1 * xk;
      q[k] = q[k]! + (p0 * x0 + p1 * x1);
    }
    const mixed = P[at + 1]!;
    q[i] = sum0 + P[at]! * x0 + mixed * x1;
    q[i + 1] = sum1 + mixed * x0 + P[at + 3]! * x1;
    at += 4;
  }
}

/** P = (P - q q'/den)/lambda. */
function shrink({ rows, lambda, P }: LeastSquares): void {
  const scale = 1 / lambda;
  const share = scale / input.den;
  for (let i = 0, at = 0; i < rows; i += 2) {
    const q0 = q[i]! * share;
    const q1 = q[i + 1]! * share;
    for (let k = 0; k < i + 2; k++, at += 2) {
      const qk = q[k]!;
      P[at] = P[at]! * scale - q0 * qk;
      P[at + 1] = P[at + 1]! * scale - q1 * qk;
    }
  }
}

/** The same, and in the same pass a pseudo-observation x = kappa e_k of the value kappa prior_k, for one coordinate k in turn, with lambda 1. */
function shrinkAndPull({ n, rows, lambda, B, P, prior, counters }: LeastSquares): void {
  const scale = 1 / lambda;
  const share = scale / input.den;
  const kappa = input.kappa;
  const own = counters.coordinate | 0;
  counters.coordinate = own + 1 === n ? 0 : own + 1;
  const qOwn = q[own]! * share;
  r[n] = 0;
  for (let k = 0; k < n; k++) r[k] = kappa * (P[k <= own ? placeOf(own, k) : placeOf(k, own)]! * scale - qOwn * q[k]!);
  const den = 1 + kappa * r[own]!;
  const gain = (kappa * (prior[own]! - B[own]!)) / den;
  for (let i = 0; i < n; i++) B[i] = B[i]! + r[i]! * gain;
  const pulled = 1 / den;
  for (let i = 0, at = 0; i < rows; i += 2) {
    const q0 = q[i]! * share;
    const q1 = q[i + 1]! * share;
    const r0 = r[i]! * pulled;
    const r1 = r[i + 1]! * pulled;
    for (let k = 0; k < i + 2; k++, at += 2) {
      const qk = q[k]!;
      const rk = r[k]!;
      P[at] = P[at]! * scale - q0 * qk - r0 * rk;
      P[at + 1] = P[at + 1]! * scale - q1 * qk - r1 * rk;
    }
  }
}
