// The chart that all reports share, as a function of plain data: demand, the forecast made one lead earlier with its bound,
// capacity asked for and ready, overloaded moments on the axis. Gaps stay gaps; its table holds every number.
import { durationText } from "../../api/index.ts";
import { escaped } from "./wording.ts";

export interface DemandChart {
  /** One sentence that says what is to be seen. */
  readonly sentence: string;
  /** IANA zone of the time axis. */
  readonly timeZone: string;
  /** Of the demand axis, for example `requests/s`. */
  readonly unit: string;
  /** How far ahead the forecast was made, for example `20 minutes`. */
  readonly lead: string;
  readonly startMs: number;
  readonly stepMs: number;
  /** All of one length, in the demand's unit; NaN is a gap. */
  readonly demand: ArrayLike<number>;
  readonly forecast: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  readonly asked: ArrayLike<number>;
  readonly ready: ArrayLike<number>;
  /** The present, where the chart goes beyond it. */
  readonly nowMs?: number;
}

/** Digits that a chart can show. */
const DIGITS = 5;
/** Of each line: more would make the page heavy and nothing clearer. */
const MOST_POINTS = 30_000;

const TOOLS = [
  ["in", "Zoom in"],
  ["out", "Zoom out"],
  ["earlier", "Earlier"],
  ["later", "Later"],
  ["all", "All"],
] as const;

/** The chart as an HTML figure; the page's script draws it. */
export function demandChart(chart: DemandChart): string {
  const { sentence, timeZone, unit, lead } = chart;
  const steps = chart.demand.length <= MOST_POINTS ? 1 : Math.ceil(chart.demand.length / MOST_POINTS);
  const column = (values: ArrayLike<number>) => thinned(values, steps).map((value) => (Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null));
  const data = {
    timeZone,
    unit,
    startSeconds: chart.startMs / 1000,
    stepSeconds: (chart.stepMs * steps) / 1000,
    nowSeconds: chart.nowMs === undefined ? null : chart.nowMs / 1000,
    overloaded: overloadedSpans(chart),
    columns: [column(chart.demand), column(chart.forecast), column(chart.upper), column(chart.asked), column(chart.ready)],
  };
  const thin = steps === 1 ? "" : ` Of each ${durationText(2 * steps * chart.stepMs)} the least and the most are drawn.`;
  const key = [
    ["Demand", line("demand"), 0],
    [`Forecast made ${lead} earlier`, line("forecast"), 1],
    ["its 95 % bound", '<rect width="24" height="12" fill="var(--band)"/>', 2],
    ["Capacity ready", line("capacity"), 4],
    ["Capacity asked for", line("capacity", "4 3"), 3],
    ["Overloaded", '<path d="M6 11 L12 1 L18 11 Z" fill="var(--overloaded)"/>', -1],
  ] as const;
  const items = key.map(([name, sample, index]) => {
    const value = index < 0 ? "" : ` <output data-column="${index}"></output>`;
    return `<li><svg viewBox="0 0 24 12" aria-hidden="true">${sample}</svg>${escaped(name)}${value}</li>`;
  });
  return `<figure class="demand-chart">
<figcaption>${escaped(sentence)}<br>
<span class="note">${escaped(unit)}, time in ${escaped(timeZone)}. Drag to zoom, double click to return.${thin}</span></figcaption>
<p class="tools">${TOOLS.map(([action, name]) => `<button type="button" data-zoom="${action}">${name}</button>`).join("")} <output data-time></output></p>
<div class="plot" role="img" tabindex="0" aria-label="${escaped(sentence)} The table below holds every number."></div>
<ul class="key">${items.join("")}</ul>
<script type="application/json">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>
<details class="every"><summary>Every number of the chart as a table</summary>
<div class="wide tall" role="region" tabindex="0" aria-label="Every number of the chart"></div></details>
</figure>`;
}

/** A point for every `steps` values: of each two points' values the least and the most, in the order in which they came; NaN where all are. */
function thinned(values: ArrayLike<number>, steps: number): number[] {
  if (steps === 1) return Array.from(values);
  const points: number[] = [];
  for (let from = 0; from < values.length; from += 2 * steps) {
    let [least, most] = [-1, -1];
    for (let i = from; i < Math.min(values.length, from + 2 * steps); i++) {
      const value = values[i] ?? NaN;
      if (Number.isNaN(value)) continue;
      if (least < 0 || value < (values[least] ?? NaN)) least = i;
      if (most < 0 || value > (values[most] ?? NaN)) most = i;
    }
    points.push(values[Math.min(least, most)] ?? NaN, values[Math.max(least, most)] ?? NaN);
  }
  return points;
}

/** Overloaded spans as pairs of begin and length, seconds from the chart's start. */
function overloadedSpans({ demand, ready, stepMs }: DemandChart): number[] {
  const spans: number[] = [];
  let length = 0;
  for (let i = 0; i <= demand.length; i++) {
    if ((demand[i] ?? NaN) > (ready[i] ?? NaN)) length++;
    else if (length > 0) {
      spans.push(((i - length) * stepMs) / 1000, (length * stepMs) / 1000);
      length = 0;
    }
  }
  return spans;
}

function line(colour: string, dashes = ""): string {
  return `<line x1="0" y1="6" x2="24" y2="6" stroke="var(--${colour})" stroke-width="3"${dashes === "" ? "" : ` stroke-dasharray="${dashes}"`}/>`;
}
