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

/** Several candidates judged at once. */
export interface Objective {
  /** Runs `candidates` (logit scale). */
  run(candidates: readonly Float64Array[]): void;
  /** Sum of squared errors of candidate `c` of the last run. */
  squares(c: number): number;
  /** Errors of the last run, those of one sample side by side, `candidates` of them. The search may overwrite them. */
  readonly errors: Float64Array;
  /** Samples in `errors`. */
  readonly length: number;
}

export interface Found {
  readonly x: Float64Array;
  readonly value: number;
  readonly evaluations: number;
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

/** x, and x moved by one difference in each coordinate: what a quadratic model is made from. */
function around(x: Float64Array): Float64Array[] {
  const moved = Array.from(x, (_, i) => {
    const copy = x.slice();
    copy[i] = copy[i]! + (copy[i]! + DIFFERENCE > EDGE ? -DIFFERENCE : DIFFERENCE);
    return copy;
  });
  return [x, ...moved];
}

/**
 * The model from the last run of `around(x)`: column i of J is (errors of candidate i + 1, less those of x) / its difference.
 * The errors are overwritten by those differences.
 */
function quadratic({ errors, length }: Objective, x: Float64Array): Quadratic {
  const n = x.length;
  const stride = n + 1;
  const A = new Float64Array(n * n);
  const q = new Float64Array(n);
  for (let at = 0; at < length * stride; at += stride) for (let i = 1; i <= n; i++) errors[at + i] = errors[at + i]! - errors[at]!;
  const h = Array.from(x, (value) => (value + DIFFERENCE > EDGE ? -DIFFERENCE : DIFFERENCE));
  for (let i = 0; i < n; i++) {
    q[i] = product(errors, length, stride, 0, i + 1) / h[i]!;
    for (let k = 0; k <= i; k++) A[i * n + k] = A[k * n + i] = product(errors, length, stride, i + 1, k + 1) / (h[i]! * h[k]!);
  }
  for (let i = 0; i < n; i++) A[i * n + i] = A[i * n + i]! * (1 + DAMPING);
  return { A, q };
}

/** Sum over all samples of column i times column k. Four sums side by side: each addition waits for the one before it. */
function product(errors: Float64Array, length: number, stride: number, i: number, k: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const end = (length - 3) * stride;
  let at = 0;
  for (; at < end; at += 4 * stride) {
    a += errors[at + i]! * errors[at + k]!;
    b += errors[at + stride + i]! * errors[at + stride + k]!;
    c += errors[at + 2 * stride + i]! * errors[at + 2 * stride + k]!;
    d += errors[at + 3 * stride + i]! * errors[at + 3 * stride + k]!;
  }
  for (; at < length * stride; at += stride) a += errors[at + i]! * errors[at + k]!;
  return a + b + (c + d);
}

/** The best of `starts`, improved until a step promises less than `tolerance` of the value. A step is tried together with the differences around it. */
export function search(objective: Objective, starts: readonly Float64Array[], tolerance: number): Found {
  const n = starts[0]!.length;
  objective.run(starts);
  let evaluations = starts.length;
  let best = 0;
  for (let c = 1; c < starts.length; c++) if (objective.squares(c) < objective.squares(best)) best = c;
  let x = starts[best]!.slice();
  let value = objective.squares(best);
  objective.run(around(x));
  evaluations += n;
  let model = quadratic(objective, x);
  const s = new Float64Array(n);
  let radius = FIRST_RADIUS;
  let small = 0;
  while (evaluations < MOST_EVALUATIONS && small < 2) {
    const predicted = boxStep(model, x, radius, s);
    const longest = s.reduce((most, part) => Math.max(most, Math.abs(part)), 0);
    if (!(predicted >= (tolerance * value) / 2) || longest < SHORT_STEP) break;
    const next = x.map((part, i) => part + s[i]!);
    objective.run(around(next));
    evaluations += n + 1;
    const reduction = value - objective.squares(0);
    if (reduction > 0.7 * predicted) radius = Math.min(MOST_RADIUS, Math.max(radius, 2 * longest));
    else if (!(reduction >= 0.25 * predicted)) radius = Math.max(0.4 * longest, LEAST_RADIUS);
    if (reduction > 0) {
      if (reduction < tolerance * value) small++;
      x = next;
      value = objective.squares(0);
      model = quadratic(objective, x);
    } else if (longest < SHORT_REFUSED_STEP) break;
  }
  return { x, value, evaluations };
}
