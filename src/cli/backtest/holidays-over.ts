// The holidays of a scaler's calendar in the years of a trace.
import type { Scaler } from "../../api/index.ts";
import { holidaysFor } from "../../controller/index.ts";
import type { Holidays } from "../../forecast/index.ts";
import type { Series } from "../../series/index.ts";

/** Undefined where the calendar names none. */
export function holidaysOver({ spec }: Scaler, { startMs, stepMs, values }: Series): Promise<Holidays | undefined> {
  return holidaysFor(spec.forecast.calendar.holidays, startMs, startMs + values.length * stepMs);
}
