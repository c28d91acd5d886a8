// When a climb that scaling policies limit has to begin, so that it reaches each coming need in time: a backward pass over the needs.
// Invariant: with no policy that limits, the present asks for nothing beforehand.
import type { DirectionPolicy, ScalingPolicyRule } from "./decision.ts";

/** A climb that takes no more steps than this from the least to the most replicas is as good as free. */
const FREE_STEPS = 3;

/** One policy in steps: so many times within `offset` steps it may be used to the full. */
interface Pace {
  readonly policy: ScalingPolicyRule;
  readonly offset: number;
  readonly rounds: number;
}

/**
 * Decisions are taken at steps, and again after each period that is shorter. Two uses of a policy lie a period and some lateness apart, so one step, or one
 * use within a step, is not counted on.
 */
function paceOf(policy: ScalingPolicyRule, stepMs: number): Pace {
  const rounds = Math.floor(stepMs / (policy.periodSeconds * 1000));
  if (rounds > 1) return { policy, offset: 1, rounds: rounds - 1 };
  const periodSteps = (policy.periodSeconds * 1000) / stepMs;
  return { policy, offset: rounds === 1 && periodSteps < 1 ? 1 : Math.ceil(periodSteps - 1e-9) + 1, rounds: 1 };
}

/** The least replicas from which the policy reaches `replicas`. Exact: whole percentages of whole numbers. */
function before(replicas: number, { policy: { type, value }, rounds }: Pace): number {
  let least = replicas;
  for (let round = 0; round < rounds && least > 1; round++) least = type === "Pods" ? least - value : Math.floor(((least - 1) * 100) / (100 + value)) + 1;
  return Math.max(1, least);
}

function after(replicas: number, { policy: { type, value }, rounds }: Pace): number {
  let most = replicas;
  for (let round = 0; round < rounds; round++) most = type === "Pods" ? most + value : Math.ceil((most * (100 + value)) / 100);
  return most;
}

/** Whether the policies make a climb from `least` to `most` replicas last. Where scaling up is disabled nothing climbs. */
export function isClimbLimited({ selectPolicy, policies }: DirectionPolicy, stepMs: number, least: number, most: number): boolean {
  if (selectPolicy === "Disabled") return false;
  const reach = policies.map((policy) => {
    const pace = paceOf(policy, stepMs);
    let replicas = least;
    for (let step = pace.offset; step <= FREE_STEPS; step += pace.offset) replicas = after(replicas, pace);
    return replicas;
  });
  if (reach.length === 0) return false;
  return (selectPolicy === "Max" ? Math.max(...reach) : Math.min(...reach)) < most;
}

/**
 * The replicas that have to be asked for now, at least 1, so that the climb, as the policies limit it, is at `needs[k - 1]` in k steps, for every k. A policy
 * lets the replicas grow from what they were one period before: what is needed then follows from what is needed now, step by step backwards. Of several
 * policies `Min` obeys all; of `Max` those of one period alone are counted on, the period that reaches the largest need soonest.
 */
export function climbStart(needs: Float64Array, { selectPolicy, policies }: DirectionPolicy, stepMs: number): number {
  if (selectPolicy === "Disabled" || policies.length === 0) return 1;
  const paces = policies.map((policy) => paceOf(policy, stepMs));
  if (selectPolicy === "Min") return backward(needs, paces, Math.max);
  const offsets = [...new Set(paces.map(({ offset }) => offset))];
  if (offsets.length === 1) return backward(needs, paces, Math.min);
  const most = needs.reduce((best, need) => Math.max(best, need), 1);
  const groups = offsets.map((offset) => paces.filter((pace) => pace.offset === offset));
  const [fastest] = groups.map((group) => ({ group, steps: stepsTo(most, group) })).toSorted((a, b) => a.steps - b.steps);
  return backward(needs, fastest!.group, Math.min);
}

/** Steps from one replica to `most`, by policies of one period. */
function stepsTo(most: number, paces: readonly Pace[]): number {
  let steps = 0;
  for (let replicas = 1; replicas < most; steps += paces[0]!.offset) replicas = furthest(replicas, paces);
  return steps;
}

function furthest(replicas: number, paces: readonly Pace[]): number {
  return Math.max(...paces.map((pace) => after(replicas, pace)));
}

function backward(needs: Float64Array, paces: readonly Pace[], choose: (a: number, b: number) => number): number {
  const earlier = (replicasAt: (pace: Pace) => number) => {
    let chosen = before(replicasAt(paces[0]!), paces[0]!);
    for (let i = 1; i < paces.length; i++) chosen = choose(chosen, before(replicasAt(paces[i]!), paces[i]!));
    return chosen;
  };
  // At place 0 the present, for which nothing is needed by itself.
  const least = new Float64Array(needs.length + 1);
  for (let k = needs.length; k >= 0; k--) {
    const start = earlier(({ offset }) => least[k + offset] ?? 1);
    least[k] = Math.max(k === 0 ? 1 : needs[k - 1]!, start);
  }
  // Until a period has passed no more than one use is left: nothing that comes before may be further away than that.
  const longest = Math.min(needs.length, Math.max(...paces.map(({ offset }) => offset)) - 1);
  let now = least[0]!;
  for (let k = 1; k <= longest; k++) now = Math.max(now, earlier(({ offset }) => (k < offset ? least[k]! : 1)));
  return now;
}
