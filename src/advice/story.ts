// The story of a time: how long it was short and why (the root cause first), then the timeline. Made of the journal alone.
import { numberText, replicasText } from "../decision/index.ts";
import type { Reason } from "../api/index.ts";
import { causeOf, firstAskedMs, firstReadyMs } from "./cause.ts";
import type { Shortage } from "./cause.ts";
import type { Journal, JournalEvent, Slot } from "./journal.ts";
import { momentsIn, spanText } from "./moments.ts";
import type { Moments } from "./moments.ts";

/** A line of the timeline. */
export interface Moment {
  readonly timeMs: number;
  readonly text: string;
}

export interface Story {
  readonly fromMs: number;
  readonly toMs: number;
  /** Sum of all shortages, s, and as a share of the time told of. */
  readonly shortSeconds: number;
  readonly shortShare: number;
  /** Whether that is within what the service level allows. */
  readonly isWithinLevel: boolean;
  /** The verdict, root cause included, in a few sentences. */
  readonly answer: readonly string[];
  /** Longest first. */
  readonly shortages: readonly Shortage[];
  readonly timeline: readonly Moment[];
}

/** Shortages with no more than so many slots in between are one. */
const JOINED_SLOTS = 2;
/** Changes in one direction with no more than so many slots in between are one line. */
const RUN_SLOTS = 3;

/** What happened from `sinceMs` on; undefined if the journal knows nothing of that time. */
export function tellStory(whole: Journal, sinceMs: number): Story | undefined {
  const slots = whole.slots.filter(({ timeMs }) => timeMs + whole.slotMs > sinceMs && timeMs <= whole.nowMs);
  if (slots.length === 0) return undefined;
  const moments = momentsIn(whole.timeZone, whole.nowMs);
  const fromMs = slots[0]?.timeMs ?? sinceMs;
  const toMs = whole.nowMs;
  const shortages = shortagesOf(slots, whole, moments);
  // A pass counts the time since the one before it, which may lie before the first slot.
  const shortSeconds = Math.min(
    (toMs - fromMs) / 1000,
    slots.reduce((sum, slot) => sum + slot.shortSeconds, 0),
  );
  const shortShare = toMs > fromMs ? (shortSeconds * 1000) / (toMs - fromMs) : 0;
  const base = { fromMs, toMs, shortSeconds, shortShare, isWithinLevel: shortShare <= 1 - whole.serviceLevel + 1e-9, shortages };
  return { ...base, answer: answerOf(base, slots, whole, moments), timeline: timelineOf(slots, whole, shortages, fromMs, moments) };
}

function shortagesOf(slots: readonly Slot[], journal: Journal, moments: Moments): Shortage[] {
  const groups: Slot[][] = [];
  for (const slot of slots.filter(({ shortSeconds }) => shortSeconds > 0)) {
    const last = groups.at(-1)?.at(-1);
    if (last !== undefined && slot.timeMs - last.timeMs <= (JOINED_SLOTS + 1) * journal.slotMs) groups.at(-1)?.push(slot);
    else groups.push([slot]);
  }
  return groups.map((group) => shortageOf(group, journal, moments)).toSorted((a, b) => b.shortSeconds - a.shortSeconds);
}

function shortageOf(group: readonly Slot[], journal: Journal, moments: Moments): Shortage {
  const worst = group.reduce((most, slot) => (slot.demand > most.demand || Number.isNaN(most.demand) ? slot : most));
  const startMs = group[0]?.timeMs ?? NaN;
  const endMs = (group.at(-1)?.timeMs ?? NaN) + journal.slotMs;
  const needed = Math.ceil(worst.demand / journal.targetPerReplica - 1e-9);
  const askedMs = firstAskedMs(journal, needed, startMs, Infinity);
  const readies = group.map(({ ready }) => ready).filter((ready) => !Number.isNaN(ready));
  const numbers = {
    startMs,
    endMs: Math.min(endMs, journal.nowMs),
    shortSeconds: Math.min(
      (endMs - startMs) / 1000,
      group.reduce((sum, slot) => sum + slot.shortSeconds, 0),
    ),
    peak: worst.demand,
    peakMs: worst.timeMs,
    forecast: worst.forecast,
    needed,
    ready: readies.length === 0 ? NaN : Math.min(...readies),
    askedMs,
    readyMs: firstReadyMs(journal, needed, askedMs),
  };
  return { ...numbers, cause: causeOf(numbers, journal, moments) };
}

type Measured = Pick<Story, "fromMs" | "toMs" | "shortSeconds" | "shortShare" | "isWithinLevel" | "shortages">;

function answerOf(story: Measured, slots: readonly Slot[], journal: Journal, moments: Moments): string[] {
  const { fromMs, toMs, shortSeconds, shortShare, shortages } = story;
  const span = `between ${moments.at(fromMs)} and ${moments.withZone(toMs)}`;
  const [worst] = shortages;
  if (worst === undefined) return [`Never short of ready replicas ${span}.`, calmSentence(slots, moments), ...unknownSentence(slots)];
  const level = `the service level allows ${percent(1 - journal.serviceLevel)}`;
  const times = shortages.length === 1 ? "" : `, in ${shortages.length} times`;
  return [
    `Root cause: ${worst.cause.sentence}`,
    `Short of ready replicas for ${spanText(1000 * shortSeconds)} ${span}${times}: ${percent(shortShare)} of the time; ${level}.`,
    shortageSentence(worst, moments),
  ];
}

