// What to change, said only where the numbers of the backtest say it. The most urgent first.
import { durationText } from "../../api/index.ts";
import type { PricePoint } from "../../replay/index.ts";
import { coverage } from "../../series/index.ts";
import { levelText, percent } from "../report/wording.ts";
import type { BacktestReport } from "./result.ts";
import { CHANCE, overloadOf } from "./verdict.ts";

const DAY_MS = 86_400_000;
/** The week season needs so much history. */
const WEEK_HISTORY_MS = 14 * DAY_MS;
/** Saturation below a tenth of what is allowed is not worth a word. */
const WORTH_SAYING = 0.1;
/** Where the share at or below the 95 % bound lies when the bound is right. */
const RIGHT_COVERAGE = { from: 0.92, to: 0.98 };
const MUCH_MISSING = 0.05;
/** Savings for which one would take another policy. */
const WORTH_SWITCHING = 0.05;
/** Steps of price worth telling. */
const WORTH_PAYING = 0.01;

/** Sentences; at least one. */
export function suggestions(result: BacktestReport): string[] {
  const { course, forecast, leadMs, readyDelayMs, hasWeek } = result;
  const { trace, split } = course;
  const found: string[] = [];
  const saturation = saturationSentence(result);
  if (saturation !== undefined) found.push(saturation);
  if (leadMs < readyDelayMs)
    found.push(`Raise leadTime from ${durationText(leadMs)} to at least ${durationText(readyDelayMs)}: replicas take that long to become Ready.`);
  if (forecast.wape >= forecast.wapePersistence)
    found.push("Start with mode Recommend: the forecast was no better than \"as it is now\" (skill below zero).");
  if (saturation === undefined && overloadOf(result) > CHANCE * (1 - result.serviceLevel)) found.push(missedSentence(result));
  if (hasWeek && split * trace.stepMs < WEEK_HISTORY_MS)
    found.push(`Test again with more history: ${((split * trace.stepMs) / DAY_MS).toFixed(1)} days are too few for the week season, which needs 14.`);
  const missing = 1 - coverage(trace);
  if (missing > MUCH_MISSING) found.push(`Look into the metric: ${percent(missing)} of its samples are missing, and replicas are held meanwhile.`);
  if (forecast.coverage < RIGHT_COVERAGE.from)
    found.push(`Do not rely on the 95 % bound yet: only ${percent(forecast.coverage)} of demand was at or below it.`);
  if (forecast.coverage > RIGHT_COVERAGE.to)
    found.push(`Read the 95 % bound as a cautious one: ${percent(forecast.coverage)} of demand was at or below it.`);
  found.push(...hindsightAdvice(result));
  if (found.length === 0) found.push("Nothing has to change. Apply the manifest, with mode Recommend first if you want to watch it.");
  return [...found, ...priceSentences(result)];
}

/** A plain HPA that does as well for less: said only where somebody would mind. */
function hindsightAdvice({ policies }: BacktestReport): string[] {
  const [mine, tuned] = ["predictive", "hpa-tuned"].map((name) => policies.find((policy) => policy.name === name));
  if (mine?.numbers === undefined || tuned?.numbers === undefined) return [];
  const saved = 1 - tuned.numbers.podHours / mine.numbers.podHours;
  if (saved <= WORTH_SWITCHING) return [];
  const target = `An HPA at ${percent(tuned.utilisation ?? NaN, 0)} would have been overloaded as seldom for ${percent(saved, 0)} fewer pod-hours`;
  return [`${target}: on this demand the forecast does not pay, unless you could not have known that target.`];
}

function saturationSentence({ course, targetPerReplica, maxReplicas, serviceLevel }: BacktestReport): string | undefined {
  const { trace, judgedFrom } = course;
  let [steps, most] = [0, 0];
  for (let i = judgedFrom; i < trace.values.length; i++) {
    const needed = Math.ceil((trace.values[i] ?? NaN) / targetPerReplica - 1e-9);
    if (needed > maxReplicas) steps++;
    if (needed > most) most = needed;
  }
  const share = steps / (trace.values.length - judgedFrom);
  if (share <= WORTH_SAYING * (1 - serviceLevel)) return undefined;
  return `Raise maxReplicas from ${maxReplicas} towards ${most}: demand needed more than maxReplicas in ${percent(share, 2)} of the time.`;
}

/** Overloaded more often than allowed, and not for lack of maxReplicas. */
function missedSentence({ serviceLevel, curve }: BacktestReport): string {
  const next = known(curve.points).find((point) => point.serviceLevel > serviceLevel);
  const words = `Overload was above the ${levelText(1 - serviceLevel)} allowed: the judged days were unlike the history`;
  return next === undefined ? `${words}.` : `${words}. If such days return, ask for ${levelText(next.serviceLevel)}.`;
}

/** The next levels up and down, with what they cost beside the one asked for. */
function priceSentences({ serviceLevel, curve }: BacktestReport): string[] {
  const points = known(curve.points);
  const here = curve.points.find((point) => isSame(point.serviceLevel, serviceLevel));
  if (here === undefined) return [];
  const change = (point: PricePoint) => point.meanReplicas / here.meanReplicas - 1;
  const down = points.findLast((point) => point.serviceLevel < serviceLevel && change(point) < -WORTH_PAYING);
  const up = points.find((point) => point.serviceLevel > serviceLevel && change(point) > WORTH_PAYING);
  const parts = [
    ...(down === undefined ? [] : [`${levelText(down.serviceLevel)} would take ${percent(-change(down), 0)} fewer replicas`]),
    ...(up === undefined ? [] : [`${levelText(up.serviceLevel)} would take ${percent(change(up), 0)} more`]),
  ];
  return parts.length === 0 ? [] : [`The price of the service level: beside ${levelText(serviceLevel)}, ${parts.join("; ")}.`];
}

const known = (points: readonly PricePoint[]) => points.filter(({ isKnown }) => isKnown);

export const isSame = (level: number, other: number) => Math.abs(level - other) < 1e-9;
