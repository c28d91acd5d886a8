// The demo's result as a report page.
import { demandChart } from "../report/chart.ts";
import { page } from "../report/page.ts";
import { table } from "../report/table.ts";
import type { Cell } from "../report/table.ts";
import { amount, escaped, percent, timesIn } from "../report/wording.ts";
import { MINUTE_MS } from "./course.ts";
import type { Course } from "./course.ts";
import { isOverloaded } from "./result.ts";
import type { DemoResult } from "./result.ts";
import { LEAD_MS, NAME, NAMESPACE, READY_DELAY_MS, SERVICE_LEVEL, TARGET_PER_REPLICA, TIME_ZONE } from "./settings.ts";
import { minutesBefore, policies, verdict } from "./summary.ts";

const UNIT = "requests/s";
const HOUR = 60;
const WORST_HOURS = 5;

export function demoPage(result: DemoResult): string {
  const { course, operator, peaks } = result;
  const times = timesIn(TIME_ZONE);
  const leads = peaks.filter(({ kind }) => kind === "regular").map(({ leadMinutes }) => leadMinutes ?? NaN);
  const shortest = Math.min(...leads);
  const endMs = course.startMs + course.demand.length * MINUTE_MS;
  const when = `${times.dayTime(course.startMs)} to ${times.dayTime(endMs)} ${TIME_ZONE}, from ${times.date(course.startMs)}`;
  return page({
    title: "predictive-scaler: demo",
    verdict: verdict(result),
    origin: `${NAMESPACE}/${NAME}, simulated traffic (seed ${result.seed}), ${when}.`,
    numbers: [
      {
        value: Number.isNaN(shortest) ? "never" : `${Math.floor(shortest)} min`,
        meaning: "the shortest time by which the replicas of a regular peak were asked for before they were needed",
      },
      { value: percent(operator.overloadedShare), meaning: `of all minutes overloaded; asked for was at most ${percent(1 - SERVICE_LEVEL)}` },
      { value: amount(operator.podHours), meaning: `pod-hours; an HPA that covers as well needs ${amount(result.hpaTuned?.numbers.podHours ?? NaN)}` },
    ],
    sections: [
      { heading: "Demand, forecast and capacity", html: chartOf(course, result) },
      { heading: "Peaks", html: peakTable(result) },
      { heading: "What it costs", html: policyTable(result) },
      { heading: "The worst hours", html: hourTable(course, true) },
      { heading: "Every hour", html: hourTable(course, false), isFolded: true },
      { heading: "How this was measured", html: method(result), isFolded: true },
    ],
  });
}

function chartOf(course: Course, { forecast }: DemoResult): string {
  const { startMs, demand, upper, asked, ready } = course;
  const capacity = (replicas: Float64Array) => replicas.map((value) => value * TARGET_PER_REPLICA);
  return demandChart({
    sentence: `Capacity follows the forecast made ${LEAD_MS / MINUTE_MS} minutes earlier, which was off by ${percent(forecast.wape)} of demand.`,
    timeZone: TIME_ZONE,
    unit: UNIT,
    lead: `${LEAD_MS / MINUTE_MS} minutes`,
    startMs,
    stepMs: MINUTE_MS,
    demand,
    forecast: course.forecast,
    upper,
    asked: capacity(asked),
    ready: capacity(ready),
  });
}

function peakTable({ peaks }: DemoResult): string {
  const times = timesIn(TIME_ZONE);
  const columns = [
    { head: `Peak (${TIME_ZONE})` },
    { head: "Kind", isWords: true },
    { head: "Replicas needed" },
    { head: "Asked for" },
    { head: "Ready" },
    { head: "First needed" },
    { head: "Asked before (min)" },
    { head: "Ready before (min)" },
  ];
  const time = (ms: number | undefined): Cell => ({ text: ms === undefined ? "never" : times.time(ms) });
  const rows = peaks.map((peak): Cell[] => [
    { text: times.dayTime(peak.atMs) },
    { text: peak.kind === "regular" ? "regular" : "flash crowd" },
    { text: String(peak.needed) },
    time(peak.askedMs),
    time(peak.readyMs),
    time(peak.neededMs),
    { text: minutesBefore(peak, peak.askedMs) },
    { text: minutesBefore(peak, peak.readyMs), isMarked: peak.readyMs === undefined || peak.readyMs > peak.neededMs },
  ]);
  const words = "When the replicas that each peak needs were asked for and Ready, and when demand first needed them. Nobody can see a flash crowd coming.";
  return `<p>${words}</p>\n${table("Peaks", columns, rows)}`;
}

