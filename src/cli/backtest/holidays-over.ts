// The holidays of a scaler's calendar in the years of a trace.
import type { Scaler } from "../../api/index.ts";
import { holidaysFor } from "../../controller/index.ts";
import { OperatorError } from "../../errors.ts";
import type { Holidays } from "../../forecast/index.ts";
import type { Series } from "../../series/index.ts";
import { EXIT } from "../io.ts";
import { refuse } from "../refusal.ts";

/** Undefined where the calendar names none. Throws Refusal where they cannot be found out. */
export async function holidaysOver({ spec }: Scaler, { startMs, stepMs, values }: Series): Promise<Holidays | undefined> {
  try {
    return await holidaysFor(spec.forecast.calendar.holidays, startMs, startMs + values.length * stepMs);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return refuse(error.message, EXIT.unreachable);
  }
}
