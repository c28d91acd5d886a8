// A keyed work queue with client-go's semantics: a key waits at most once, is worked on by one worker at a time,
// and is worked on again when it was added meanwhile. "Later" is a duration; failures back off exponentially.
// Keys wait in lanes: work that hangs in one lane holds up no other. Between lanes the key that has waited longest comes first.
import type { Clock, Timer } from "../clock.ts";

/** First and longest back-off after a failure, ms. The longest is below the pace of a slow scaler's decisions. */
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;
/** So many lanes may be full of work that hangs before the others have to wait. */
const FULL_LANES = 16;

export interface WorkQueueMeter {
  depth(value: number): void;
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
  /** From the moment at which the work was due until it had been done. */
  finished(seconds: number): void;
}

export interface WorkQueue {
  /** Work on the key as soon as a worker is free. */
  add(key: string): void;
  /** Work on the key after `delayMs`; an earlier time that is already set stays. */
  addAfter(key: string, delayMs: number): void;
  /** Work on the key after its back-off, or after what the server asked for if that is longer. */
  addAfterFailure(key: string, atLeastMs?: number): void;
  /** The key succeeded: its back-off starts anew. */
  succeeded(key: string): void;
  /** Drops timers and back-off of a key that is gone. */
  forget(key: string): void;
  /** Keys that wait for a worker. */
  readonly waiting: number;
  /** How long the key that is most overdue has been so, ms: keys that wait for a worker or are worked on. 0 if there is none. */
  overdueMs(): number;
  /**
   * Takes keys, so many `workers` of a lane at the same time (asked before each), until the signal fires and the work under way has ended.
   * `work` must not reject.
   */
  run(work: (key: string) => Promise<void>, workers: (lane: string) => number, signal: AbortSignal): Promise<void>;
}

/** `random` in [0, 1) spreads retries; times are on `clock`; `laneOf` is asked when a key is added. */
export function createWorkQueue(clock: Clock, meter: WorkQueueMeter, random: () => number, laneOf: (key: string) => string = () => ""): WorkQueue {
  return new KeyedQueue(clock, meter, random, laneOf);
}

interface Lane {
  readonly name: string;
  /** Key -> when it was due; insertion order is the queue. */
  readonly ready: Map<string, number>;
  active: number;
}

class KeyedQueue implements WorkQueue {
  readonly #clock: Clock;
  readonly #meter: WorkQueueMeter;
  readonly #random: () => number;
  readonly #laneOf: (key: string) => string;
  /** Those with keys that wait or are worked on. */
  readonly #lanes = new Map<string, Lane>();
  /** Where a key waits. */
  readonly #ready = new Map<string, Lane>();
  /** Key -> when it was due. */
  readonly #active = new Map<string, number>();
  /** Keys that were added while they were worked on. */
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { readonly dueMs: number; readonly timer: Timer }>();
  readonly #failures = new Map<string, number>();
  /** Starts what may be worked on; nothing before the run and after it. */
  #start: () => void = () => undefined;

  constructor(clock: Clock, meter: WorkQueueMeter, random: () => number, laneOf: (key: string) => string) {
    this.#clock = clock;
    this.#meter = meter;
    this.#random = random;
    this.#laneOf = laneOf;
  }

  add(key: string): void {
    this.#addDue(key, this.#clock.nowMs());
  }

