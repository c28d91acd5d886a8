// The calendar of a specification in the words of the forecast and of the rules. Pure.
import type { Calendar } from "../api/index.ts";
import type { EventFloor, MultipliedEvent } from "../decision/index.ts";
import type { ForecastSettings } from "../forecast/index.ts";

/** What of a calendar is forecast with: multiplied events, and times that are not learned from. Without them nothing, so that no model is learned anew. */
export function calendarSettings(calendar: Calendar): Pick<ForecastSettings, "events" | "exclude"> {
  const exclude = calendar.exclude.map(({ startMs, endMs }) => ({ startMs, endMs }));
  const multiplied = multipliedEvents(calendar).map(({ startMs, endMs, multiplier }) => ({ startMs, endMs, multiplier }));
  return { ...(multiplied.length === 0 ? {} : { events: multiplied }), ...(exclude.length === 0 ? {} : { exclude }) };
}

/** Those whose demand is multiplied, with their names. */
export function multipliedEvents({ events }: Calendar): MultipliedEvent[] {
  return events.flatMap(({ name, startMs, endMs, multiplier }) => (multiplier === undefined ? [] : [{ name, startMs, endMs, multiplier }]));
}

/** The floors of events, each from `aheadMs` before its start on, for the replicas to be Ready by then. */
export function eventFloors({ events }: Calendar, aheadMs: number): EventFloor[] {
  return events.flatMap(({ name, startMs, endMs, floorReplicas }) =>
    floorReplicas === undefined ? [] : [{ name, fromMs: startMs - aheadMs, untilMs: endMs, replicas: floorReplicas }],
  );
}
