// What the operator forecast, as its own /metrics say: every simulated minute the forecast twenty minutes ahead and its bound.
import type { Traffic } from "../../playground/index.ts";
import { MINUTE_MS } from "./course.ts";
import { LEAD_MS } from "./settings.ts";

/** Slots that a scrape may lie behind. */
const BEHIND = 15;
/** Metrics print the number that the query answered; it is the slot's if it is this close. */
const SAME = 1e-9;

export interface Observer {
  /** Forecasts by the minute that they are for. */
  readonly forecasts: Map<number, { readonly point: number; readonly upper: number }>;
  /** Failed passes so far, as the operator counts them. */
  readonly failedPasses: number;
  /** How old the newest minute was that the operator had decided on, simulated minutes; 95 % of the looks found it younger. NaN without a look. */
  readonly minutesBehind: number;
  /** Takes the text of one scrape made at `nowMs`. */
  take(text: string, nowMs: number): void;
}

export function createObserver(traffic: Pick<Traffic, "rate">): Observer {
  const forecasts = new Map<number, { point: number; upper: number }>();
  const ages: number[] = [];
  let failedPasses = 0;
  return {
    forecasts,
    get failedPasses() {
      return failedPasses;
    },
    get minutesBehind() {
      return ages.toSorted((a, b) => a - b)[Math.floor(0.95 * ages.length)] ?? NaN;
    },
    take(text, nowMs) {
      failedPasses = gauge(text, "predictive_scaler_reconcile_total", ['outcome="error"']) ?? failedPasses;
      const demand = gauge(text, "predictive_scaler_demand", []);
      const forecast = (quantile: string) => gauge(text, "predictive_scaler_forecast_demand", [`quantile="${quantile}"`, 'horizon="20m"']);
      const point = forecast("point");
      if (demand === undefined || point === undefined) return;
      const slotMs = slotOf(demand, nowMs, traffic);
      if (slotMs !== undefined) ages.push((nowMs - slotMs) / MINUTE_MS);
      if (slotMs !== undefined) forecasts.set(slotMs + LEAD_MS, { point, upper: forecast("upper") ?? point });
    },
  };
}

/** The minute whose demand this is: a gauge does not say when it was set. */
function slotOf(demand: number, nowMs: number, traffic: Pick<Traffic, "rate">): number | undefined {
  const newest = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  for (let slotMs = newest; slotMs > newest - BEHIND * MINUTE_MS; slotMs -= MINUTE_MS) {
    const value = traffic.rate(slotMs);
    if (Math.abs(value - demand) <= SAME * value) return slotMs;
  }
  return undefined;
}

/** The value of the series `name` that carries all these labels; undefined if there is none. */
function gauge(text: string, name: string, labels: readonly string[]): number | undefined {
  for (const line of text.split("\n")) {
    if (!line.startsWith(name) || !"{ ".includes(line[name.length] ?? "") || !labels.every((label) => line.includes(label))) continue;
    return Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return undefined;
}
