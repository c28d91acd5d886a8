// Gauss-Newton in a box: the parameters whose squared errors are least, in some twenty evaluations.
// Parameters are searched on the logit scale; a step never leaves a trust region, so no evaluation can fail.

/** Bound of every coordinate: logistic(9) is within 1.3e-4 of 1. */
const EDGE = 9;
/** Step of the finite differences. */
const DIFFERENCE = 0.05;
/** Trust region: where it starts, and the least and most that it may become. */
const FIRST_RADIUS = 1.5;
const LEAST_RADIUS = 0.05;
const MOST_RADIUS = 4;
/** Most evaluations, and sweeps of the inner quadratic problem. */
const MOST_EVALUATIONS = 45;
const SWEEPS = 50;
/** Share of the diagonal added, for the matrix may be singular. */
const DAMPING = 1e-3;
/** Steps shorter than these are not worth an evaluation. */
const SHORT_STEP = 0.02;
const SHORT_REFUSED_STEP = 0.06;

/** Writes the errors of a candidate (logit scale) to `errors` and returns the sum of their squares. */
export type Objective = (x: Float64Array, errors: Float64Array) => number;

export interface Found {
  readonly x: Float64Array;
  readonly value: number;
  readonly evaluations: number;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** argmin 2 q.s + s'A s with |s_i| <= radius and x + s within the edges, by coordinate descent. Returns the reduction it predicts. */
function boxStep(A: Float64Array, q: Float64Array, x: Float64Array, radius: number, s: Float64Array): number {
  const n = x.length;
  s.fill(0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let i = 0; i < n; i++) {
      let slope = q[i]!;
      for (let k = 0; k < n; k++) if (k !== i) slope += A[i * n + k]! * s[k]!;
      const curvature = A[i * n + i]!;
      const low = Math.max(-radius, -EDGE - x[i]!);
      const high = Math.min(radius, EDGE - x[i]!);
      s[i] = curvature > 0 ? Math.min(high, Math.max(low, -slope / curvature)) : 0;
    }
  }
  let change = 0;
  for (let i = 0; i < n; i++) {
    change += 2 * q[i]! * s[i]!;
    for (let k = 0; k < n; k++) change += s[i]! * A[i * n + k]! * s[k]!;
  }
  return -change;
}

/** Fills A = J'J + damping and q = J'errors from finite differences around x. */
function linearise(objective: Objective, x: Float64Array, errors: Float64Array, columns: Float64Array[], A: Float64Array, q: Float64Array): void {
  const n = x.length;
  const moved = x.slice();
  for (let i = 0; i < n; i++) {
    const column = columns[i]!;
    const h = x[i]! + DIFFERENCE > EDGE ? -DIFFERENCE : DIFFERENCE;
    moved[i] = x[i]! + h;
    objective(moved, column);
    moved[i] = x[i]!;
    for (let t = 0; t < column.length; t++) column[t] = (column[t]! - errors[t]!) / h;
  }
  for (let i = 0; i < n; i++) {
    q[i] = dot(columns[i]!, errors);
    for (let k = 0; k <= i; k++) A[i * n + k] = A[k * n + i] = dot(columns[i]!, columns[k]!);
  }
  for (let i = 0; i < n; i++) A[i * n + i] = A[i * n + i]! * (1 + DAMPING);
}

/** The best of `starts`, improved until a step promises less than `tolerance` of the value. `length` = number of errors. */
export function search(objective: Objective, starts: readonly Float64Array[], length: number, tolerance: number): Found {
  const n = starts[0]!.length;
  let errors = new Float64Array(length);
  let tried = new Float64Array(length);
  let x = new Float64Array(n);
  let value = Infinity;
  let evaluations = 0;
  const take = (candidate: Float64Array, candidateValue: number) => {
    x = candidate.slice();
    value = candidateValue;
    [errors, tried] = [tried, errors];
  };
  for (const start of starts) {
    const found = objective(start, tried);
    evaluations++;
    if (found < value) take(start, found);
  }
  const columns = starts[0]!.length === 0 ? [] : Array.from({ length: n }, () => new Float64Array(length));
  const A = new Float64Array(n * n);
  const q = new Float64Array(n);
  const s = new Float64Array(n);
  const next = new Float64Array(n);
  let radius = FIRST_RADIUS;
  let isStale = true;
  let small = 0;
  while (evaluations < MOST_EVALUATIONS && small < 2) {
    if (isStale) {
      linearise(objective, x, errors, columns, A, q);
      evaluations += n;
    }
    const predicted = boxStep(A, q, x, radius, s);
    const longest = s.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
    if (!(predicted >= (tolerance * value) / 2) || longest < SHORT_STEP) break;
    for (let i = 0; i < n; i++) next[i] = x[i]! + s[i]!;
    const found = objective(next, tried);
    evaluations++;
    const reduction = value - found;
    if (reduction > 0.7 * predicted) radius = Math.min(MOST_RADIUS, Math.max(radius, 2 * longest));
    else if (!(reduction >= 0.25 * predicted)) radius = Math.max(0.4 * longest, LEAST_RADIUS);
    isStale = reduction > 0;
    if (isStale) {
      if (reduction < tolerance * value) small++;
      take(next, found);
    } else if (longest < SHORT_REFUSED_STEP) break;
  }
  return { x, value, evaluations };
}