function policyTable(result: DemoResult): string {
  const minutes = result.course.demand.length;
  const columns = [{ head: "Policy" }, { head: "Overloaded (min)" }, { head: "Overloaded (%)" }, { head: "Pod-hours" }, { head: "Changes (a day)" }];
  const all = policies(result);
  const least = (key: "overloadedShare" | "podHours" | "replicaChanges") => Math.min(...all.map(({ numbers }) => numbers?.[key] ?? Infinity));
  const rows = all.map(({ name, numbers }): Cell[] => {
    if (numbers === undefined) return [{ text: name }, ...Array.from({ length: 4 }, () => ({ text: "–" }))];
    const { overloadedShare, podHours, replicaChanges } = numbers;
    const isLeastOverloaded = overloadedShare === least("overloadedShare");
    return [
      { text: name },
      { text: (overloadedShare * minutes).toFixed(0), isBest: isLeastOverloaded },
      { text: (100 * overloadedShare).toFixed(2), isBest: isLeastOverloaded },
      { text: podHours.toFixed(1), isBest: podHours === least("podHours") },
      { text: replicaChanges.toFixed(1), isBest: replicaChanges === least("replicaChanges") },
    ];
  });
  const words = `The same demand and the same ${READY_DELAY_MS / MINUTE_MS} minutes until a pod is Ready for all of them; the HPAs are simulated.`;
  return `<p>${words}</p>\n${table("Policies", columns, rows)}`;
}

/** A row an hour; the worst ones only, or all. */
function hourTable(course: Course, isWorst: boolean): string {
  const times = timesIn(TIME_ZONE);
  const { startMs, demand, forecast, ready } = course;
  const columns = [
    { head: `Hour from (${TIME_ZONE})` },
    { head: "Overloaded (min)" },
    { head: `Highest demand (${UNIT})` },
    { head: `Highest forecast (${UNIT})` },
    { head: `Lowest ready capacity (${UNIT})` },
    { head: "Pod-hours" },
  ];
  const hours = Array.from({ length: Math.floor(demand.length / HOUR) }, (_, hour) => {
    const first = hour * HOUR;
    const part = (values: Float64Array) => values.subarray(first, first + HOUR).filter((value) => !Number.isNaN(value));
    let overloaded = 0;
    for (let i = first; i < first + HOUR; i++) if (isOverloaded(course, i)) overloaded++;
    return {
      startMs: startMs + first * MINUTE_MS,
      overloaded,
      demand: Math.max(...part(demand)),
      forecast: Math.max(...part(forecast)),
      ready: Math.min(...part(ready)) * TARGET_PER_REPLICA,
      podHours: part(course.asked).reduce((sum, replicas) => sum + replicas, 0) / HOUR,
    };
  });
  const worst = hours.filter(({ overloaded }) => overloaded > 0).sort((a, b) => b.overloaded - a.overloaded);
  const chosen = isWorst ? worst.slice(0, WORST_HOURS) : hours;
  if (chosen.length === 0) return "<p>No minute was overloaded.</p>";
  const rows = chosen.map((hour): Cell[] => [
    { text: times.dayTime(hour.startMs), value: hour.startMs },
    { text: String(hour.overloaded), value: hour.overloaded, isMarked: hour.overloaded > 0 },
    ...[hour.demand, hour.forecast, hour.ready].map((value) => ({ text: Number.isFinite(value) ? value.toFixed(0) : "–", value })),
    { text: hour.podHours.toFixed(1), value: hour.podHours },
  ]);
  return table(isWorst ? "The worst hours" : "Every hour", columns, rows);
}

function method({ forecast, errors }: DemoResult): string {
  const sentences = [
    `A replica serves ${TARGET_PER_REPLICA} ${UNIT}. A minute is overloaded when demand is above what the Ready replicas serve. ` +
      "Pod-hours count replicas asked for.",
    "A peak is the highest point of the traffic without its noise; it needs as many replicas as serve that point. The lead is counted from " +
      "the moment since which so many were asked for without a break, to the first minute whose measured demand needed them.",
    `The forecast is the one that the operator exported ${LEAD_MS / MINUTE_MS} minutes before each minute. Its error is ` +
      `${percent(forecast.wape)} of demand; that of "as it is now" is ${percent(forecast.wapePersistence)}.`,
    `The operator met ${errors} errors.`,
  ];
  return sentences.map((sentence) => `<p>${escaped(sentence)}</p>`).join("\n");
}
