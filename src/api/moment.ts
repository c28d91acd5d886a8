// A moment as a manifest writes it: RFC 3339, to the second. The API server and the parse take the same texts.
import { z } from "zod";
import { parseTime, rfc3339 } from "../clock.ts";
import type { FieldMeta } from "./fields.ts";

const LENGTH = 25;
const DATE_LENGTH = 10;
const PATTERN = "^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$";
const MOMENT = new RegExp(PATTERN);
const RANGE = "a time with date, seconds and zone such as 2026-11-27T08:00:00Z or 2026-11-27T09:00:00+01:00";

/** Unix ms of a moment; undefined if `text` is none, such as one on the 30th of February. */
function parseMoment(text: string): number | undefined {
  if (!MOMENT.test(text)) return undefined;
  const date = text.slice(0, DATE_LENGTH);
  const isDay = rfc3339(parseTime(`${date}T00:00:00Z`)).startsWith(date);
  return isDay ? parseTime(text) : undefined;
}

/** A moment, as unix ms. */
export function moment(name: string, description: string) {
  // A day that its month does not have makes timestamp() fail, and with it the rule.
  const rule = `self.matches('${PATTERN}') && timestamp(self) >= timestamp('1999-12-31T00:00:00Z')`;
  const meta: FieldMeta = { description, range: RANGE, form: "time", rules: [{ rule, message: `${name} must be ${RANGE}` }] };
  return z
    .string()
    .max(LENGTH)
    .meta({ ...meta })
    .transform((text, context) => {
      const ms = parseMoment(text);
      if (ms !== undefined) return ms;
      context.addIssue({ code: "custom", message: RANGE });
      return z.NEVER;
    });
}
