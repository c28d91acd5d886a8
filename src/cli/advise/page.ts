// A review as text of 80 columns (commands to copy stay on one line) and as JSON.
import { spanText } from "../../advice/index.ts";
import type { Advice } from "../../advice/index.ts";
import { rfc3339 } from "../../clock.ts";
import type { Series } from "../../series/index.ts";
import { wrapped } from "../terminal.ts";

export interface Reviewed {
  readonly namespace: string;
  readonly name: string;
  readonly advice: readonly Advice[];
  readonly trace: Series;
  /** Days of the history that were judged; undefined if it was too short. */
  readonly judgedDays: number | undefined;
}

const WORDS = { serious: "Serious", worthwhile: "Worthwhile", notice: "Notice" } as const;

export function reviewText(reviewed: Reviewed): string {
  const { advice, namespace, name } = reviewed;
  const lines = wrapped(headline(reviewed));
  for (const [i, { topic, severity, finding, why, change, patch }] of advice.entries()) {
    lines.push("", `${i + 1}. ${topic}: ${WORDS[severity].toLowerCase()}`);
    for (const part of [`Found: ${finding}`, `Why it matters: ${why}`, `Change: ${change}`]) lines.push(...wrapped(part, 77).map((line) => `   ${line}`));
    if (patch !== undefined) lines.push(`   ${commandOf(namespace, name, patch)}`);
  }
  const next = advice.some(({ patch }) => patch !== undefined)
    ? ["", ...wrapped("Before a change is applied, its manifest can be tried on the same history: predictive-scaler backtest")]
    : [];
  return [...lines, ...next, ""].join("\n");
}

function headline({ namespace, name, advice, trace, judgedDays }: Reviewed): string {
  const who = namespace === "" ? name : `${namespace}/${name}`;
  const span = spanText(trace.values.length * trace.stepMs);
  const seen =
    judgedDays === undefined ? `${span} of demand seen, too little to judge the forecast` : `${span} of demand seen, the last ${daysText(judgedDays)} judged`;
  if (advice.length === 0) return `${who}: nothing to change (${seen}).`;
  const serious = advice.filter(({ severity }) => severity === "serious").length;
  const count = `${advice.length} ${advice.length === 1 ? "piece" : "pieces"} of advice`;
  return `${who}: ${count}${serious === 0 ? ", none serious" : `, ${serious} serious`} (${seen}).`;
}

function daysText(days: number): string {
  return days < 2 ? spanText(days * 86_400_000) : `${Math.round(days)} days`;
}

/** A line for a shell: the text in single quotes. */
export function commandOf(namespace: string, name: string, patch: object): string {
  const space = namespace === "" ? "" : ` -n ${namespace}`;
  return `kubectl patch psc ${name}${space} --type merge -p '${JSON.stringify(patch).replaceAll("'", String.raw`'\''`)}'`;
}

export function reviewJson({ namespace, name, advice, trace, judgedDays }: Reviewed): object {
  const end = trace.startMs + (trace.values.length - 1) * trace.stepMs;
  return {
    namespace,
    name,
    history: { from: rfc3339(trace.startMs), to: rfc3339(end), judgedDays: judgedDays ?? null },
    advice: advice.map((one) => ({ ...one, patch: one.patch ?? null, command: one.patch === undefined ? null : commandOf(namespace, name, one.patch) })),
  };
}
