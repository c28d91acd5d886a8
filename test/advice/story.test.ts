// The story of a time: each cause is told as what it is, the worst first, from a journal alone.
import { expect, test } from "vitest";
import { readJournal, tellStory } from "../../src/advice/index.ts";
import type { Journal, JournalEvent, Slot } from "../../src/advice/index.ts";

const MINUTE_MS = 60_000;
/** 06:00 UTC. */
const START_MS = Date.UTC(2026, 2, 2, 6);
const at = (minute: number) => START_MS + minute * MINUTE_MS;

/** Two quiet hours in slots of five minutes; `change` says what is different at a minute. */
function journalOf(change: (minute: number) => Partial<Slot>, given: Partial<Journal> = {}): Journal {
  const slots = Array.from({ length: 24 }, (_, i): Slot => {
    const quiet = { timeMs: at(5 * i), demand: 400, forecast: 400, raw: 8, asked: 8, ready: 8, shortSeconds: 0, reason: "NothingToDo", limitedBy: undefined } as const;
    return { ...quiet, ...change(5 * i) };
  });
  const facts = { namespace: "shop", name: "checkout", timeZone: "UTC", mode: "Active", leadMs: 20 * MINUTE_MS, slotMs: 5 * MINUTE_MS } as const;
  return { ...facts, nowMs: at(120), targetPerReplica: 50, minReplicas: 2, maxReplicas: 40, serviceLevel: 0.99, decision: undefined, demand: undefined, slots, events: [], traces: [], ...given };
}

const asked = (minute: number, from: number, to: number): JournalEvent => ({ kind: "asked", timeMs: at(minute), from, to, reason: "ForecastDemand", limitedBy: undefined });
const ready = (minute: number, replicas: number): JournalEvent => ({ kind: "ready", timeMs: at(minute), replicas });
/** Demand of 600 (12 replicas) from minute 60 on, of which the first ten are short. */
const rise = (minute: number): Partial<Slot> => (minute < 60 ? {} : { demand: 600, raw: 12, ...(minute < 70 ? { shortSeconds: 300 } : { ready: 12 }) });

const CASES: readonly (readonly [kind: string, journal: Journal, sentence: RegExp])[] = [
  [
    "forecastLow",
    journalOf((m) => ({ ...rise(m), asked: m >= 60 ? 12 : 8 }), { events: [asked(60, 8, 12), ready(70, 12)] }),
    /Demand was not foreseen: 600 at 07:00, where 400 \(33 % less\) was forecast 20m before/,
  ],
  [
    "slowPods",
    journalOf((m) => ({ ...rise(m), forecast: m >= 60 ? 600 : 400, asked: m >= 40 ? 12 : 8 }), { events: [asked(40, 8, 12), ready(70, 12)] }),
    /Pods were slow: those asked for at 06:40 took 30m to be Ready, and the lead time is 20m/,
  ],
  [
    "limit",
    journalOf((m) => ({ ...rise(m), ready: 8, forecast: 600, ...(m >= 40 ? { limitedBy: "TooManyReplicas" } : {}) }), { maxReplicas: 8 }),
    /maxReplicas \(8\) allowed no more; 12 replicas were needed/,
  ],
  [
    "limit",
    journalOf((m) => ({ ...rise(m), forecast: 600, asked: m >= 65 ? 12 : 8, ...(m >= 40 && m < 65 ? { limitedBy: "ScaleUpLimit" } : {}) }), { events: [asked(65, 8, 12), ready(70, 12)] }),
    /policies of behavior\.scaleUp let replicas be added only slowly/,
  ],
  [
    "metricMissing",
    journalOf((m) => ({ ...rise(m), asked: m >= 65 ? 12 : 8, ...(m >= 30 && m < 60 ? { demand: NaN, reason: "PrometheusUnreachable" } : {}) }), { events: [asked(65, 8, 12), ready(70, 12)] }),
    /metric was not seen .*\(PrometheusUnreachable\): replicas were held/,
  ],
  ["recommendOnly", journalOf((m) => ({ ...rise(m), ready: 8, asked: m >= 40 ? 12 : 8 }), { mode: "Recommend" }), /mode is Recommend: the scaler wrote nothing/],
  ["failure", journalOf((m) => ({ ...rise(m), ...(m >= 40 ? { reason: "Forbidden" } : {}) })), /could not read or write the target \(Forbidden\)/],
  ["switchedOff", journalOf((m) => ({ ...rise(m), ...(m >= 55 && m < 70 ? { reason: "ScalingDisabled", ready: 0 } : {}) })), /set to 0 replicas/],
  [
    "margin",
    journalOf((m) => ({ ...rise(m), forecast: m >= 60 ? 590 : 400, asked: m >= 60 ? 12 : 8 }), { events: [asked(60, 8, 12), ready(70, 12)] }),
    /The forecast was right \(590 for 600\); the margin did not cover the rest\. The service level lets 1 % of the time be short/,
  ],
];

