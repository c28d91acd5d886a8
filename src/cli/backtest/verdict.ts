// The answer of a backtest in sentences, the same on a terminal and in a page: would it have been better than what is there, by how much,
// when was it wrong and why.
import { durationText } from "../../api/index.ts";
import type { WorstHour } from "../../replay/index.ts";
import { demandText, levelText, percent, timesIn } from "../report/wording.ts";
import { numbersOf } from "./result.ts";
import type { BacktestReport, ComparedPolicy } from "./result.ts";

type Numbers = NonNullable<ComparedPolicy["numbers"]>;

/** Overload above what is allowed by less than this factor may be chance. */
export const CHANCE = 1.25;

/** A share below this prints as 0.0 %. */
const ROUNDED = 0.0005;

/** What the scaler is held against: the user's own HPA if there is one, else one at 80 %. */
export interface Rival {
  readonly title: string;
  readonly numbers: Numbers;
}

export function rivalOf(result: BacktestReport): Rival | undefined {
  const numbers = numbersOf(result, result.compare === undefined ? "hpa" : "compare");
  if (numbers === undefined) return undefined;
  return { title: result.compare === undefined ? "an HPA at 80 %" : `your HPA ${result.compare.name} (${result.compare.target})`, numbers };
}

/** Share of the time in which demand was above the ready capacity. */
export function overloadOf(result: BacktestReport): number {
  return numbersOf(result, "predictive")?.overloadedShare ?? NaN;
}

/** One sentence: better or not, with both numbers that matter. */
export function verdict(result: BacktestReport): string {
  const mine = numbersOf(result, "predictive");
  const rival = rivalOf(result);
  const covered = (numbers: Numbers) => percent(1 - numbers.overloadedShare, 2);
  if (mine === undefined || rival === undefined) return `It would have kept ${percent(1 - overloadOf(result), 2)} of the time covered.`;
  const kept = `it would have kept ${covered(mine)} of the time covered with ${difference(mine, rival.numbers)}`;
  if (isAlike(mine, rival.numbers)) return `No difference: ${kept} as ${rival.title}, which keeps ${covered(rival.numbers)}.`;
  return `${answer(result, mine, rival.numbers)}: ${kept} than ${rival.title}, which keeps ${covered(rival.numbers)}.`;
}

/** `9.2 % fewer pod-hours`. */
export function difference(mine: Numbers, other: Numbers): string {
  const saved = 1 - mine.podHours / other.podHours;
  if (Math.abs(saved) < ROUNDED) return "the same pod-hours";
  return `${percent(Math.abs(saved))} ${saved >= 0 ? "fewer" : "more"} pod-hours`;
}

/** Both numbers are the same as they are printed. */
function isAlike(mine: Numbers, other: Numbers): boolean {
  return Math.abs(1 - mine.podHours / other.podHours) < ROUNDED && Math.abs(mine.overloadedShare - other.overloadedShare) < 0.1 * ROUNDED;
}

function answer({ serviceLevel }: BacktestReport, mine: Numbers, other: Numbers): string {
  const isWithin = (numbers: Numbers) => numbers.overloadedShare <= 1 - serviceLevel;
  const isCheaper = mine.podHours <= other.podHours;
  const isSafer = mine.overloadedShare <= other.overloadedShare;
  if (isCheaper && isSafer) return "Better";
  if (isCheaper) return isWithin(mine) ? "Cheaper, and within the service level" : "Cheaper, but overloaded more often";
  if (isSafer) return isWithin(other) ? "Safer, but dearer than what already keeps the service level" : "Safer, for more pod-hours";
  return "Not better";
}

/** Whether the service level was met, and whether maxReplicas stood in its way. */
export function levelSentence(result: BacktestReport): string {
  const { serviceLevel, maxReplicas } = result;
  const allowed = 1 - serviceLevel;
  const share = overloadOf(result);
  const met = share <= allowed ? "met" : share <= CHANCE * allowed ? "narrowly missed" : "missed";
  const least = numbersOf(result, "clairvoyant")?.overloadedShare ?? 0;
  const bound = least > allowed ? ` With at most ${maxReplicas} replicas it cannot be less than ${percent(least, 2)}.` : "";
  return `The service level of ${levelText(serviceLevel)} was ${met}: overloaded in ${percent(share, 2)} of the time, ${levelText(allowed)} allowed.${bound}`;
}

/** The scaler beside the HPA that was tuned for it in hindsight. */
export function hindsightSentence(result: BacktestReport): string {
  const mine = numbersOf(result, "predictive");
  const tuned = result.policies.find(({ name }) => name === "hpa-tuned");
  if (mine === undefined || tuned?.numbers === undefined) return "No fixed HPA target from 5 % to 99 % is overloaded as seldom.";
  const target = `The cheapest HPA target that is overloaded as seldom, ${percent(tuned.utilisation ?? NaN, 0)}, is known only in hindsight`;
  return `${target}; the scaler needs ${difference(mine, tuned.numbers)}.`;
}

