// Reviews of what the demand is made of: the query's windows, series and counters, and the step.
import { durationText } from "../api/index.ts";
import { percent } from "./advice.ts";
import type { Advice } from "./advice.ts";
import type { Evidence } from "./evidence.ts";
import { spanText } from "./moments.ts";

/** A window of fewer steps leaves parts of the time unseen, or is noisy. */
const WINDOW_STEPS = 2;
const LEAST_LEAD_STEPS = 2;
/** Of the changes between neighbours so many are zero when samples come less often than steps. */
const REPEATED = 0.6;
/** A rise that ends in a fall to below this share of it is a counter's reset. */
const RESET_SHARE = 0.2;
const MONOTONE = 0.98;

export function reviewQuery({ spec, query, trace }: Evidence): Advice[] {
  const found: Advice[] = [];
  let text = spec.metric.query;
  const { stepMs } = spec.metric;
  const patch = (changed: string) => ({ spec: { metric: { query: changed } } });
  const counter = query?.rawCounters[0];
  if (counter !== undefined)
    found.push({
      topic: "query",
      severity: "serious",
      finding: `${counter} is a counter, and the query takes no rate of it.`,
      why: "A counter only grows, and falls to 0 when a pod restarts: neither is demand.",
      change: "Take rate() of it inside the sum, such as sum(rate(...[5m])), and set targetPerReplica to what a replica serves a second.",
      patch: undefined,
    });
  else if (looksLikeCounter(trace.values))
    found.push({
      topic: "query",
      severity: "serious",
      finding: "The values only grow, until they fall to near 0 and begin again.",
      why: "That is what a counter with restarts looks like, not demand.",
      change: "Take rate() of it inside the sum, such as sum(rate(...[5m])).",
      patch: undefined,
    });
  const short = query?.windows.filter(({ ms }) => ms < WINDOW_STEPS * stepMs) ?? [];
  if (short.length > 0) {
    const wanted = durationText(WINDOW_STEPS * stepMs);
    text = short.toReversed().reduce((changed, { from, to }) => changed.slice(0, from) + wanted + changed.slice(to), text);
    const least = Math.min(...short.map(({ ms }) => ms));
    const unseen =
      least < stepMs ? `${percent(1 - least / stepMs)} of the time is in no sample` : "each sample rests on few scrapes, and a late scrape leaves a gap";
    found.push({
      topic: "query",
      severity: least < stepMs ? "serious" : "worthwhile",
      finding: `The query looks back ${spanText(least)}, and the step is ${spanText(stepMs)}.`,
      why: `So ${unseen}; noise makes the margin larger.`,
      change: `Widen the window to ${wanted}, two steps.`,
      patch: patch(text),
    });
  }
  if (query !== undefined && !query.isOneSeries && counter === undefined)
    found.push({
      topic: "query",
      severity: "worthwhile",
      finding: "Whether the query yields one series depends on what is stored: it is not aggregated.",
      why: "With a second series (a second pod, a new label) the scaler cannot tell which is the demand, and holds its replicas.",
      change: short.length > 0 ? "Wrap it in sum(), the wider window included." : "Wrap it in sum().",
      patch: patch(`sum(${text})`),
    });
  return found;
}

export function reviewStep({ spec, trace, leadMs }: Evidence): Advice[] {
  const { stepMs } = spec.metric;
  if (leadMs < LEAST_LEAD_STEPS * stepMs) {
    const wanted = durationText(Math.max(15_000, stepMs / 5));
    const finding = `The step (${spanText(stepMs)}) is more than half of the lead time (${spanText(leadMs)}).`;
    return [
      {
        topic: "step",
        severity: "worthwhile",
        finding,
        why: "A rise is seen only at the end of its step, when much of the lead is gone.",
        change: `Set metric.step to ${wanted}.`,
        patch: { spec: { metric: { step: wanted } } },
      },
    ];
  }
  const every = repeatedEvery(trace.values);
  if (every < 2) return [];
  const finding = `Samples change only about every ${spanText(every * trace.stepMs)}; the step is ${spanText(trace.stepMs)}.`;
  return [
    {
      topic: "step",
      severity: "notice",
      finding,
      why: "Steps in between bring work and no news.",
      change: "Use a step as long as the scrape interval, or a rate window that is wider.",
      patch: undefined,
    },
  ];
}

/** After how many samples the value changes, about; 1 where most samples are new. Long stretches of one value (closed hours) do not count. */
function repeatedEvery(values: Float64Array): number {
  let [pairs, same, run] = [0, 0, 0];
  for (let i = 1; i < values.length; i++) {
    const isSame = values[i] === values[i - 1];
    run = isSame ? run + 1 : 0;
    if (Number.isNaN(values[i]) || run > 10 || values[i] === 0) continue;
    pairs++;
    if (isSame) same++;
  }
  return pairs > 100 && same / pairs > REPEATED ? Math.round(1 / (1 - same / pairs)) : 1;
}

function looksLikeCounter(values: Float64Array): boolean {
  const present = values.filter((value) => !Number.isNaN(value));
  let [up, down, resets] = [0, 0, 0];
  for (let i = 1; i < present.length; i++) {
    const [before, value] = [present[i - 1] ?? 0, present[i] ?? 0];
    if (value > before) up++;
    else if (value < RESET_SHARE * before) resets++;
    else if (value < before) down++;
  }
  return (
    present.length > 100 && up > MONOTONE * (up + down) && up > present.length / 4 && (resets > 0 || (present.at(-1) ?? 0) > 10 * (present[0] ?? Infinity))
  );
}