function calmSentence(slots: readonly Slot[], moments: Moments): string {
  const seen = slots.filter(({ demand }) => !Number.isNaN(demand));
  if (seen.length === 0) return "The demand was not seen in this time.";
  const peak = seen.reduce((most, slot) => (slot.demand > most.demand ? slot : most));
  const ready = Number.isNaN(peak.ready) ? "" : ` with ${replicasText(peak.ready)} ready`;
  const forecast = Number.isNaN(peak.forecast) ? "" : `; ${numberText(peak.forecast)} was forecast for it`;
  return `Demand was highest at ${moments.at(peak.timeMs)}: ${numberText(peak.demand)}${ready}${forecast}.`;
}

function unknownSentence(slots: readonly Slot[]): string[] {
  if (slots.some(({ ready }) => !Number.isNaN(ready))) return [];
  return ["How many replicas were ready is not known here, so times of shortage cannot be told."];
}

function shortageSentence({ startMs, endMs, peak, peakMs, needed, ready, askedMs, readyMs, forecast }: Shortage, moments: Moments): string {
  const expected = Number.isNaN(forecast) ? "" : ` (forecast: ${numberText(forecast)})`;
  const asked = Number.isNaN(askedMs) ? "so many were never asked for" : `so many were asked for at ${moments.at(askedMs)}`;
  const came = Number.isNaN(askedMs) ? "" : Number.isNaN(readyMs) ? " and are not ready yet" : ` and ready at ${moments.at(readyMs)}`;
  const had = Number.isNaN(ready) ? "" : `, and as few as ${ready} were ready`;
  const reached = `demand reached ${numberText(peak)} at ${moments.at(peakMs)}${expected}, which needs ${replicasText(needed)}${had}`;
  return `The longest, ${moments.at(startMs)} to ${moments.at(endMs)}: ${reached}; ${asked}${came}.`;
}

function timelineOf(slots: readonly Slot[], journal: Journal, shortages: readonly Shortage[], fromMs: number, moments: Moments): Moment[] {
  const events = journal.events.filter(({ timeMs }) => timeMs >= fromMs);
  const lines = [...changeLines(events, journal, moments), ...limitLines(slots, journal, moments), ...missingLines(slots, journal, moments)];
  for (const { startMs, endMs, shortSeconds, peak, needed, ready } of shortages) {
    const had = Number.isNaN(ready) ? "" : `, ${ready} ready`;
    lines.push({
      timeMs: startMs,
      text: `short until ${moments.at(endMs)}, ${spanText(1000 * shortSeconds)} in all: demand up to ${numberText(peak)} needs ${needed}${had}`,
    });
  }
  return lines.toSorted((a, b) => a.timeMs - b.timeMs);
}

/** Replicas asked for, a run of changes in one direction as one line; and when all asked for were ready after a raise. */
function changeLines(events: readonly JournalEvent[], { slotMs }: Journal, moments: Moments): Moment[] {
  const runs: { from: number; to: number; startMs: number; lastMs: number; steps: number; reason: Reason }[] = [];
  const lines: Moment[] = [];
  let isRaised = false;
  for (const event of events) {
    if (event.kind === "ready") {
      if (isRaised) lines.push({ timeMs: event.timeMs, text: `all ${replicasText(event.replicas)} ready` });
      isRaised = false;
      continue;
    }
    isRaised = event.to > event.from;
    const last = runs.at(-1);
    const isSame = last !== undefined && Math.sign(last.to - last.from) === Math.sign(event.to - event.from) && last.to === event.from;
    if (isSame && event.timeMs - last.lastMs <= RUN_SLOTS * slotMs) Object.assign(last, { to: event.to, lastMs: event.timeMs, steps: last.steps + 1 });
    else runs.push({ from: event.from, to: event.to, startMs: event.timeMs, lastMs: event.timeMs, steps: 1, reason: event.reason });
  }
  for (const { from, to, startMs, lastMs, steps, reason } of runs) {
    const until = steps === 1 ? "" : `, in ${steps} steps until ${moments.at(lastMs)}`;
    lines.push({ timeMs: startMs, text: `replicas ${from} -> ${to}${until} (${reason})` });
  }
  return lines;
}

/** Stretches of slots in which a limit held the number. */
function limitLines(slots: readonly Slot[], { slotMs, nowMs }: Journal, moments: Moments): Moment[] {
  return stretches(slots, ({ limitedBy }) => (limitedBy === "TooFewReplicas" ? undefined : limitedBy)).map(({ word, startMs, lastMs, most }) => ({
    timeMs: startMs,
    text: `${word} limits ${until(lastMs + slotMs, nowMs, moments)}; up to ${replicasText(most)} needed`,
  }));
}

function missingLines(slots: readonly Slot[], { slotMs, nowMs }: Journal, moments: Moments): Moment[] {
  return stretches(slots, ({ demand, reason }) => (Number.isNaN(demand) ? (reason ?? "no pass") : undefined)).map(({ word, startMs, lastMs }) => ({
    timeMs: startMs,
    text: `demand not seen ${until(lastMs + slotMs, nowMs, moments)} (${word})`,
  }));
}

function until(endMs: number, nowMs: number, moments: Moments): string {
  return endMs >= nowMs ? "from here to now" : `until ${moments.at(endMs)}`;
}

function stretches(slots: readonly Slot[], wordOf: (slot: Slot) => string | undefined) {
  const found: { word: string; startMs: number; lastMs: number; most: number; index: number }[] = [];
  for (const [index, slot] of slots.entries()) {
    const word = wordOf(slot);
    const last = found.at(-1);
    if (word === undefined) continue;
    if (last !== undefined && last.word === word && index - last.index <= JOINED_SLOTS)
      Object.assign(last, { lastMs: slot.timeMs, index, most: Math.max(last.most, slot.raw) });
    else found.push({ word, startMs: slot.timeMs, lastMs: slot.timeMs, most: slot.raw, index });
  }
  return found;
}

function percent(share: number): string {
  return `${share >= 0.1 ? Math.round(100 * share) : numberText(100 * share)} %`;
}