export function forecastSentence({ leadMs, forecast }: BacktestReport): string {
  const { wape, wapePersistence, coverage } = forecast;
  const errors = `off by ${percent(wape)} of demand, "as it is now" by ${percent(wapePersistence)}`;
  return `Forecast ${durationText(leadMs)} ahead: ${errors}; ${percent(coverage)} of demand at or below its 95 % bound.`;
}

/** Why an hour was overloaded, for somebody who knows the service and not this program. */
export function reasonSentence({ demand, forecast, reason }: WorstHour, leadMs: number): string {
  const lead = durationText(leadMs);
  const y = demandText(demand);
  const said = Number.isNaN(forecast) ? "there was no forecast" : `forecast ${lead} before: ${demandText(forecast)}`;
  switch (reason.kind) {
    case "atMaxReplicas":
      return `Demand needed ${reason.needed} replicas and maxReplicas is ${reason.maxReplicas}.`;
    case "samplesMissing":
      return `${reason.missing} of the ${reason.of} samples before it were missing.`;
    case "notReadyYet":
      return `${reason.asked} replicas were asked for ${lead} before, and take longer than that to become Ready.`;
    case "newLevel":
      return `A level never seen before: ${y}, until then at most ${demandText(reason.highest)} (${said}).`;
    case "firstOccurrence":
      return `First occurrence: ${y}, where the ${reason.days} days before had at most ${demandText(reason.highest)} in this hour (${said}).`;
    case "roseFaster":
      return `Demand rose faster than forecast: ${y} against ${demandText(forecast)} forecast ${lead} before (95 % bound ${demandText(reason.upper)}).`;
    case "marginTooSmall":
      if (Number.isNaN(forecast)) return "There was no forecast yet.";
      return `The margin was too small: ${y} against ${demandText(forecast)} forecast ${lead} before, within the 95 % bound of ${demandText(reason.upper)}.`;
  }
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** In which hour of the week the forecast is most off. */
export function hardestHourSentence({ errorByHour, timeZone, forecast }: BacktestReport): string {
  let worst = -1;
  for (const [slot, error] of errorByHour.entries()) if (!Number.isNaN(error) && !(error <= (errorByHour[worst] ?? -1))) worst = slot;
  if (worst < 0) return "";
  const hour = String(worst % 24).padStart(2, "0");
  const error = percent(errorByHour[worst] ?? NaN);
  const when = `${DAYS[Math.floor(worst / 24)]} from ${hour}:00 (${timeZone})`;
  return `The forecast is most off on ${when}: by ${error} of that hour's demand, on average by ${percent(forecast.wape)}.`;
}

/** What was replayed and judged, in one paragraph. */
export function originSentence(result: BacktestReport, trace: string): string {
  const { course, targetPerReplica, minReplicas, maxReplicas, readyDelayMs, timeZone } = result;
  const { startMs, stepMs, values } = course.trace;
  const times = timesIn(timeZone);
  const at = (step: number) => times.moment(startMs + step * stepMs);
  const missing = values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0) / values.length;
  const days = (steps: number) => `${((steps * stepMs) / 86_400_000).toFixed(1)} days`;
  const history = `${trace}: ${days(values.length)} of ${durationText(stepMs)} steps (${percent(missing)} missing), ${days(course.split)} of them history.`;
  const last = values.length - 1;
  const year = times.date(startMs + last * stepMs).slice(-4);
  const judged = `Judged: the ${days(values.length - course.judgedFrom)} from ${at(course.judgedFrom)} to ${at(last)} ${year} (${timeZone}).`;
  const replica = `A replica serves ${Number(targetPerReplica.toPrecision(6))} and takes ${durationText(readyDelayMs)} to become Ready`;
  const world = `${replica}; ${minReplicas} to ${maxReplicas} replicas.`;
  return `${history} ${judged} ${world}`;
}

/** The user's own HPA right after the scaler. */
export function inOrder(policies: readonly ComparedPolicy[]): ComparedPolicy[] {
  const isOwn = ({ name }: ComparedPolicy) => name === "compare";
  return [...policies.slice(0, 1), ...policies.filter(isOwn), ...policies.slice(1).filter((policy) => !isOwn(policy))];
}

/** What each policy is called where people read. */
export function policyTitle({ name, utilisation }: ComparedPolicy, { compare }: BacktestReport): string {
  if (name === "compare") return `your HPA${compare === undefined ? "" : ` ${compare.target}`}`;
  return utilisation === undefined ? name : `${name} ${percent(utilisation, 0)}`;
}
