// A keyed work queue with client-go's semantics: a key waits at most once, is worked on by one worker at a time,
// and is worked on again when it was added meanwhile. "Later" is a duration; failures back off exponentially.
import type { Clock, Timer } from "../clock.ts";

/** First and longest back-off after a failure, ms. The longest is below the pace of a slow scaler's decisions. */
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;

export interface WorkQueueMeter {
  depth(value: number): void;
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
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
  /** How long the key that is most overdue has been so, ms: keys that wait for a worker or are worked on. 0 if there is none. */
  overdueMs(): number;
  /** Takes keys until the signal fires and the work under way has ended. `work` must not reject. */
  run(work: (key: string) => Promise<void>, workers: number, signal: AbortSignal): Promise<void>;
}

/** `random` in [0, 1) spreads retries; times are on `clock`. */
export function createWorkQueue(clock: Clock, meter: WorkQueueMeter, random: () => number): WorkQueue {
  return new KeyedQueue(clock, meter, random);
}

class KeyedQueue implements WorkQueue {
  readonly #clock: Clock;
  readonly #meter: WorkQueueMeter;
  readonly #random: () => number;
  /** Key -> when it was added; insertion order is the queue. */
  readonly #ready = new Map<string, number>();
  /** Key -> when it was added. */
  readonly #active = new Map<string, number>();
  /** Keys that were added while they were worked on. */
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { readonly dueMs: number; readonly timer: Timer }>();
  readonly #failures = new Map<string, number>();
  readonly #idle: (() => void)[] = [];

  constructor(clock: Clock, meter: WorkQueueMeter, random: () => number) {
    this.#clock = clock;
    this.#meter = meter;
    this.#random = random;
  }

  add(key: string): void {
    this.#unschedule(key);
    if (this.#ready.has(key)) return;
    if (this.#active.has(key)) return void this.#again.add(key);
    this.#ready.set(key, this.#clock.nowMs());
    this.#meter.added();
    this.#meter.depth(this.#ready.size);
    this.#idle.shift()?.();
  }

  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) return this.add(key);
    const dueMs = this.#clock.nowMs() + delayMs;
    const set = this.#later.get(key);
    if (this.#ready.has(key) || (set !== undefined && set.dueMs <= dueMs)) return;
    this.#unschedule(key);
    this.#later.set(key, { dueMs, timer: this.#clock.after(delayMs, () => this.add(key)) });
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
    this.#ready.delete(key);
  }

  overdueMs(): number {
    // A map's order is that of adding, and a worker takes the oldest: the first of each is its oldest.
    const first = Math.min(...[this.#ready, this.#active].map((keys) => keys.values().next().value ?? Infinity));
    return Math.max(0, this.#clock.nowMs() - first);
  }

  async run(work: (key: string) => Promise<void>, workers: number, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#idle.splice(0).forEach((wake) => wake()), { once: true });
    await Promise.all(Array.from({ length: workers }, () => this.#worker(work, signal)));
    for (const key of this.#later.keys()) this.#unschedule(key);
  }

  async #worker(work: (key: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const key = this.#take();
      if (key === undefined) {
        await new Promise<void>((resolve) => this.#idle.push(resolve));
        continue;
      }
      const startedMs = this.#clock.nowMs();
      await work(key);
      this.#meter.worked((this.#clock.nowMs() - startedMs) / 1000);
      this.#active.delete(key);
      if (this.#again.delete(key)) this.add(key);
    }
  }

  #take(): string | undefined {
    const next = this.#ready.entries().next();
    if (next.done === true) return undefined;
    const [key, addedMs] = next.value;
    this.#ready.delete(key);
    this.#active.set(key, addedMs);
    this.#meter.depth(this.#ready.size);
    this.#meter.waited((this.#clock.nowMs() - addedMs) / 1000);
    return key;
  }

  #unschedule(key: string): void {
    this.#later.get(key)?.timer.cancel();
    this.#later.delete(key);
  }
}
