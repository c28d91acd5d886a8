// The share of the last seven days that was covered, and what a restart keeps of it.
import { expect, test } from "vitest";
import { ServiceLedger } from "../../src/controller/service-ledger.ts";
import { DAY_MS, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;

/** Books each minute of `[fromMs, toMs)`. */
function book(ledger: ServiceLedger, fromMs: number, toMs: number, isCovered: (timeMs: number) => boolean): void {
  for (let t = fromMs + MINUTE_MS; t <= toMs; t += MINUTE_MS) ledger.take(t, 60, isCovered(t));
}

test("nothing is known before anything was seen", () => {
  expect(new ServiceLedger().met()).toEqual({ share: NaN, sinceMs: NaN });
});

test("the share is of the time that was seen", () => {
  const ledger = new ServiceLedger();
  book(ledger, START_MS, START_MS + 10 * HOUR_MS, (t) => t > START_MS + HOUR_MS);
  const { share, sinceMs } = ledger.met();
  expect(share).toBeCloseTo(0.9, 5);
  expect(sinceMs).toBe(START_MS);
});

test("what is older than seven days is forgotten, also over a gap", () => {
  const ledger = new ServiceLedger();
  book(ledger, START_MS, START_MS + DAY_MS, () => false);
  book(ledger, START_MS + 6 * DAY_MS, START_MS + 7 * DAY_MS, () => true);
  expect(ledger.met().share).toBeCloseTo(0.5, 1);
  book(ledger, START_MS + 9 * DAY_MS, START_MS + 9 * DAY_MS + HOUR_MS, () => true);
  expect(ledger.met().share).toBe(1);
});

test("a restart goes on from the share and its start", () => {
  const [steady, restarted] = [new ServiceLedger(), new ServiceLedger()];
  const isCovered = (t: number) => t % (4 * HOUR_MS) > 6 * MINUTE_MS;
  book(steady, START_MS, START_MS + 5 * DAY_MS, isCovered);
  const { share, sinceMs } = steady.met();
  restarted.resume(sinceMs, share, START_MS + 5 * DAY_MS);
  for (const ledger of [steady, restarted]) book(ledger, START_MS + 5 * DAY_MS, START_MS + 6 * DAY_MS, isCovered);
  expect(restarted.met().share).toBeCloseTo(steady.met().share, 3);
  expect(restarted.met().sinceMs).toBe(steady.met().sinceMs);
});

test("of a start long ago only seven days are taken over", () => {
  const ledger = new ServiceLedger();
  ledger.resume(START_MS - 60 * DAY_MS, 0.99, START_MS);
  expect(ledger.met().share).toBeCloseTo(0.99, 5);
  expect(START_MS - ledger.met().sinceMs).toBeLessThanOrEqual(7 * DAY_MS);
});
