// Recursive least squares with forgetting: coefficients B of a linear forecast x'B, corrected by one error at a time.
// P stays bounded because coefficients are pulled, in turn, towards what is believed before anything was seen.
import type { State } from "../state.ts";

export interface LeastSquares {
  readonly n: number;
  /** Memory of one correction, 0..1. */
  readonly lambda: number;
  readonly B: Float64Array;
  /** Inverse of the weighted sum of x x', n x n, symmetric. */
  readonly P: Float64Array;
  /** What B is pulled to. */
  readonly prior: Float64Array;
  /** x of the correction to make, then its error e, then the weight kappa of the next pull: filled by the caller, for doubles in arguments may allocate. */
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
    B: state.f64(n), P: state.f64(n * n), prior: state.f64(n), input: state.f64(n + 2), q: state.f64(n), counters: state.f64(2),
  };
}

/** Starts anew from the prior, with P the identity. */
export function resetLeastSquares({ n, B, P, prior, counters }: LeastSquares): void {
  B.set(prior);
  P.fill(0);
  for (let i = 0; i < n; i++) P[i * n + i] = 1;
  counters.fill(0);
}

/** q = P x;  den = lambda + x'q;  B += q e/den;  P = (P - q q'/den)/lambda;  then, every second time, one coordinate is pulled. */
export function correct(squares: LeastSquares): void {
  const { n, lambda, B, P, input, q, counters } = squares;
  let den = lambda;
  for (let i = 0, row = 0; i < n; i++, row += n) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += P[row + k]! * input[k]!;
    q[i] = sum;
    den += input[i]! * sum;
  }
  const e = input[n]! / den;
  const scale = 1 / lambda;
  for (let i = 0, row = 0; i < n; i++, row += n) {
    const qi = q[i]!;
    const share = qi / den;
    B[i] = B[i]! + qi * e;
    for (let k = 0; k <= i; k++) {
      const p = (P[row + k]! - share * q[k]!) * scale;
      P[row + k] = p;
      P[k * n + i] = p;
    }
  }
  const corrections = counters[CORRECTIONS]! + 1;
  counters[CORRECTIONS] = corrections;
  if (corrections % 2 === 0) pull(squares);
}

/** A pseudo-observation x = kappa e_k of the value kappa prior_k, for one coordinate k in turn, with lambda 1. */
function pull({ n, B, P, prior, input, q, counters }: LeastSquares): void {
  const at = counters[COORDINATE]! | 0;
  const kappa = input[n + 1]!;
  counters[COORDINATE] = at + 1 === n ? 0 : at + 1;
  for (let i = 0; i < n; i++) q[i] = kappa * P[i * n + at]!;
  const den = 1 + kappa * q[at]!;
  const e = (kappa * (prior[at]! - B[at]!)) / den;
  for (let i = 0, row = 0; i < n; i++, row += n) {
    const share = q[i]! / den;
    B[i] = B[i]! + q[i]! * e;
    for (let k = 0; k <= i; k++) {
      const p = P[row + k]! - share * q[k]!;
      P[row + k] = p;
      P[k * n + i] = p;
    }
  }
}
