// The only home of Date and timers. Everything else takes a Clock or `nowMs`.
// Simulated time runs `rate` times as fast as the wall clock; network time-outs stay on the wall clock.

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** The present, unix ms (simulated where the clock is). */
  nowMs(): number;
  /** Calls `fn` once after `delayMs` of this clock's time. */
  after(delayMs: number, fn: () => void): Timer;
  /** Resolves after `delayMs` of this clock's time, or rejects with the signal's reason. */
  delay(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay that Node's timers take, ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function delayOn(clock: Pick<Clock, "after">, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal?.aborted) return refuse();
    const onAbort = () => {
      timer.cancel();
      refuse();
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * A clock that reads `startMs` at wall time `originMs` and runs `rate` times as fast from there.
 * The defaults are the wall clock itself.
 */
export function createClock({ startMs, rate = 1, originMs = Date.now() }: { startMs?: number; rate?: number; originMs?: number } = {}): Clock {
  const start = startMs ?? originMs;
  const clock = {
    nowMs: () => start + (Date.now() - originMs) * rate,
    after(delayMs: number, fn: () => void): Timer {
      const handle = setTimeout(fn, Math.min(LONGEST_TIMER_MS, Math.max(0, delayMs / rate)));
      return { cancel: () => clearTimeout(handle) };
    },
    delay: (delayMs: number, signal?: AbortSignal) => delayOn(clock, delayMs, signal),
  };
  return clock;
}

/** A clock for tests: time stands still until `advance` moves it, running what falls due in order. */
export interface ManualClock extends Clock {
  /** Moves time by `ms`; timers due fire in order, with microtasks drained after each. */
  advance(ms: number): Promise<void>;
  readonly pending: number;
}

export function createManualClock(startMs = 0): ManualClock {
  let now = startMs;
  let sequence = 0;
  const timers = new Map<number, { dueMs: number; fn: () => void }>();
  const nextDue = (untilMs: number) => {
    let best: number | undefined;
    for (const [id, timer] of timers)
      if (timer.dueMs <= untilMs && (best === undefined || timer.dueMs < (timers.get(best)?.dueMs ?? Infinity))) best = id;
    return best;
  };
  const clock: ManualClock = {
    nowMs: () => now,
    after(delayMs, fn) {
      const id = sequence++;
      timers.set(id, { dueMs: now + Math.max(0, delayMs), fn });
      return { cancel: () => void timers.delete(id) };
    },
    delay: (delayMs, signal) => delayOn(clock, delayMs, signal),
    async advance(ms) {
      const untilMs = now + ms;
      await drain();
      for (let id = nextDue(untilMs); id !== undefined; id = nextDue(untilMs)) {
        const timer = timers.get(id);
        timers.delete(id);
        if (timer === undefined) break;
        now = Math.max(now, timer.dueMs);
        timer.fn();
        await drain();
      }
      now = untilMs;
    },
    get pending() {
      return timers.size;
    },
  };
  return clock;
}

/** Lets everything that is already resolved run. */
async function drain(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Gives the event loop's turns to one caller each, in the order of asking: between two pieces of work the loop sees to its timers and sockets,
 * however many pieces become ready at once.
 */
export function createTurns(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  const next = () => {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(next);
  };
  return () =>
    new Promise((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(next);
    });
}

/** What a piece of work may take. */
export interface Limit {
  /** Fires when one of the given signals does, or when the time is over. */
  readonly signal: AbortSignal;
  /** The work is done: neither a timer nor a listener is left. */
  end(): void;
}

/** A limit of `ms` of wall-clock time (Infinity: none) from now on, and of `signals`. For work that is done often: see withTimeout. */
export function startLimit(ms: number, ...signals: readonly AbortSignal[]): Limit {
  const limit = new AbortController();
  const timer = ms === Infinity ? undefined : setTimeout(() => limit.abort(new Error(`not done within ${ms / 1000} s`)), Math.min(LONGEST_TIMER_MS, ms));
  timer?.unref();
  const onAbort = ({ target }: Event) => limit.abort((target as AbortSignal).reason);
  for (const signal of signals) {
    if (signal.aborted) limit.abort(signal.reason);
    else signal.addEventListener("abort", onAbort, { once: true });
  }
  return {
    signal: limit.signal,
    end() {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
    },
  };
}

/** An abort signal that fires after `ms` of wall-clock time, joined with the caller's. It holds its timer until then. */
export function withTimeout(ms: number, signal?: AbortSignal): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

/** Wall-clock milliseconds from an arbitrary zero, for measuring durations. */
export function monotonicMs(): number {
  return performance.now();
}

/** `ms` as Kubernetes writes times: RFC 3339 in UTC, whole seconds. */
export function rfc3339(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

/** `ms` as a MicroTime: RFC 3339 in UTC with six digits. */
export function rfc3339Micro(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** Unix ms of an RFC 3339 text, NaN if it is none. */
export function parseTime(text: string): number {
  return Date.parse(text);
}
