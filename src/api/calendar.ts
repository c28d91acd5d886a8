// forecast.calendar: what people know of days that no history shows. Holidays, events to come, and times that are never learned from.
import { z } from "zod";
import { choice, type FieldMeta, MAX_REPLICAS, namedList, partName, patterned, text, whole } from "./fields.ts";
import { HOLIDAY_COUNTRIES, HOLIDAY_REGIONS } from "./holiday-places.ts";
import { moment } from "./moment.ts";
import { nearestName } from "./nearest.ts";

const MAX_EVENTS = 64;
const MAX_EXCLUDED = 64;
const MAX_REASON_LENGTH = 256;
/** Beyond this an event is no multiple of ordinary demand any more: a floor says what is needed. */
const MAX_MULTIPLIER = 100;
const MULTIPLIER_LENGTH = 8;
/** In the order of their numbers: Sunday is 0. */
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

const COUNTRY_LENGTH = 2;
const REGION_LENGTH = 16;
const COUNTRY_RANGE = 'the ISO 3166 code of a country whose holidays are known, such as DE, or "NO" in quotes';
const REGION_RANGE = "a region of the country that has holidays of its own, such as BE of DE, in quotes where it is a number";
const celList = (words: readonly string[]) => `[${words.map((word) => `'${word}'`).join(", ")}]`;

const country = text({
  name: "country",
  description: "Country whose public holidays count. Religious and observed days that are no public holidays are left out.",
  range: COUNTRY_RANGE,
  maxLength: COUNTRY_LENGTH,
  cel: `self in ${celList(HOLIDAY_COUNTRIES)}`,
  accepts: (code) => HOLIDAY_COUNTRIES.includes(code),
  refusal(code) {
    const near = HOLIDAY_COUNTRIES.find((known) => known === code.toUpperCase()) ?? nearestName(code, HOLIDAY_COUNTRIES);
    return `${COUNTRY_RANGE}${near === undefined ? "" : `; perhaps ${near} was meant`}`;
  },
});

/** The regions of a country, in the order of the list. */
function regionsOf(code: string): string[] {
  return HOLIDAY_REGIONS.filter((place) => place.startsWith(`${code}/`)).map((place) => place.slice(code.length + 1));
}

function regionRefusal(code: string, region: string): string {
  const known = regionsOf(code);
  if (known.length === 0) return `no region: the holidays of ${code} are the same everywhere`;
  const near = known.find((each) => each === region.toUpperCase()) ?? nearestName(region, known);
  return near === undefined ? `a region of ${code}: ${known.join(", ")}` : `a region of ${code}; perhaps ${near} was meant`;
}

const holidays = z
  .strictObject({
    country,
    region: patterned("region", "^[A-Za-z0-9-]+$", REGION_LENGTH, REGION_RANGE, "Region whose own public holidays count too.").optional(),
    treatAs: choice(WEEKDAYS, "The weekday whose course a holiday has.").prefault("Sunday"),
  })
  .superRefine((given, context) => {
    if (given.region === undefined || HOLIDAY_REGIONS.includes(`${given.country}/${given.region}`)) return;
    context.addIssue({ code: "custom", path: ["region"], message: regionRefusal(given.country, given.region) });
  })
  .meta({
    description: "Public holidays, in the scaler's time zone: they are forecast as another weekday, and their own weekday learns nothing of them.",
    form: "object",
    rules: [
      {
        rule: `!has(self.region) || (self.country + '/' + self.region) in ${celList(HOLIDAY_REGIONS)}`,
        message: `region must be ${REGION_RANGE}`,
        fieldPath: ".region",
      },
    ],
  } satisfies FieldMeta);

const MULTIPLIER_PATTERN = "^[0-9]{1,3}([.][0-9]{1,4})?$";
const MULTIPLIER = new RegExp(MULTIPLIER_PATTERN);

/** A text with digits only: a quantity may be a number too, which has no greatest length, and 64 of them would be too dear for the API server's rules. */
const multiplier = text({
  name: "multiplier",
  description: "How many times the ordinary demand is expected.",
  range: `a number above 0 and up to ${MAX_MULTIPLIER}, in quotes, such as "2.5"`,
  maxLength: MULTIPLIER_LENGTH,
  cel: `self.matches('${MULTIPLIER_PATTERN}') && double(self) > 0.0 && double(self) <= ${MAX_MULTIPLIER}.0`,
  accepts: (written) => MULTIPLIER.test(written) && Number(written) > 0 && Number(written) <= MAX_MULTIPLIER,
});

