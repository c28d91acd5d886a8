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
  /** Takes keys until the signal fires and the work under way has ended. `work` must not reject. */
  run(work: (key: string) => Promise<void>, workers: number, signal: AbortSignal): Promise<void>;
}

/** `random` in [0, 1) spreads retries; times are on `clock`. */
export function createWorkQueue(clock: Clock, meter: WorkQueueMeter, random: () => number): WorkQueue {
  const ready = new Map<string, number>(); // key -> when it was added; insertion order is the queue
  const active = new Set<string>();
  const again = new Set<string>();
  const later = new Map<string, { readonly dueMs: number; readonly timer: Timer }>();
  const failures = new Map<string, number>();
  const idle: (() => void)[] = [];

  const add = (key: string) => {
    unschedule(key);
    if (ready.has(key)) return;
    if (active.has(key)) return void again.add(key);
    ready.set(key, clock.nowMs());
    meter.added();
    meter.depth(ready.size);
    idle.shift()?.();
  };
  const unschedule = (key: string) => {
    later.get(key)?.timer.cancel();
    later.delete(key);
  };
  const addAfter = (key: string, delayMs: number) => {
    if (delayMs <= 0) return add(key);
    const dueMs = clock.nowMs() + delayMs;
    const set = later.get(key);
    if (ready.has(key) || (set !== undefined && set.dueMs <= dueMs)) return;
    unschedule(key);
    later.set(key, { dueMs, timer: clock.after(delayMs, () => add(key)) });
  };
  const take = (): string | undefined => {
    const next = ready.entries().next();
    if (next.done === true) return undefined;
    const [key, addedMs] = next.value;
    ready.delete(key);
    active.add(key);
    meter.depth(ready.size);
    meter.waited((clock.nowMs() - addedMs) / 1000);
    return key;
  };
  const worker = async (work: (key: string) => Promise<void>, signal: AbortSignal) => {
    while (!signal.aborted) {
      const key = take();
      if (key === undefined) {
        await new Promise<void>((resolve) => idle.push(resolve));
        continue;
      }
      const startedMs = clock.nowMs();
      await work(key);
      meter.worked((clock.nowMs() - startedMs) / 1000);
      active.delete(key);
      if (again.delete(key)) add(key);
    }
  };
  return {
    add,
    addAfter,
    addAfterFailure(key, atLeastMs = 0) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      meter.retried();
      const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** count) * (0.75 + 0.5 * random());
      addAfter(key, Math.max(backoffMs, atLeastMs));
    },
    succeeded: (key) => void failures.delete(key),
    forget(key) {
      unschedule(key);
      failures.delete(key);
      again.delete(key);
      ready.delete(key);
    },
    async run(work, workers, signal) {
      const wakeAll = () => idle.splice(0).forEach((wake) => wake());
      signal.addEventListener("abort", wakeAll, { once: true });
      await Promise.all(Array.from({ length: workers }, () => worker(work, signal)));
      for (const key of later.keys()) unschedule(key);
    },
  };
}
