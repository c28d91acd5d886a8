// A backtest on a terminal of 80 columns: would it have been better, by how much, when was it wrong, what to change, what was replayed.
import { durationText } from "../../api/index.ts";
import { amount, levelText, percent, timesIn } from "../report/wording.ts";
import { columns, wrapped } from "../terminal.ts";
import type { BacktestReport, ComparedPolicy } from "./result.ts";
import { isSame, suggestions } from "./suggestions.ts";
import { forecastSentence, hardestHourSentence, hindsightSentence, levelSentence, originSentence, verdict } from "./verdict.ts";
import { inOrder, policyTitle, reasonSentence } from "./verdict.ts";

const HEAD = ["Policy", "overloaded", "unserved", "pod-hours", "replicas", "changes/day"];
/** Of the ten worst hours; the report has all. */
const HOURS_SHOWN = 3;
/** Levels of the price curve; the report has all. */
const LEVELS_SHOWN: readonly number[] = [0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
const INDENT = "  ";

/** `trace`: the trace's name. `next`: the command that writes the report. */
export function summaryText(result: BacktestReport, trace: string, next: string): string {
  return [
    ...wrapped(verdict(result)),
    ...wrapped(levelSentence(result)),
    "",
    ...columns(HEAD, inOrder(result.policies).map((policy) => policyRow(policy, result))),
    ...wrapped(hindsightSentence(result)),
    "",
    ...wrapped(forecastSentence(result)),
    ...curveLines(result),
    "",
    ...worstLines(result),
    "",
    "What to change:",
    ...suggestions(result).flatMap((sentence) => item(sentence)),
    "",
    ...wrapped(originSentence(result, trace)),
    "",
    ...wrapped(`Next: ${next}`),
    "",
  ].join("\n");
}

function policyRow(policy: ComparedPolicy, result: BacktestReport): string[] {
  const title = policyTitle(policy, result);
  if (policy.numbers === undefined) return [`${title}: none`, ...HEAD.slice(1).map(() => "–")];
  const { overloadedShare, unservedShare, podHours, meanReplicas, replicaChanges } = policy.numbers;
  return [title, percent(overloadedShare, 2), percent(unservedShare, 2), amount(podHours), amount(meanReplicas, 1), amount(replicaChanges, 1)];
}

function curveLines({ curve, serviceLevel }: BacktestReport): string[] {
  const isShown = (level: number) => isSame(level, serviceLevel) || LEVELS_SHOWN.some((shown) => isSame(shown, level));
  const points = curve.points.filter((point) => isShown(point.serviceLevel));
  if (points.length === 0) return [];
  const rows = points.map(({ serviceLevel: level, meanReplicas, podHours, isKnown }) => [
    levelText(level) + (isSame(level, serviceLevel) ? " (asked for)" : isKnown ? "" : " (little evidence)"),
    amount(meanReplicas, 1),
    amount(podHours),
  ]);
  return ["", ...columns(["Service level", "replicas", "pod-hours"], rows)];
}

function worstLines(result: BacktestReport): string[] {
  const { worst, timeZone, leadMs } = result;
  const hardest = wrapped(hardestHourSentence(result));
  if (worst.length === 0) return ["It was never overloaded.", ...hardest];
  const times = timesIn(timeZone);
  const shown = worst.slice(0, HOURS_SHOWN);
  const lines = shown.flatMap((hour) => {
    const short = `${times.moment(hour.startMs)}: overloaded for ${durationText(hour.overloadedMs)} of the hour, ${percent(hour.unservedShare)} unserved.`;
    return item(`${short} ${reasonSentence(hour, leadMs)}`);
  });
  return [`The worst ${shown.length === 1 ? "hour" : `${shown.length} hours`} (${timeZone}):`, ...lines, ...hardest];
}

/** A sentence as an item of a list, within 80 columns. */
function item(sentence: string): string[] {
  return wrapped(sentence, 80 - INDENT.length).map((line, i) => (i === 0 ? `- ${line}` : INDENT + line));
}