const EVENT_RANGE = "an object with multiplier, floorReplicas or both, whose end is after its start";

const event = z
  .strictObject({
    name: partName("What the event is called in messages."),
    start: moment("start", "When it begins. Replicas for it are asked for one lead time earlier."),
    end: moment("end", "When it is over."),
    multiplier: multiplier.optional(),
    floorReplicas: whole(1, MAX_REPLICAS, "At least so many replicas, from one lead time before the start to the end.").optional(),
  })
  .refine(({ start, end, multiplier: times, floorReplicas }) => end > start && (times !== undefined || floorReplicas !== undefined))
  .meta({
    description: "A sale, a broadcast, a migration: something that happens once.",
    range: EVENT_RANGE,
    form: "object",
    rules: [
      { rule: "timestamp(self.end) > timestamp(self.start) && (has(self.multiplier) || has(self.floorReplicas))", message: `an event must be ${EVENT_RANGE}` },
    ],
  } satisfies FieldMeta);

const EXCLUDED_RANGE = "an object whose end is after its start";

const excluded = z
  .strictObject({
    start: moment("start", "The first moment that is not learned from."),
    end: moment("end", "The first moment that is learned from again."),
    reason: patterned("reason", "^[ -~]+$", MAX_REASON_LENGTH, `printable ASCII of 1 to ${MAX_REASON_LENGTH} characters`, "Why, for people.").optional(),
  })
  .refine(({ start, end }) => end > start)
  .meta({
    description: "A time that is no example: an outage, a load test.",
    range: EXCLUDED_RANGE,
    form: "object",
    rules: [{ rule: "timestamp(self.end) > timestamp(self.start)", message: `a time to exclude must be ${EXCLUDED_RANGE}` }],
  } satisfies FieldMeta);

/** spec.forecast.calendar. */
export const calendarSchema = z
  .strictObject({
    holidays: holidays.optional(),
    events: namedList(
      event,
      MAX_EVENTS,
      "events",
      "Events to come. They are not learned as ordinary days; past ones may stay for that reason, until they have left the history.",
    ).prefault([]),
    exclude: z
      .array(excluded)
      .max(MAX_EXCLUDED)
      .meta({
        description: "Times that are never learned from; the history is learned anew without them.",
        range: `a list of at most ${MAX_EXCLUDED} times`,
        form: "list",
        kubernetes: { "x-kubernetes-list-type": "atomic" },
      } satisfies FieldMeta)
      .prefault([]),
  })
  .meta({ description: "What people know of days that no history shows.", form: "object" } satisfies FieldMeta)
  .optional();

/** Public holidays of a place, and the weekday that they count as: 0 (Sunday) to 6 (Saturday). */
export interface HolidayRule {
  readonly country: string;
  readonly region: string | undefined;
  readonly weekday: number;
}

/** Something that happens once, from `startMs` on and before `endMs`. */
export interface CalendarEvent {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  /** How many times the ordinary demand, above 0. */
  readonly multiplier: number | undefined;
  readonly floorReplicas: number | undefined;
}

export interface Calendar {
  readonly holidays: HolidayRule | undefined;
  readonly events: readonly CalendarEvent[];
  readonly exclude: readonly { readonly startMs: number; readonly endMs: number; readonly reason: string | undefined }[];
}

const EMPTY: Calendar = { holidays: undefined, events: [], exclude: [] };

/** The calendar of a parsed manifest; an empty one where there is none. */
export function completeCalendar(given: z.output<typeof calendarSchema>): Calendar {
  if (given === undefined) return EMPTY;
  const { holidays: days, events, exclude } = given;
  return {
    holidays: days === undefined ? undefined : { country: days.country, region: days.region, weekday: WEEKDAYS.indexOf(days.treatAs) },
    events: events.map(({ name, start, end, multiplier: times, floorReplicas }) => ({
      name,
      startMs: start,
      endMs: end,
      multiplier: times === undefined ? undefined : Number(times),
      floorReplicas,
    })),
    exclude: exclude.map(({ start, end, reason }) => ({ startMs: start, endMs: end, reason })),
  };
}

/** `Sunday` of 0, to `Saturday` of 6. */
export function weekdayText(weekday: number): string {
  return WEEKDAYS[weekday] ?? "";
}
