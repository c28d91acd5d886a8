// Recursive least squares with forgetting: coefficients B of a linear forecast x'B, corrected by one error at a time.
// P stays bounded because coefficients are pulled, in turn, towards what is believed before anything was seen.
import type { State } from "../state.ts";

export interface LeastSquares {
  readonly n: number;
  /** Memory of one correction, 0..1. */
  readonly lambda: number;
  /** The coefficients. */
  readonly B: Float64Array;
  /** Inverse of the weighted sum of x x', symmetric: its lower triangle, row after row. */
  readonly P: Float64Array;
  /** What B is pulled to. */
  readonly prior: Float64Array;
  /** x of the correction to make, then its error e, then the weight kappa of the next pull. The caller fills it: doubles in arguments may allocate. */
  readonly input: Float64Array;
  readonly q: Float64Array;
  /** Corrections made, and the coordinate to pull next. */
  readonly counters: Float64Array;
}

const CORRECTIONS = 0;
const COORDINATE = 1;

export function createLeastSquares(state: State, n: number, memorySteps: number): LeastSquares {
  return {
    n, lambda: 1 - 1 / memorySteps,
    B: state.f64(n), P: state.f64((n * (n + 1)) / 2), counters: state.f64(2),
    prior: new Float64Array(n), input: new Float64Array(n + 2), q: new Float64Array(n),
  };
}

/** Starts anew from the prior, with P the identity. */
export function resetLeastSquares({ n, B, P, prior, counters }: LeastSquares): void {
  B.set(prior);
  P.fill(0);
  for (let i = 0, at = 0; i < n; i++, at += i + 1) P[at] = 1;
  counters.fill(0);
}

/** q = P x;  den = lambda + x'q;  B += q e/den;  P = (P - q q'/den)/lambda;  then, every second time, one coordinate is pulled. */
export function correct(squares: LeastSquares): void {
  const { n, lambda, B, P, input, q, counters } = squares;
  let den = lambda;
  for (let i = 0, at = 0; i < n; i++, at++) {
    const x = input[i]!;
    let sum = 0;
    for (let k = 0; k < i; k++, at++) {
      const p = P[at]!;
      sum += p * input[k]!;
      q[k] = q[k]! + p * x;
    }
    q[i] = sum + P[at]! * x;
  }
  for (let i = 0; i < n; i++) den += input[i]! * q[i]!;
  const e = input[n]! / den;
  const scale = 1 / lambda;
  for (let i = 0, at = 0; i < n; i++) {
    const own = q[i]!;
    const share = own / den;
    B[i] = B[i]! + own * e;
    for (let k = 0; k <= i; k++, at++) P[at] = (P[at]! - share * q[k]!) * scale;
  }
  const corrections = counters[CORRECTIONS]! + 1;
  counters[CORRECTIONS] = corrections;
  if (corrections % 2 === 0) pull(squares);
}

/** A pseudo-observation x = kappa e_k of the value kappa prior_k, for one coordinate k in turn, with lambda 1. */
function pull({ n, B, P, prior, input, q, counters }: LeastSquares): void {
  const k = counters[COORDINATE]! | 0;
  const kappa = input[n + 1]!;
  counters[COORDINATE] = k + 1 === n ? 0 : k + 1;
  const row = (k * (k + 1)) / 2;
  for (let i = 0; i <= k; i++) q[i] = kappa * P[row + i]!;
  for (let i = k + 1, at = row + k + i; i < n; i++, at += i) q[i] = kappa * P[at]!;
  const den = 1 + kappa * q[k]!;
  const e = (kappa * (prior[k]! - B[k]!)) / den;
  for (let i = 0, at = 0; i < n; i++) {
    const share = q[i]! / den;
    B[i] = B[i]! + q[i]! * e;
    for (let j = 0; j <= i; j++, at++) P[at] = P[at]! - share * q[j]!;
  }
}
