// Four seeded services for the picture: what a forecast can know, and what it cannot. The same seed gives the same minutes.
import type { Series } from "../../src/series/index.ts";
import { DAY_MS, MINUTE_MS, MONDAY_MS, uniform } from "../forecast/series.ts";

export interface Service {
  readonly title: string;
  readonly series: Series;
}

interface Shape {
  readonly seed: number;
  /** Standard deviation of the noise from minute to minute, share of the demand. */
  readonly noise: number;
  /** The same of a slow drift that a calendar does not know. */
  readonly drift: number;
  /** Expected requests per second at hour 0..24 of weekday 0 (Monday)..6. */
  readonly expected: (hour: number, weekday: number, day: number) => number;
}

const bump = (hour: number, at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2) / 2);
/** Remembers so much of the drift from one minute to the next: about two hours. */
const MEMORY = 1 - 1 / 120;

function service(days: number, { seed, noise, drift, expected }: Shape): Series {
  const next = uniform(seed);
  const normal = () => 2 * (next() + next() + next() - 1.5);
  let slow = 0;
  const values = Float64Array.from({ length: (days * DAY_MS) / MINUTE_MS }, (_, i) => {
    const day = Math.floor(i / 1440);
    slow = MEMORY * slow + Math.sqrt(1 - MEMORY ** 2) * drift * normal();
    return Math.max(0, expected((i % 1440) / 60, day % 7, day) * Math.exp(slow) * (1 + noise * normal()));
  });
  return { startMs: MONDAY_MS, stepMs: MINUTE_MS, values };
}

/** `days` days of each service, the last of which has something to show. */
export function services(days: number): Service[] {
  const shop = (hour: number, weekday: number) => (weekday > 4 ? 0.7 : 1) * (80 + 420 * bump(hour, 12.5, 2.2) + 640 * bump(hour, 20, 1.8));
  const office = (hour: number, weekday: number) => 40 + (weekday > 4 ? 0.1 : 1) * 500 * (bump(hour, 10.5, 1.6) + bump(hour, 15, 1.9));
  const withJobs = (hour: number, weekday: number) => 120 + 0.3 * office(hour, weekday) + (hour % 4 >= 2 && hour % 4 < 2.5 ? 380 : 0);
  const launch = (hour: number, weekday: number, day: number) => office(hour, weekday) * (day === days - 1 && hour >= 13 ? 1.8 : 1);
  return [
    { title: "A shop: lunch and evening, every day", series: service(days, { seed: 11, noise: 0.03, drift: 0.06, expected: shop }) },
    { title: "An API with a job of half an hour every four hours", series: service(days, { seed: 12, noise: 0.04, drift: 0.04, expected: withJobs }) },
    { title: "Office hours, and at 13:00 a launch that nobody announced", series: service(days, { seed: 13, noise: 0.03, drift: 0.05, expected: launch }) },
    { title: "Bursts with hardly a rhythm", series: service(days, { seed: 14, noise: 0.15, drift: 0.35, expected: (hour) => 150 + 60 * bump(hour, 15, 4) }) },
  ];
}
