// Which events the forecast of the lead counts with, in words for the sentence that tells it.
import type { Policy } from "../decision.ts";
import { numberText } from "../wording.ts";

/** `, with the event sale counted 2.5 times`; empty where no event lies between two times, unix ms. */
export function eventWords({ multipliedEvents = [] }: Policy, fromMs: number, untilMs: number): string {
  const counted = multipliedEvents.filter(({ startMs, endMs }) => startMs <= untilMs && endMs > fromMs);
  if (counted.length === 0) return "";
  return `, with ${counted.map(({ name, multiplier }) => `the event ${name} counted ${numberText(multiplier)} times`).join(" and ")}`;
}
