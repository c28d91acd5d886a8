// The picture of docs/forecasting.md: on four generated services, the demand of one day and the forecast made 20 minutes before each minute.
// Everything in it is computed here by the product's forecaster from four seeded weeks; the file is the same at every run.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { NAIVE_METHODS, wape } from "./methods.ts";
import { services, type Service } from "./picture-series.ts";

const FILE = join(import.meta.dirname, "../../docs/forecast.svg");
const LEAD = 20;
const MINUTES_A_DAY = 1440;
/** Four weeks of history and one working day (a Tuesday) shown after its Monday. */
const DAYS = 30;
const SHOWN_EVERY = 3;
const WIDTH = 880;
const LEFT = 56;
const PANEL = { height: 150, gap: 66, top: 92 };
const PLOT = WIDTH - LEFT - 24;

interface Lines {
  readonly demand: Float64Array;
  readonly forecast: Float64Array;
  readonly upper: Float64Array;
  readonly error: number;
  readonly persistence: number;
}

/** The last day of a service, and what was said 20 minutes before each of its minutes. */
function lastDay({ series }: Service): Lines {
  const { startMs, stepMs, values } = series;
  const from = values.length - MINUTES_A_DAY;
  const forecaster = createForecaster({ stepMs, leadSteps: [LEAD], day: true, week: true, localClock: createLocalClock("UTC") });
  forecaster.fit({ startMs, stepMs, values: values.slice(0, from - MINUTES_A_DAY) });
  const forecast = new Float64Array(values.length).fill(NaN);
  const upper = forecast.slice();
  for (let i = 0; i < values.length - LEAD; i++) {
    forecaster.observe(startMs + i * stepMs, values[i]!);
    forecast[i + LEAD] = forecaster.forecast(LEAD);
    upper[i + LEAD] = forecaster.upper(LEAD);
  }
  return {
    demand: values.slice(from), forecast: forecast.slice(from), upper: upper.slice(from),
    error: wape(values, forecast, from), persistence: wape(values, NAIVE_METHODS.persistence(series, LEAD), from),
  };
}

/** A round number of gridlines: the step of the axis and its end, at or above `most`. */
function axis(most: number): { step: number; end: number } {
  const power = 10 ** Math.floor(Math.log10(most / 3));
  const step = power * ([1, 2, 5, 10].find((k) => most / (k * power) <= 4) ?? 10);
  return { step, end: step * Math.ceil(most / step) };
}

const rounded = (x: number) => String(Math.round(x * 10) / 10);

function panel(service: Service, top: number): string {
  const { demand, forecast, upper, error, persistence } = lastDay(service);
  const { step, end } = axis(Math.max(...demand, ...upper));
  const x = (minute: number) => rounded(LEFT + (PLOT * minute) / MINUTES_A_DAY);
  const y = (value: number) => rounded(top + PANEL.height * (1 - value / end));
  const shown = Array.from({ length: MINUTES_A_DAY / SHOWN_EVERY }, (_, k) => k * SHOWN_EVERY);
  const path = (line: Float64Array, minutes: readonly number[]) => minutes.map((minute) => `${x(minute)} ${y(line[minute]!)}`).join("L");
  const grid = Array.from({ length: Math.round(end / step) + 1 }, (_, k) => k * step).map(
    (value) => `<path class="grid" d="M${LEFT} ${y(value)}h${PLOT}"/><text x="${LEFT - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${value}</text>`,
  );
  const hours = [0, 4, 8, 12, 16, 20, 24].map((hour) => `<text x="${x(60 * hour)}" y="${top + PANEL.height + 18}" text-anchor="middle">${String(hour).padStart(2, "0")}:00</text>`);
  return [
    `<text class="title" x="${LEFT}" y="${top - 14}">${service.title}</text>`,
    `<text x="${LEFT + PLOT}" y="${top - 14}" text-anchor="end">off by ${error.toFixed(1)} % (taking no change: ${persistence.toFixed(1)} %)</text>`,
    ...grid, ...hours,
    `<path class="band" d="M${path(forecast, shown)}L${path(upper, shown.toReversed())}Z"/>`,
    `<path class="demand" d="M${path(demand, shown)}"/>`,
    `<path class="forecast" d="M${path(forecast, shown)}"/>`,
  ].join("\n");
}

const STYLE = `text{font:13px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:15px;fill:#111}.ground{fill:#fff}.grid{stroke:#ddd;stroke-width:1}
.demand,.forecast{fill:none;stroke-linejoin:round}.demand{stroke:#0072B2;stroke-width:1.4}.forecast{stroke:#E69F00;stroke-width:2}.band{fill:#E69F00;opacity:.2}
@media(prefers-color-scheme:dark){text{fill:#bbb}.title{fill:#eee}.ground{fill:#16181c}.grid{stroke:#333}.demand{stroke:#4DA6DB}.forecast{stroke:#F5BC42}.band{fill:#F5BC42}}`;

/** Writes the picture to `path` (docs/forecast.svg). */
export function drawPicture(path: string = FILE): void {
  const all = services(DAYS);
  const height = PANEL.top + all.length * (PANEL.height + PANEL.gap) - 34;
  const key = (at: number, what: string, mark: string) => `<g transform="translate(${at} 44)">${mark}<text x="34" y="4">${what}</text></g>`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">Demand of one day of four generated services, and the forecast of each minute made 20 minutes before it</title>`,
    `<style>${STYLE}</style><rect class="ground" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${LEFT}" y="22">Each minute's forecast was made 20 minutes before it. Requests per second, time in UTC.</text>`,
    key(LEFT, "demand", `<path class="demand" d="M0 0h26"/>`),
    key(LEFT + 120, "forecast", `<path class="forecast" d="M0 0h26"/>`),
    key(LEFT + 250, "up to the 95 % upper bound", `<path class="band" d="M0 -6h26v12h-26Z"/>`),
    ...all.map((service, at) => panel(service, PANEL.top + at * (PANEL.height + PANEL.gap))),
    "</svg>",
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
}