test.each(CASES)("%s is the root cause, and comes first", (kind, journal, sentence) => {
  const story = tellStory(journal, START_MS);
  expect(story?.shortages[0]?.cause.kind).toBe(kind);
  expect(story?.answer[0]).toMatch(/^Root cause: /);
  expect(story?.answer[0]).toMatch(sentence);
  expect(story?.isWithinLevel).toBe(false);
});

test("a limit that left room for what was needed is not the cause", () => {
  const events = [asked(60, 8, 40), ready(70, 40)];
  const story = tellStory(journalOf((m) => ({ ...rise(m), ...(m >= 60 ? { asked: 40, raw: 41, limitedBy: "TooManyReplicas" } : {}) }), { events }), START_MS);
  expect(story?.shortages[0]?.cause.kind).toBe("forecastLow");
});

test("how long, how much, what was needed, asked for and ready, each with its time", () => {
  const story = tellStory(CASES[0]?.[1] ?? journalOf(() => ({})), START_MS);
  expect(story).toMatchObject({ shortSeconds: 600, shortShare: 600 / 7200 });
  expect(story?.answer[1]).toBe("Short of ready replicas for 10m between 06:00 and 08:00 (UTC): 8.33 % of the time; the service level allows 1 %.");
  expect(story?.answer[2]).toBe(
    "The longest, 07:00 to 07:10: demand reached 600 at 07:00 (forecast: 400), which needs 12 replicas, and as few as 8 were ready; so many were asked for at 07:00 and ready at 07:10.",
  );
});

test("two times apart are two, the longer first; a gap of one slot is the same time", () => {
  const short: Readonly<Record<number, number>> = { 10: 60, 60: 300, 70: 300 };
  const story = tellStory(journalOf((m) => (short[m] === undefined ? {} : { demand: 500, raw: 10, shortSeconds: short[m] })), START_MS);
  expect(story?.shortages.map(({ startMs, endMs, shortSeconds }) => [startMs, endMs, shortSeconds])).toEqual([
    [at(60), at(75), 600],
    [at(10), at(15), 60],
  ]);
});

test("a little shortage is within the service level", () => {
  const story = tellStory(journalOf((m) => (m === 60 ? { demand: 500, shortSeconds: 60 } : {})), START_MS);
  expect(story).toMatchObject({ isWithinLevel: true, shortSeconds: 60 });
});

test("what is not known is not told as zero: no ready replicas, no verdict on shortage", () => {
  const story = tellStory(journalOf(() => ({ ready: NaN })), START_MS);
  expect(story?.answer.at(-1)).toContain("How many replicas were ready is not known here");
});

test("a run of raises is one line, an outage is told with its reason and its end", () => {
  const events = [asked(30, 8, 9), asked(35, 9, 11), asked(40, 11, 12), ready(50, 12), asked(90, 12, 8)];
  const story = tellStory(journalOf((m) => (m >= 10 && m < 20 ? { demand: NaN, reason: "PrometheusUnreachable" } : {}), { events }), START_MS);
  expect(story?.timeline.map(({ text }) => text)).toEqual([
    "demand not seen until 06:20 (PrometheusUnreachable)",
    "replicas 8 -> 12, in 3 steps until 06:40 (ForecastDemand)",
    "all 12 replicas ready",
    "replicas 12 -> 8 (ForecastDemand)",
  ]);
});

test("nothing is known of the time asked for", () => {
  expect(tellStory(journalOf(() => ({}), { slots: [] }), START_MS)).toBeUndefined();
});

test("a journal survives its way through JSON; what is none is refused", () => {
  const journal = journalOf((m) => (m === 20 ? { demand: NaN, ready: NaN, limitedBy: "TooManyReplicas" } : {}), { events: [asked(30, 8, 9), ready(40, 9)] });
  expect(readJournal(JSON.parse(JSON.stringify(journal)))).toEqual(journal);
  for (const wrong of [undefined, null, [], "html", {}, { slots: [], events: [] }]) expect(readJournal(wrong)).toBeUndefined();
});
