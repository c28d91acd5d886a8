// A backtest for a person: the verdict, what was replayed, a row a policy. Fits 80 columns.
import { durationText } from "../../api/index.ts";
import { rfc3339 } from "../../clock.ts";
import type { PolicyName, PolicyResult } from "../../replay/index.ts";
import { amount, percent } from "../report/wording.ts";
import { coverage } from "../../series/index.ts";
import { columns, wrapped } from "../terminal.ts";
import type { BacktestResult } from "./result.ts";

const DAY_MS = 86_400_000;
const HEAD = ["Policy", "overloaded", "unserved", "pod-hours", "replicas", "changes/day"];

/** `file`: the trace's name, as it was given. */
export function summaryText(result: BacktestResult, file: string): string {
  const { course, targetPerReplica, minReplicas, maxReplicas, readyDelayMs } = result;
  const { startMs, stepMs, values } = course.trace;
  const at = (step: number) => rfc3339(startMs + step * stepMs);
  const steps = `${values.length} steps of ${durationText(stepMs)} (${percent(1 - coverage(course.trace))} missing)`;
  const trace = `${file}: ${steps}, ${at(0)} to ${at(values.length - 1)}.`;
  const judgedDays = ((values.length - course.judgedFrom) * stepMs) / DAY_MS;
  const judged = `Judged: the ${judgedDays.toFixed(1)} days from ${at(course.judgedFrom)}.`;
  const world = `A replica serves ${targetPerReplica} and takes ${durationText(readyDelayMs)} to become Ready; ${minReplicas} to ${maxReplicas} replicas.`;
  return [
    ...wrapped(verdict(result)),
    "",
    ...wrapped(forecastSentence(result)),
    "",
    ...columns(HEAD, result.policies.map((policy) => policyRow(policy))),
    "",
    ...wrapped(`${trace} ${judged} ${world}`),
    "",
  ].join("\n");
}

/** The answer first: whether the service level was met, and at what price. */
export function verdict(result: BacktestResult): string {
  const allowed = 1 - result.serviceLevel;
  const share = numbersOf(result, "predictive")?.overloadedShare ?? NaN;
  const level = `${share <= allowed ? "within" : "above"} the ${Number((100 * allowed).toPrecision(3))} % that the service level allows`;
  return `Demand was above the ready replicas in ${percent(share, 2)} of the time, ${level}${priceClause(result)}.${boundSentence(result, allowed)}`;
}

function priceClause(result: BacktestResult): string {
  const tuned = result.policies.find(({ name }) => name === "hpa-tuned");
  if (tuned?.numbers === undefined) return "; no fixed HPA target does as well";
  const saved = 1 - (numbersOf(result, "predictive")?.podHours ?? NaN) / tuned.numbers.podHours;
  const price = `${percent(Math.abs(saved))} ${saved >= 0 ? "fewer" : "more"} pod-hours`;
  return `, with ${price} than the cheapest HPA that does as well (${percent(tuned.utilisation ?? NaN, 0)}, chosen in hindsight)`;
}

/** That maxReplicas is the limit, where it is. */
function boundSentence(result: BacktestResult, allowed: number): string {
  const least = numbersOf(result, "clairvoyant")?.overloadedShare ?? 0;
  return least > allowed ? ` With at most ${result.maxReplicas} replicas it cannot be less than ${percent(least, 2)}: raise maxReplicas.` : "";
}

function numbersOf({ policies }: BacktestResult, wanted: PolicyName): PolicyResult["numbers"] {
  return policies.find(({ name }) => name === wanted)?.numbers;
}

function forecastSentence({ leadMs, forecast }: BacktestResult): string {
  const { wape, wapePersistence, coverage } = forecast;
  const errors = `off by ${percent(wape)} of demand; "as it is now" by ${percent(wapePersistence)}`;
  return `Forecast ${durationText(leadMs)} ahead: ${errors}; ${percent(coverage)} of demand at or below its 95 % bound.`;
}

function policyRow({ name, utilisation, numbers }: PolicyResult): string[] {
  if (numbers === undefined) return [`${name}: none`, ...HEAD.slice(1).map(() => "–")];
  const { overloadedShare, unservedShare, podHours, meanReplicas, replicaChanges } = numbers;
  const title = utilisation === undefined ? name : `${name} ${percent(utilisation, 0)}`;
  return [title, percent(overloadedShare, 2), percent(unservedShare, 2), amount(podHours), amount(meanReplicas, 1), amount(replicaChanges, 1)];
}
