// Gauss-Newton in a box: the parameters whose squared errors are least, in some ten evaluations.
// Parameters are searched on the logit scale; a step never leaves a trust region, so no evaluation can fail. The same input gives the same result.

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

export interface Objective {
  /** Number of errors. */
  readonly length: number;
  /** Sum of squared errors at `x`; the errors are left in `errors`. */
  evaluate(x: Float64Array, errors: Float64Array): number;
  /** A cheap value that is lower where `evaluate` is likely to be; it may overwrite `errors`. */
  estimate(x: Float64Array, errors: Float64Array): number;
}

export interface Found {
  readonly x: Float64Array;
  readonly value: number;
}

/** The quadratic model around x: A = J'J with a damped diagonal, q = J'errors. */
interface Quadratic {
  readonly A: Float64Array;
  readonly q: Float64Array;
}

/** argmin 2 q.s + s'A s with |s_i| <= radius and x + s within the edges, by coordinate descent. Returns the reduction it predicts. */
function boxStep({ A, q }: Quadratic, x: Float64Array, radius: number, s: Float64Array): number {
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

/** a'b. Four sums side by side: each addition waits for the one before it. */
function product(a: Float64Array, b: Float64Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i < a.length - 3; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

/** Turns the errors a step of h away into derivatives. */
function differentiate(column: Float64Array, errors: Float64Array, h: number): void {
  const perH = 1 / h;
  for (let t = 0; t < column.length; t++) column[t] = perH * (column[t]! - errors[t]!);
}

/** The model around x, where the errors are `errors`: the columns of J are finite differences, left in `columns`. */
function quadratic(objective: Objective, x: Float64Array, errors: Float64Array, columns: readonly Float64Array[]): Quadratic {
  const n = x.length;
  const A = new Float64Array(n * n);
  const q = new Float64Array(n);
  columns.forEach((column, i) => {
    const h = x[i]! + DIFFERENCE > EDGE ? -DIFFERENCE : DIFFERENCE;
    const moved = x.slice();
    moved[i] = x[i]! + h;
    objective.evaluate(moved, column);
    differentiate(column, errors, h);
    q[i] = product(column, errors);
    for (let k = 0; k <= i; k++) A[i * n + k] = A[k * n + i] = product(column, columns[k]!);
  });
  for (let i = 0; i < n; i++) A[i * n + i] = A[i * n + i]! * (1 + DAMPING);
  return { A, q };
}

/** The best of `starts`, improved until a step promises less than `tolerance` of the value, or two have brought less. */
export function search(objective: Objective, starts: readonly Float64Array[], tolerance: number): Found {
  const n = starts[0]!.length;
  const errors = new Float64Array(objective.length);
  const columns = Array.from({ length: n }, () => new Float64Array(objective.length));
  const estimates = starts.map((start) => objective.estimate(start, errors));
  let x = starts[estimates.indexOf(Math.min(...estimates))] ?? starts[0]!;
  let value = objective.evaluate(x, errors);
  let model = quadratic(objective, x, errors, columns);
  let evaluations = 1 + n;
  let radius = FIRST_RADIUS;
  let small = 0;
  const s = new Float64Array(n);
  for (;;) {
    const predicted = boxStep(model, x, radius, s);
    const longest = s.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
    if (!(predicted >= (tolerance * value) / 2) || longest < SHORT_STEP) break;
    const next = x.map((part, i) => part + s[i]!);
    const nextValue = objective.evaluate(next, errors);
    evaluations++;
    const reduction = value - nextValue;
    if (reduction > 0.7 * predicted) radius = Math.min(MOST_RADIUS, Math.max(radius, 2 * longest));
    else if (!(reduction >= 0.25 * predicted)) radius = Math.max(0.4 * longest, LEAST_RADIUS);
    if (reduction > 0) {
      if (reduction < tolerance * value) small++;
      x = next;
      value = nextValue;
      if (small === 2 || evaluations + n >= MOST_EVALUATIONS) break;
      model = quadratic(objective, x, errors, columns);
      evaluations += n;
    } else if (longest < SHORT_REFUSED_STEP || evaluations >= MOST_EVALUATIONS) break;
  }
  return { x, value };
}
