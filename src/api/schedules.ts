// Floors and ceilings that hold at times: their fields, and what is right by itself. When a schedule is on: schedule-clock.ts.
import { z } from "zod";
import { duration, type FieldMeta, MAX_REPLICAS, namedList, partName, text, whole } from "./fields.ts";
import { cronComplaint } from "./schedule-clock.ts";
import { timeZone } from "./time-zone-field.ts";

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
const MAX_SCHEDULES = 16;
const MAX_CRON_LENGTH = 64;

/** The five fields of a cron expression: what one value may be, and the same for people. */
const CRON_FIELDS = [
  { name: "minute", value: "[0-5]?[0-9]", range: "0 to 59" },
  { name: "hour", value: "([01]?[0-9]|2[0-3])", range: "0 to 23" },
  { name: "day of the month", value: "(0?[1-9]|[12][0-9]|3[01])", range: "1 to 31" },
  { name: "month", value: "(0?[1-9]|1[0-2]|[A-Z]{3})", range: "1 to 12 or JAN to DEC" },
  { name: "day of the week", value: "([0-7]|[A-Z]{3})", range: "0 to 7 (0 and 7 are Sunday) or SUN to SAT" },
] as const;

function fieldPattern(value: string): string {
  const item = `([*]|${value}-${value})(/[1-9][0-9]?)?|${value}`;
  return `(${item})(,(${item}))*`;
}

const CRON_PATTERN = `^${CRON_FIELDS.map(({ value }) => fieldPattern(value)).join(" ")}$`;
const CRON = new RegExp(CRON_PATTERN);
const CRON_RANGE = "five cron fields (minute, hour, day of the month, month, day of the week) with one space between them, such as 0 7 * * 1-5";

/** Which field of an expression is wrong, or what the cron library says of it. */
function cronRefusal(expression: string): string {
  const fields = expression.split(" ");
  if (fields.length !== CRON_FIELDS.length) return `${CRON_RANGE}; there are ${fields.length}`;
  for (const [i, { name, value, range }] of CRON_FIELDS.entries()) {
    const found = fields[i] ?? "";
    if (new RegExp(`^${fieldPattern(value)}$`).test(found)) continue;
    return `${CRON_RANGE}; the ${name} is ${JSON.stringify(found)}, where ${range}, lists, ranges, * and steps may stand`;
  }
  return `${CRON_RANGE}; ${cronComplaint(expression) ?? "it is refused"}`;
}

/** An expression is looked at once, not at every pass. */
const checked = new Map<string, boolean>();
const MOST_CHECKED = 20_000;

function isCron(expression: string): boolean {
  const known = checked.get(expression);
  if (known !== undefined) return known;
  const isRight = CRON.test(expression) && cronComplaint(expression) === undefined;
  if (checked.size >= MOST_CHECKED) checked.clear();
  checked.set(expression, isRight);
  return isRight;
}

const cron = text({
  name: "cron",
  description: "When the schedule starts. Days of the month and of the week that are both restricted count when either fits, as cron has it.",
  range: CRON_RANGE,
  maxLength: MAX_CRON_LENGTH,
  cel: `self.matches('${CRON_PATTERN}')`,
  accepts: isCron,
  refusal: cronRefusal,
});

const RANGE = "an object with minReplicas, maxReplicas or both, minReplicas at most maxReplicas";

const schedule = z
  .strictObject({
    name: partName("What the schedule is called in status and messages."),
    cron,
    duration: duration("duration", MINUTE_MS, WEEK_MS, "How long it stays on from each start, by the clock on the wall."),
    timeZone: timeZone("IANA name of the time zone that cron and duration are read in, across daylight saving."),
    minReplicas: whole(1, MAX_REPLICAS, "Never fewer replicas than this while it is on.").optional(),
    maxReplicas: whole(1, MAX_REPLICAS, "Never more replicas than this while it is on.").optional(),
  })
  .refine(({ minReplicas: least, maxReplicas: most }) => (least === undefined ? most !== undefined : most === undefined || least <= most))
  .meta({
    description: "A floor, a ceiling or both that hold at times.",
    range: RANGE,
    form: "object",
    rules: [
      {
        rule: "has(self.minReplicas) ? !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas : has(self.maxReplicas)",
        message: `a schedule must be ${RANGE}`,
      },
    ],
  } satisfies FieldMeta);

/** spec.schedules. */
export const schedulesSchema = namedList(
  schedule,
  MAX_SCHEDULES,
  "schedules",
  "Floors and ceilings that hold at times. Where several are on, the highest floor and the lowest ceiling hold; a floor wins over a ceiling.",
).optional();
