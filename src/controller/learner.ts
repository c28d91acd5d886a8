// Loads history and learns models in the background, a few at a time. One request per key is under way;
// its result or failure is handed to whoever asked. Decisions never wait for it.
import type { OperatorError } from "../errors.ts";
import type { PrometheusClient } from "../prometheus/index.ts";
import { gridFor, regularize } from "../series/index.ts";
import type { Learned } from "./model.ts";
import type { ModelThread } from "./model-thread.ts";
import type { Plan } from "./plan.ts";
import { asOperatorError } from "./failure.ts";
import { withHolidays } from "./holidays.ts";

/** History loads under way at once from one Prometheus: two are read while two are fitted; more would only press on it. */
const LOADS_PER_SOURCE = 4;
/** From all of them: one that hangs holds up its own only, and histories in memory stay few. */
const MOST_LOADS = 12;

/** While many decisions wait: learning goes on, and leaves the processor to them. */
const LOADS_WHEN_BUSY = 1;

export type LearnResult = { readonly kind: "learned"; readonly learned: Learned } | { readonly kind: "failed"; readonly error: OperatorError };

export interface Learner {
  /** Asks for a model of `plan` with history up to `untilMs`; `done` is called once, later, unless the key is dropped first. */
  request(plan: Plan, untilMs: number, done: (result: LearnResult) => void): void;
  /** Forgets a request that is waiting or under way; `done` is not called. */
  drop(key: string): void;
  readonly waiting: number;
}

interface Job {
  /** URL of the server; empty: the operator's own. */
  readonly source: string;
  /** Jobs are numbered in the order in which they were asked for. */
  readonly number: number;
  readonly plan: Plan;
  readonly untilMs: number;
  readonly done: (result: LearnResult) => void;
  readonly abort: AbortController;
}

/** Jobs that wait, by server: each server's in the order in which they were asked for. */
class JobQueue {
  readonly #queues = new Map<string, Set<Job>>();

  add(job: Job): void {
    this.#queues.set(job.source, (this.#queues.get(job.source) ?? new Set()).add(job));
  }

  /** Takes out the job that has waited longest among those of servers with room. */
  take(hasRoom: (source: string) => boolean): Job | undefined {
    let first: Job | undefined;
    for (const [source, [job]] of this.#queues) if (job !== undefined && job.number < (first?.number ?? Infinity) && hasRoom(source)) first = job;
    if (first !== undefined) this.drop(first);
    return first;
  }

  drop(job: Job): void {
    const queue = this.#queues.get(job.source);
    queue?.delete(job);
    if (queue?.size === 0) this.#queues.delete(job.source);
  }
}

/** `isBusy`: many decisions wait, as after the start of a large fleet. */
export function createLearner(prometheus: PrometheusClient, thread: ModelThread, stop: AbortSignal, isBusy: () => boolean = () => false): Learner {
  const queue = new JobQueue();
  let asked = 0;
  const jobs = new Map<string, Job>();
  /** Loads under way by server. */
  const running = new Map<string, number>();
  let loads = 0;
  const count = (source: string, change: number) => {
    loads += change;
    const now = (running.get(source) ?? 0) + change;
    if (now > 0) running.set(source, now);
    else running.delete(source);
  };

  const learn = async ({ plan, untilMs, abort }: Job): Promise<LearnResult> => {
    try {
      const grid = gridFor({ endMs: untilMs, historyMs: plan.historyMs, stepMs: plan.stepMs });
      const range = { query: plan.query, namespace: plan.namespace, source: plan.source, startMs: grid.startMs, endMs: untilMs, stepMs: plan.stepMs };
      const { samples } = await prometheus.queryRange(range, AbortSignal.any([abort.signal, stop]));
      const settings = await withHolidays(plan.model, grid.startMs, untilMs);
      return { kind: "learned", learned: await thread.learn({ settings, history: regularize(samples, grid) }) };
    } catch (error) {
      return { kind: "failed", error: asOperatorError(error) };
    }
  };
  const hasRoom = (source: string) => loads < (isBusy() ? LOADS_WHEN_BUSY : MOST_LOADS) && (running.get(source) ?? 0) < LOADS_PER_SOURCE;
  const next = () => {
    for (;;) {
      const job = stop.aborted ? undefined : queue.take(hasRoom);
      if (job === undefined) return;
      count(job.source, 1);
      void learn(job).then((result) => {
        count(job.source, -1);
        const isWanted = jobs.get(job.plan.key) === job && !stop.aborted;
        if (isWanted) {
          jobs.delete(job.plan.key);
          job.done(result);
        }
        next();
      });
    }
  };
  const drop = (key: string) => {
    const job = jobs.get(key);
    if (job === undefined) return;
    jobs.delete(key);
    job.abort.abort(new Error("no longer wanted"));
    queue.drop(job);
  };
  return {
    request(plan, untilMs, done) {
      drop(plan.key);
      const source = plan.source?.access.url ?? "";
      const job = { source, number: asked++, plan, untilMs, done, abort: new AbortController() };
      jobs.set(plan.key, job);
      queue.add(job);
      next();
    },
    drop,
    get waiting() {
      return jobs.size;
    },
  };
}