  #addDue(key: string, dueMs: number): void {
    this.#unschedule(key);
    if (this.#ready.has(key)) return;
    if (this.#active.has(key)) return void this.#again.add(key);
    const name = this.#laneOf(key);
    const lane = this.#lanes.get(name) ?? { name, ready: new Map<string, number>(), active: 0 };
    this.#lanes.set(name, lane);
    lane.ready.set(key, dueMs);
    this.#ready.set(key, lane);
    this.#meter.added();
    this.#meter.depth(this.#ready.size);
    // Whoever adds is not kept by the work.
    queueMicrotask(() => this.#start());
  }

  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) return this.add(key);
    const dueMs = this.#clock.nowMs() + delayMs;
    const set = this.#later.get(key);
    if (this.#ready.has(key) || (set !== undefined && set.dueMs <= dueMs)) return;
    this.#unschedule(key);
    this.#later.set(key, { dueMs, timer: this.#clock.after(delayMs, () => this.#addDue(key, dueMs)) });
  }

  addAfterFailure(key: string, atLeastMs = 0): void {
    const count = this.#failures.get(key) ?? 0;
    this.#failures.set(key, count + 1);
    this.#meter.retried();
    const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** count) * (0.75 + 0.5 * this.#random());
    this.addAfter(key, Math.max(backoffMs, atLeastMs));
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }

  forget(key: string): void {
    this.#unschedule(key);
    this.#failures.delete(key);
    this.#again.delete(key);
    const lane = this.#ready.get(key);
    if (lane === undefined) return;
    this.#ready.delete(key);
    lane.ready.delete(key);
    this.#leave(lane);
  }

  get waiting(): number {
    return this.#ready.size;
  }

  overdueMs(): number {
    let oldestMs = Infinity;
    for (const { ready } of this.#lanes.values()) oldestMs = Math.min(oldestMs, oldestOf(ready));
    for (const dueMs of this.#active.values()) oldestMs = Math.min(oldestMs, dueMs);
    return Math.max(0, this.#clock.nowMs() - oldestMs);
  }

  async run(work: (key: string) => Promise<void>, workers: (lane: string) => number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const endIfDone = () => void (signal.aborted && this.#active.size === 0 && resolve());
      this.#start = () => {
        while (!signal.aborted) {
          const lane = this.#next(workers);
          if (lane === undefined || this.#active.size >= FULL_LANES * workers(lane.name)) return;
          void this.#work(lane, this.#take(lane), work).then(() => {
            this.#start();
            endIfDone();
          });
        }
      };
      signal.addEventListener("abort", endIfDone, { once: true });
      this.#start();
      endIfDone();
    });
    this.#start = () => undefined;
    for (const key of this.#later.keys()) this.#unschedule(key);
  }

  /** Of the lanes with a free worker, that whose oldest key has waited longest. */
  #next(workers: (lane: string) => number): Lane | undefined {
    let next: Lane | undefined;
    let oldestMs = Infinity;
    for (const lane of this.#lanes.values()) {
      if (lane.active >= workers(lane.name) || !(oldestOf(lane.ready) < oldestMs)) continue;
      next = lane;
      oldestMs = oldestOf(lane.ready);
    }
    return next;
  }

  /** Moves the lane's oldest key to those that are worked on. */
  #take(lane: Lane): string {
    const [key, dueMs] = lane.ready.entries().next().value as [string, number];
    lane.ready.delete(key);
    this.#ready.delete(key);
    lane.active++;
    this.#active.set(key, dueMs);
    this.#meter.depth(this.#ready.size);
    this.#meter.waited((this.#clock.nowMs() - dueMs) / 1000);
    return key;
  }

  async #work(lane: Lane, key: string, work: (key: string) => Promise<void>): Promise<void> {
    const startedMs = this.#clock.nowMs();
    await work(key);
    const endMs = this.#clock.nowMs();
    this.#meter.worked((endMs - startedMs) / 1000);
    this.#meter.finished((endMs - (this.#active.get(key) ?? endMs)) / 1000);
    this.#active.delete(key);
    lane.active--;
    this.#leave(lane);
    if (this.#again.delete(key)) this.add(key);
  }

  #leave(lane: Lane): void {
    if (lane.active === 0 && lane.ready.size === 0) this.#lanes.delete(lane.name);
  }

  #unschedule(key: string): void {
    this.#later.get(key)?.timer.cancel();
    this.#later.delete(key);
  }
}

/** A map's order is that of adding: its first is its oldest, but for the lateness of a timer. Infinity where there is none. */
function oldestOf(keys: ReadonlyMap<string, number>): number {
  return keys.values().next().value ?? Infinity;
}
