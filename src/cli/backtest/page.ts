// A backtest as a report page: verdict, three numbers, the chart, the worst hours, what to change, what it costs; details folded away.
import { durationText } from "../../api/index.ts";
import { demandChart } from "../report/chart.ts";
import { page } from "../report/page.ts";
import { table } from "../report/table.ts";
import type { Cell } from "../report/table.ts";
import { amount, demandText, escaped, levelText, percent, timesIn } from "../report/wording.ts";
import { weekTable } from "../report/week-table.ts";
import { numbersOf } from "./result.ts";
import type { BacktestReport } from "./result.ts";
import { isSame, suggestions } from "./suggestions.ts";
import { difference, forecastSentence, hardestHourSentence, hindsightSentence, levelSentence, originSentence } from "./verdict.ts";
import { inOrder, overloadOf, policyTitle, reasonSentence, rivalOf, verdict } from "./verdict.ts";

export interface Sources {
  /** Name of the trace. */
  readonly trace: string;
  /** YAML of what was tested, and of the HPA beside it. */
  readonly manifest: string;
  readonly hpa: string | undefined;
}

const HOUR_MS = 3_600_000;
/** Around a worst hour so much is shown when it is zoomed to. */
const AROUND_MS = 3 * HOUR_MS;

export function backtestPage(result: BacktestReport, sources: Sources): string {
  return page({
    title: `predictive-scaler: backtest of ${result.key}`,
    verdict: verdict(result),
    origin: `${result.key}. ${originSentence(result, sources.trace)}`,
    numbers: threeNumbers(result),
    sections: [
      { heading: "Demand, forecast and capacity", html: chartOf(result) },
      { heading: "The worst hours", html: worstTable(result) },
      { heading: "What to change", html: `<ul class="advice">${suggestions(result).map((sentence) => `<li>${escaped(sentence)}</li>`).join("")}</ul>` },
      { heading: "Beside other policies", html: policyTable(result) },
      { heading: "What a service level costs", html: curveTable(result) },
      { heading: "The forecast's error by hour of the week", html: errorTable(result), isFolded: true },
      { heading: "The manifest that was tested", html: `<pre>${escaped(sources.manifest)}</pre>`, isFolded: true },
      ...(sources.hpa === undefined ? [] : [{ heading: "The HPA beside it", html: `<pre>${escaped(sources.hpa)}</pre>`, isFolded: true }]),
      { heading: "How this was measured", html: method(), isFolded: true },
    ],
  });
}

function threeNumbers(result: BacktestReport) {
  const { serviceLevel, leadMs, forecast } = result;
  const [mine, rival] = [numbersOf(result, "predictive"), rivalOf(result)];
  const saving = mine === undefined || rival === undefined ? undefined : difference(mine, rival.numbers);
  const [saved = "–", ...words] = (saving ?? "").split(/ (?!%)/);
  const pods = `${amount(mine?.podHours ?? NaN)} against ${amount(rival?.numbers.podHours ?? NaN)}`;
  const persistence = percent(forecast.wapePersistence);
  return [
    { value: percent(overloadOf(result), 2), meaning: `of the time overloaded; ${levelText(1 - serviceLevel)} was allowed` },
    { value: saved, meaning: `${words.join(" ")} than ${rival?.title ?? "–"}: ${pods}` },
    { value: percent(forecast.wape), meaning: `error of the forecast ${durationText(leadMs)} ahead; "as it is now" is off by ${persistence}` },
  ];
}

function chartOf(result: BacktestReport): string {
  const { course, targetPerReplica, leadMs, timeZone } = result;
  const { trace, judgedFrom } = course;
  const judged = (values: Float64Array) => values.subarray(judgedFrom);
  const capacity = (replicas: Float64Array) => judged(replicas).map((value) => value * targetPerReplica);
  return demandChart({
    sentence: `${levelSentence(result)} Overloaded moments are marked on the time axis, the taller the longer.`,
    timeZone,
    unit: "Demand in the query's unit",
    lead: durationText(leadMs),
    startMs: trace.startMs + judgedFrom * trace.stepMs,
    stepMs: trace.stepMs,
    demand: judged(trace.values),
    forecast: judged(course.forecast),
    upper: judged(course.upper),
    asked: capacity(course.wanted),
    ready: capacity(course.ready),
  });
}

function worstTable(result: BacktestReport): string {
  const { worst, timeZone, leadMs } = result;
  if (worst.length === 0) return "<p>It was never overloaded.</p>";
  const times = timesIn(timeZone);
  const columns = [
    { head: `Hour from (${timeZone})` },
    { head: "Overloaded (min)" },
    { head: "Unserved (%)" },
    { head: "Demand" },
    { head: "Forecast" },
    { head: "Replicas ready / needed" },
    { head: "Why", isWords: true },
  ];
  const rows = worst.map((hour): Cell[] => [
    { text: times.moment(hour.startMs), zoom: { fromMs: hour.startMs - AROUND_MS, toMs: hour.startMs + HOUR_MS + AROUND_MS } },
    { text: amount(hour.overloadedMs / 60_000, hour.overloadedMs % 60_000 === 0 ? 0 : 1), isMarked: true },
    { text: (100 * hour.unservedShare).toFixed(1) },
    { text: demandText(hour.demand) },
    { text: demandText(hour.forecast) },
    { text: `${hour.readyReplicas} / ${hour.neededReplicas}` },
    { text: reasonSentence(hour, leadMs) },
  ]);
  const words =
    "Longest overloaded first, then most unserved. Demand, forecast and replicas are those of the hour's worst moment; " +
    "a click on an hour shows it in the chart.";
  return `<p>${words}</p>\n${table("The worst hours", columns, rows, true)}`;
}

