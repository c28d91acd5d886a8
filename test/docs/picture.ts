// The picture of the README, docs/capacity.svg: half a day of a generated service, and the capacity that was ready for it.
// Everything in it comes from a replay of the product's own line, and of an HPA, over four seeded weeks; the text is the same at every run.
// Drawn anew by: npx --no-install node test/docs/picture.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLine } from "../../src/decision/index.ts";
import { createForecaster, createLocalClock } from "../../src/forecast/index.ts";
import { hpaReplicas, measure, readyReplicas, replayLine } from "../../src/replay/index.ts";
import type { World } from "../../src/replay/index.ts";
import { services } from "../bench/picture-series.ts";

const MINUTE_MS = 60_000;
const MINUTES_A_DAY = 1440;
/** Four weeks of history, and a day that the fit has not seen. */
const DAYS = 29;
const SETTINGS = { targetPerReplica: 40, readyDelayMs: 10 * MINUTE_MS, minReplicas: 2, maxReplicas: 40, leadSteps: 20 } as const;
const SERVICE_LEVEL = 0.99;
const HPA_UTILISATION = 0.8;

interface Shown {
  /** Of the last day's minutes: demand, and the capacity of the replicas that were ready. */
  readonly demand: Float64Array;
  readonly scaler: Float64Array;
  readonly hpa: Float64Array;
  readonly minutesOverloaded: { readonly scaler: number; readonly hpa: number };
  readonly podHours: { readonly scaler: number; readonly hpa: number };
}

/** The last day of the service with jobs, under the scaler and under an HPA at 80 %. */
function lastDay(): Shown {
  const series = services(DAYS)[1]?.series;
  if (series === undefined) throw new Error("There is no such service.");
  const { stepMs, values } = series;
  const localClock = createLocalClock("UTC");
  const { targetPerReplica, readyDelayMs, minReplicas, maxReplicas, leadSteps } = SETTINGS;
  const rule = { stepMs, leadSteps, stabilizationSteps: 10, scaleDownTolerance: 0.1, targetPerReplica, budget: 1 - SERVICE_LEVEL, minReplicas, maxReplicas, localClock };
  const line = createLine(createForecaster({ stepMs, leadSteps: [leadSteps], day: true, week: true, localClock }), rule);
  const from = values.length - MINUTES_A_DAY;
  const course = replayLine({ line, trace: series, split: from - MINUTES_A_DAY, readyDelayMs });
  const world: World = { demand: values, stepMs, targetPerReplica, readyDelayMs, minReplicas, maxReplicas, judgedFrom: from };
  const asked = hpaReplicas(world, HPA_UTILISATION);
  const capacity = (ready: Float64Array) => ready.slice(from).map((replicas) => replicas * targetPerReplica);
  const [ours, theirs] = [measure(world, course.wanted), measure(world, asked)];
  const minutes = (share: number) => Math.round(share * MINUTES_A_DAY);
  return {
    demand: values.slice(from),
    scaler: capacity(course.ready),
    hpa: capacity(readyReplicas(asked, stepMs, readyDelayMs)),
    minutesOverloaded: { scaler: minutes(ours.overloadedShare), hpa: minutes(theirs.overloadedShare) },
    podHours: { scaler: Math.round(ours.podHours), hpa: Math.round(theirs.podHours) },
  };
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [880, 360, 56, 96, 320];
const PLOT = WIDTH - LEFT - 24;
const [FIRST_HOUR, LAST_HOUR] = [8, 20];
const TICK = 200;
const STYLE = `text{font:13px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:15px;fill:#111}.ground{fill:#fff}.grid{stroke:#ddd;stroke-width:1}
.demand,.scaler,.hpa{fill:none;stroke-linejoin:round}.demand{stroke:#0072B2;stroke-width:1.4}.scaler{stroke:#009E73;stroke-width:2.4}.hpa{stroke:#7F7F7F;stroke-width:1.8;stroke-dasharray:6 4}
@media(prefers-color-scheme:dark){text{fill:#bbb}.title{fill:#eee}.ground{fill:#16181c}.grid{stroke:#333}.demand{stroke:#4DA6DB}.scaler{stroke:#2CC297}.hpa{stroke:#9A9A9A}}`;

const rounded = (x: number) => String(Math.round(x * 10) / 10);

/** The SVG as a text. */
export function capacityPicture(): string {
  const { demand, scaler, hpa, minutesOverloaded, podHours } = lastDay();
  const end = TICK * Math.ceil(Math.max(...demand, ...scaler, ...hpa) / TICK);
  const x = (minute: number) => rounded(LEFT + (PLOT * (minute - 60 * FIRST_HOUR)) / (60 * (LAST_HOUR - FIRST_HOUR)));
  const y = (value: number) => rounded(BOTTOM - ((BOTTOM - TOP) * value) / end);
  const minutes = Array.from({ length: 60 * (LAST_HOUR - FIRST_HOUR) + 1 }, (_, i) => 60 * FIRST_HOUR + i);
  const line = (kind: string, values: Float64Array) => `<path class="${kind}" d="M${minutes.map((minute) => `${x(minute)} ${y(values[minute] ?? 0)}`).join("L")}"/>`;
  const steps = (kind: string, values: Float64Array) => {
    const turns = minutes.filter((minute, i) => i === 0 || i === minutes.length - 1 || values[minute] !== values[minute - 1]);
    return `<path class="${kind}" d="M${turns.map((minute, i) => (i === 0 ? `${x(minute)} ${y(values[minute] ?? 0)}` : `H${x(minute)}V${y(values[minute] ?? 0)}`)).join("")}"/>`;
  };
  const grid = Array.from({ length: end / TICK + 1 }, (_, k) => k * TICK).map(
    (value) => `<path class="grid" d="M${LEFT} ${y(value)}h${PLOT}"/><text x="${LEFT - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${value}</text>`,
  );
  const hours = Array.from({ length: (LAST_HOUR - FIRST_HOUR) / 2 + 1 }, (_, k) => FIRST_HOUR + 2 * k).map(
    (hour) => `<text x="${x(60 * hour)}" y="${BOTTOM + 20}" text-anchor="middle">${String(hour).padStart(2, "0")}:00</text>`,
  );
  const key = (at: number, height: number, kind: string, what: string) => `<g transform="translate(${at} ${height})"><path class="${kind}" d="M0 0h26"/><text x="34" y="4">${what}</text></g>`;
  const told = (kind: "scaler" | "hpa") => `${minutesOverloaded[kind]} min overloaded, ${podHours[kind]} pod-hours`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">`,
    `<title id="title">Demand of half a day, with a job of half an hour every four hours, and the capacity that was ready for it under the scaler and under an HPA</title>`,
    `<style>${STYLE}</style><rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="title" x="${LEFT}" y="22">Demand, and the capacity that was ready for it, in requests per second</text>`,
    key(LEFT, 48, "demand", "demand; a replica serves 40 and takes 10 minutes to become Ready; times in UTC"),
    key(LEFT, 72, "scaler", `scaler: ${told("scaler")} that day`),
    key(LEFT + 400, 72, "hpa", `HPA at 80 %: ${told("hpa")}`),
    ...grid,
    ...hours,
    steps("hpa", hpa),
    steps("scaler", scaler),
    line("demand", demand),
    "</svg>",
  ].join("\n")}\n`;
}

export const PICTURE_FILE = fileURLToPath(new URL("../../docs/capacity.svg", import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PICTURE_FILE, capacityPicture());
