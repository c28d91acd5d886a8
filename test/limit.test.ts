// The limit of a piece of work: what fires it, and that nothing of it is left.
import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { startLimit } from "../src/clock.ts";

test("it fires with the reason of the first signal that fires, and with one that had fired before", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const limit = startLimit(Infinity, one.signal, other.signal);
  other.abort(new Error("the other"));
  one.abort(new Error("the one"));
  expect(limit.signal.reason).toEqual(new Error("the other"));
  expect(startLimit(Infinity, one.signal).signal.reason).toEqual(new Error("the one"));
});

test("it fires when the time is over, and says after how much", () => {
  vi.useFakeTimers();
  try {
    const limit = startLimit(2_000);
    vi.advanceTimersByTime(1_999);
    expect(limit.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.signal.reason).toEqual(new Error("not done within 2 s"));
  } finally {
    vi.useRealTimers();
  }
});

test("once the work is done it never fires, and holds no timer and no listener", () => {
  vi.useFakeTimers();
  try {
    const caller = new AbortController();
    const limit = startLimit(2_000, caller.signal);
    expect(getEventListeners(caller.signal, "abort")).toHaveLength(1);
    limit.end();
    expect(getEventListeners(caller.signal, "abort")).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
    caller.abort();
    vi.advanceTimersByTime(10_000);
    expect(limit.signal.aborted).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
