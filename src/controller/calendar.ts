// The calendar of a specification in the words of the forecast and of the rules. Pure.
import type { Calendar } from "../api/index.ts";
import type { EventFloor } from "../decision/index.ts";
import type { ForecastSettings } from "../forecast/index.ts";

/** What of a calendar is forecast with: multiplied events, and times that are not learned from. Empty where there is nothing, so that nothing is learned anew. */
export function calendarSettings({ events, exclude }: Calendar): Pick<ForecastSettings, "events" | "exclude"> {
  const multiplied = events.flatMap(({ startMs, endMs, multiplier }) => (multiplier === undefined ? [] : [{ startMs, endMs, multiplier }]));
  return { ...(multiplied.length === 0 ? {} : { events: multiplied }), ...(exclude.length === 0 ? {} : { exclude }) };
}

/** The floors of events, each from `aheadMs` before its start on, for the replicas to be Ready by then. */
export function eventFloors({ events }: Calendar, aheadMs: number): EventFloor[] {
  return events.flatMap(({ name, startMs, endMs, floorReplicas }) =>
    floorReplicas === undefined ? [] : [{ name, fromMs: startMs - aheadMs, untilMs: endMs, replicas: floorReplicas }],
  );
}
