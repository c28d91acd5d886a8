// Calendars that must be refused, each for one field, and ones at the edge of what is allowed: for the parse and for the API server alike.
import { HOLIDAY_COUNTRIES, HOLIDAY_REGIONS } from "../../src/api/holiday-places.ts";

type PlainObject = Readonly<Record<string, unknown>>;

const START = "2026-11-27T08:00:00Z";
const END = "2026-11-28T08:00:00Z";
const calendar = (value: unknown) => ({ forecast: { calendar: value } });
const holidays = (value: unknown) => calendar({ holidays: value });
const event = (patch: PlainObject) => calendar({ events: [{ name: "sale", start: START, end: END, multiplier: "2.5", ...patch }] });
const exclude = (patch: PlainObject) => calendar({ exclude: [{ start: START, end: END, ...patch }] });
const at = (field: string) => `spec.forecast.calendar${field}`;
const NO_TIMES = [
  "2026-11-27", "2026-11-27T08:00:00", "2026-11-27 08:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-27T24:00:00Z",
  "2026-11-27T08:60:00Z", "2026-11-27T08:00:60Z", "2026-11-27T08:00:00+15:00", "2026-11-27T08:00:00.5Z", "1999-11-27T08:00:00Z", "tomorrow", "",
];

/** Name, field that the refusal names, patch of spec. */
export const BAD_CALENDARS: readonly (readonly [string, string, PlainObject])[] = [
  ["holidays without a country", at(".holidays.country"), holidays({})],
  ...["", "ZZ", "de", "DEU", "Germany"].map((country) => [`country ${country}`, at(".holidays.country"), holidays({ country })] as const),
  ["Norway as YAML reads it", at(".holidays.country"), holidays({ country: false })],
  ...["", "be", "XX", "B Y", "BE/BY"].map((region) => [`region ${region}`, at(".holidays.region"), holidays({ country: "DE", region })] as const),
  ["a region of another country", at(".holidays.region"), holidays({ country: "DE", region: "NSW" })],
  ["a region of a country without any", at(".holidays.region"), holidays({ country: "JP", region: "13" })],
  ["a region as a number", at(".holidays.region"), holidays({ country: "AT", region: 9 })],
  ["holidays as a day that is none", at(".holidays.treatAs"), holidays({ country: "DE", treatAs: "Feiertag" })],
  ...NO_TIMES.map((start) => [`event that starts at ${start}`, at(".events[0].start"), event({ start })] as const),
  ["event without an end", at(".events[0].end"), event({ end: undefined })],
  ["event that ends as it starts", at(".events[0]"), event({ end: START })],
  ["event that ends before, in another zone", at(".events[0]"), event({ end: "2026-11-27T09:00:00+01:30" })],
  ["event that brings nothing", at(".events[0]"), event({ multiplier: undefined })],
  ...["0", "0.0", "-1", "100.1", "500m", "1e1", ".5", "2.", "twice", 2].map((multiplier) => [`event times ${multiplier}`, at(".events[0].multiplier"), event({ multiplier })] as const),
  ["event with a floor of 0", at(".events[0].floorReplicas"), event({ floorReplicas: 0 })],
  ["event with a floor above maxReplicas", at(".events"), event({ floorReplicas: 41 })],
  ["event without a name", at(".events[0].name"), event({ name: undefined })],
  ["event of an impossible name", at(".events[0].name"), event({ name: "Black Friday" })],
  ["event with a field that is not there", at(".events[0].timeZone"), event({ timeZone: "UTC" })],
  ["two events of one name", at(".events"), calendar({ events: ["1", "2"].map((multiplier) => ({ name: "sale", start: START, end: END, multiplier })) })],
  ["65 events", at(".events"), calendar({ events: Array.from({ length: 65 }, (_, i) => ({ name: `e${i}`, start: START, end: END, multiplier: "2" })) })],
  ...NO_TIMES.slice(0, 4).map((end) => [`exclusion that ends at ${end}`, at(".exclude[0].end"), exclude({ end })] as const),
  ["exclusion that ends before it starts", at(".exclude[0]"), exclude({ end: "2026-11-27T07:59:59Z" })],
  ["exclusion for a reason of two lines", at(".exclude[0].reason"), exclude({ reason: "a\nb" })],
  ["65 exclusions", at(".exclude"), calendar({ exclude: Array.from({ length: 65 }, () => ({ start: START, end: END })) })],
  ["calendar with a field that is not there", at(".holiday"), calendar({ holiday: { country: "DE" } })],
];

const last = HOLIDAY_REGIONS.at(-1)?.split("/") ?? [];

export const EDGE_CALENDARS: readonly (readonly [string, PlainObject])[] = [
  ["an empty calendar", calendar({})],
  ["a country", holidays({ country: HOLIDAY_COUNTRIES.at(-1) })],
  ["a country and the last of all regions", holidays({ country: last[0], region: last[1], treatAs: "Saturday" })],
  ["Norway in quotes, and a region by number", holidays({ country: "AT", region: "9" })],
  ["a part of a region", holidays({ country: "DE", region: "BY-A" })],
  ["an event of a second on a leap day, 100 times", event({ start: "2028-02-29T23:59:59Z", end: "2028-03-01T00:00:00Z", multiplier: "100" })],
  ["an event with a floor at maxReplicas", event({ multiplier: undefined, floorReplicas: 40 })],
  ["an event with both, and a fraction", event({ multiplier: "0.5", floorReplicas: 1 })],
  ["an event whose end is later by its zone only", event({ start: "2026-11-27T08:00:00+14:00", end: "2026-11-27T08:00:00-14:00" })],
  ["64 events", calendar({ events: Array.from({ length: 64 }, (_, i) => ({ name: `e${i}`, start: START, end: END, multiplier: "1.5" })) })],
  ["64 exclusions with reasons", calendar({ exclude: Array.from({ length: 64 }, () => ({ start: START, end: END, reason: "incident 4711" })) })],
];
