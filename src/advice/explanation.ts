// Why this number: the decision rule by rule, what would have to change for another, and what is not well. Sentences for people, from values only.
import type { Condition, Reason } from "../api/index.ts";
import { replicasText } from "../decision/index.ts";
import type { RuleStep } from "./journal.ts";
import { momentsIn } from "./moments.ts";
import { reasonText } from "./reasons.ts";
import type { Situation, Told } from "./situation.ts";
import { thresholds } from "./thresholds.ts";
import type { Change } from "./thresholds.ts";
import { upcoming } from "./upcoming.ts";

/** Conditions that are well while they are False; a limit is told by its rule. */
const RAISED: ReadonlySet<string> = new Set(["ScalingLimited", "Conflict", "Paused"]);

/** While one of these holds the number, no demand changes it. */
const NOT_BY_DEMAND: ReadonlySet<Reason> = new Set([
  "TooManyReplicas", "ScalingDisabled", "Fallback", "MetricMissing", "Paused", "AnotherAutoscaler", "AnotherScaler", "ChangedByOther",
] as const);

/** One rule's part in the number. */
export interface ExplainedStep {
  /** In words: `scale up policy`. */
  readonly rule: string;
  readonly reason: Reason;
  readonly from: number;
  readonly to: number;
  /** What the rule said, with its numbers. */
  readonly message: string;
  /** What that means to somebody who has not read the code. */
  readonly means: string;
}

/** A condition that is not as it should be. */
export interface Trouble {
  readonly type: string;
  readonly reason: Reason;
  readonly message: string;
  readonly means: string;
  readonly todo: string;
}

export interface Explanation {
  /** The number and its cause in one or two sentences. */
  readonly answer: string;
  readonly steps: readonly ExplainedStep[];
  readonly changes: readonly Change[];
  readonly troubles: readonly Trouble[];
  /** What the calendar holds for the next days. */
  readonly coming: readonly string[];
  /** Something keeps the scaler from doing its work: the answer to "is it well?" is no. */
  readonly isWell: boolean;
}

/** Explains the last decision of a scaler. */
export function explain(situation: Situation): Explanation {
  const told: Told = { ...situation, moments: momentsIn(situation.spec.forecast.timeZone, situation.nowMs) };
  const troubles = troublesOf(told);
  return {
    answer: answerOf(told, troubles),
    steps: (told.decision?.trace ?? []).map(stepOf),
    changes: changesOf(told),
    troubles,
    coming: [...upcoming(told), ...roomOf(told)],
    isWell: troubles.length === 0,
  };
}

/** The placeholder pods that keep nodes ready, while they are well; otherwise they are a trouble. */
function roomOf({ conditions }: Told): string[] {
  return conditions.filter(({ type, status }) => type === "NodeHeadroom" && status === "True").map(({ message }) => message);
}

function answerOf(told: Told, troubles: readonly Trouble[]): string {
  const { namespace, name, decision, current, moments, spec } = told;
  const who = `${namespace}/${name}`;
  if (decision === undefined) {
    const there = Number.isNaN(current) ? "" : ` Its target has ${replicasText(current)}.`;
    const why = troubles.at(-1);
    return `${who} has made no decision yet.${there}${why === undefined ? " The operator may not have seen it: check that it runs." : ` ${why.means}`}`;
  }
  const { from, to, reason, message } = decision;
  const when = moments.withZone(decision.timeMs);
  const said = message === "" ? reasonText(reason).means : message;
  if (spec.mode === "Recommend")
    return `${who}: ${replicasText(to)} recommended at ${when}; the target has ${from}, and nothing is written in mode Recommend. ${causeOf(told)}`.trim();
  const verb = to === from ? `stays at ${replicasText(to)}` : `goes from ${from} to ${replicasText(to)}`;
  return `${who} ${verb}, decided at ${when}. ${said}`;
}

/** What decided the number in mode Recommend, where the last rule only says that nothing is written. */
function causeOf({ decision }: Told): string {
  return decision?.trace.findLast(({ reason, from, to }) => reason !== "RecommendOnly" && from !== to)?.message ?? decision?.trace[0]?.message ?? "";
}

function stepOf({ rule, reason, from, to, message }: RuleStep): ExplainedStep {
  return { rule: wordsOf(rule), reason, from, to, message, means: reasonText(reason).means };
}

/** `scaleUpPolicy` as `scale up policy`. */
function wordsOf(rule: string): string {
  return rule.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** First what the rules that hold the number say, then the demand's thresholds. */
function changesOf(told: Told): Change[] {
  const { decision } = told;
  if (decision === undefined) return [];
  const held = decision.trace.filter(({ reason }, i) => decision.trace.findIndex((other) => other.reason === reason) === i);
  const rules = held.flatMap(({ reason }) => changeOf(reason, told) ?? []).map((when) => ({ replicas: undefined, when }));
  const isDemandDeciding = !held.some(({ reason }) => NOT_BY_DEMAND.has(reason));
  return [...rules, ...(isDemandDeciding ? thresholds(told, decision.to) : [])];
}

function changeOf(reason: Reason, told: Told): string | undefined {
  const { change } = reasonText(reason);
  return typeof change === "function" ? change(told) : change;
}

/** Conditions that are False (limits are told by the rules), each reason once; `Ready` repeats another and is left out if it does. */
function troublesOf(told: Told): Trouble[] {
  const wrong = told.conditions.filter(({ type, status }) => !RAISED.has(type) && status !== "True");
  const causes = wrong.filter(({ type, reason }) => type !== "Ready" || !wrong.some((other) => other.type !== "Ready" && other.reason === reason));
  const raised = told.conditions.filter(({ type, status }) => RAISED.has(type) && type !== "ScalingLimited" && status === "True");
  const seen = new Set<Reason>();
  return [...raised, ...causes].flatMap((condition) => {
    if (seen.has(condition.reason)) return [];
    seen.add(condition.reason);
    return [troubleOf(condition, told)];
  });
}

function troubleOf({ type, reason, message }: Pick<Condition, "type" | "reason" | "message">, told: Told): Trouble {
  return { type, reason, message, means: reasonText(reason).means, todo: changeOf(reason, told) ?? "" };
}