function policyTable(result: BacktestReport): string {
  const policies = inOrder(result.policies);
  const columns = ["Policy", "Overloaded (%)", "Unserved (%)", "Pod-hours", "Replicas (mean)", "Changes (a day)"].map((head) => ({ head }));
  const real = policies.filter(({ name }) => name !== "clairvoyant");
  type Key = "overloadedShare" | "unservedShare" | "podHours" | "replicaChanges";
  const least = (key: Key) => Math.min(...real.map(({ numbers }) => numbers?.[key] ?? Infinity));
  const rows = policies.map((policy): Cell[] => {
    const { name, numbers } = policy;
    const title = policyTitle(policy, result);
    if (numbers === undefined) return [{ text: `${title}: none` }, ...Array.from({ length: 5 }, () => ({ text: "–" }))];
    const isBest = (key: Key) => name !== "clairvoyant" && numbers[key] === least(key);
    return [
      { text: title },
      { text: (100 * numbers.overloadedShare).toFixed(2), isBest: isBest("overloadedShare") },
      { text: (100 * numbers.unservedShare).toFixed(2), isBest: isBest("unservedShare") },
      { text: numbers.podHours.toFixed(0), isBest: isBest("podHours") },
      { text: numbers.meanReplicas.toFixed(1), isBest: isBest("podHours") },
      { text: numbers.replicaChanges.toFixed(1), isBest: isBest("replicaChanges") },
    ];
  });
  const words = `${hindsightSentence(result)} The clairvoyant knows all demand to come: nobody can need less without being overloaded.`;
  return `<p>${escaped(words)}</p>\n${table("Policies", columns, rows)}`;
}

function curveTable({ curve, serviceLevel }: BacktestReport): string {
  const { points, checked } = curve;
  if (points.length === 0) return "<p>Too little was scored to say.</p>";
  const most = Math.max(...points.map(({ meanReplicas }) => meanReplicas));
  const columns = [{ head: "Service level" }, { head: "Replicas (mean)" }, { head: "", isWords: true }, { head: "Pod-hours" }];
  const rows = points.map(({ serviceLevel: level, meanReplicas, podHours, isKnown }): Cell[] => {
    const isAsked = isSame(level, serviceLevel);
    return [
      { text: `${levelText(level)}${isAsked ? ", asked for" : ""}${isKnown ? "" : ", little evidence"}`, isBest: isAsked },
      { text: meanReplicas.toFixed(1), isBest: isAsked },
      { text: "", bar: { share: meanReplicas / most, isFaint: !isKnown } },
      { text: podHours.toFixed(0), isBest: isAsked },
    ];
  });
  const tests = checked.map((check) => {
    const pods = `${amount(check.podHours)} pod-hours (${amount(check.predictedPodHours)} by the curve)`;
    return `${levelText(check.serviceLevel)} took ${pods} and was overloaded in ${percent(check.overloadedShare, 2)}`;
  });
  const words =
    "Replicas that each service level would have asked for over the judged days. " +
    "Little evidence: so few moments were that rare that each of them moves the number.";
  const check = tests.length === 0 ? "" : `<p class="note">Run for themselves: ${escaped(tests.join("; "))}.</p>`;
  return `<p>${words}</p>\n${table("What a service level costs", columns, rows)}${check}`;
}

function errorTable(result: BacktestReport): string {
  const words = `${forecastSentence(result)} ${hardestHourSentence(result)}`;
  const note = `Sum of |demand − forecast| over the sum of demand, in percent, by the hour in ${result.timeZone}. The stronger the colour, the further off.`;
  const week = weekTable("The forecast's error by hour of the week, in percent", result.errorByHour);
  return `<p>${escaped(words)}</p>\n<p class="note">${escaped(note)}</p>\n${week}`;
}

function method(): string {
  const sentences = [
    "Each decision was made from the past only, by the code that the operator runs. The first part of the trace is history; judging begins one ready delay " +
      "and an hour after it.",
    "Replicas asked for are ready after the ready delay; removal is at once. A moment is overloaded when demand is above what the ready replicas serve. " +
      "Missing demand counts as covered.",
    "Unserved is the demand above the ready capacity, over all demand. Pod-hours count replicas asked for.",
    "Not replayed: mode, scaling policies and scale-up stabilisation of the scaler, fallback, weekly refits, nodes that have to be started.",
    "hpa: a HorizontalPodAutoscaler with its default behavior at 80 %. hpa-tuned and last-week: the cheapest of 75 utilisations that is not overloaded " +
      "more often, known only in hindsight. last-week asks for what last week's next half hour needed.",
  ];
  return sentences.map((sentence) => `<p>${escaped(sentence)}</p>`).join("\n");
}
