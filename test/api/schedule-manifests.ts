// Schedules that must be refused, each for one field, and ones at the edge of what is allowed: for the parse and for the API server alike.

type PlainObject = Readonly<Record<string, unknown>>;

const OFFICE = { name: "office", cron: "0 7 * * 1-5", duration: "10h", timeZone: "Europe/Berlin", minReplicas: 6 };
const office = (patch: PlainObject) => ({ schedules: [{ ...OFFICE, ...patch }] });
const cron = (text: unknown) => [`cron ${JSON.stringify(text)}`, "spec.schedules[0].cron", office({ cron: text })] as const;

/** Name, field that the refusal names, patch of spec. */
export const BAD_SCHEDULES: readonly (readonly [string, string, PlainObject])[] = [
  ...["", "0 7 * *", "0 7 * * 1-5 2026", "0 0 7 * * 1", "60 7 * * *", "0 24 * * *", "0 7 32 * *", "0 7 0 * *", "0 7 * 13 *", "0 7 * * 8", "0 7 * * MONDAY"].map(cron),
  ...["@daily", "*/0 * * * *", "1,,2 * * * *", "0  7 * * *", " 0 7 * * *", "-5 * * * *", "0 7 ? * *", "0 7 L * *", "7/5 * * * *", "a b c d e"].map(cron),
  ["schedule without a name", "spec.schedules[0].name", office({ name: undefined })],
  ["schedule of an impossible name", "spec.schedules[0].name", office({ name: "Office hours" })],
  ["schedule without a cron", "spec.schedules[0].cron", office({ cron: undefined })],
  ["schedule without a duration", "spec.schedules[0].duration", office({ duration: undefined })],
  ["schedule shorter than a minute", "spec.schedules[0].duration", office({ duration: "59s" })],
  ["schedule longer than a week", "spec.schedules[0].duration", office({ duration: "8d" })],
  ["schedule in an unknown zone", "spec.schedules[0].timeZone", office({ timeZone: "Europe/Berln" })],
  ["schedule without bounds", "spec.schedules[0]", office({ minReplicas: undefined })],
  ["schedule whose floor is above its ceiling", "spec.schedules[0]", office({ maxReplicas: 5 })],
  ["schedule of 0 replicas", "spec.schedules[0].minReplicas", office({ minReplicas: 0 })],
  ["schedule above maxReplicas", "spec.schedules", office({ minReplicas: 41 })],
  ["schedule below minReplicas", "spec.schedules", { minReplicas: 3, ...office({ minReplicas: undefined, maxReplicas: 2 }) }],
  ["schedule with a field that is not there", "spec.schedules[0].end", office({ end: "17:00" })],
  ["two schedules of one name", "spec.schedules", { schedules: [OFFICE, OFFICE] }],
  ["17 schedules", "spec.schedules", { schedules: Array.from({ length: 17 }, (_, i) => ({ ...OFFICE, name: `s${i}` })) }],
];

export const EDGE_SCHEDULES: readonly (readonly [string, PlainObject])[] = [
  ["no schedules", { schedules: [] }],
  ["a schedule with a floor at maxReplicas", office({ minReplicas: 40 })],
  ["a schedule with a ceiling alone", office({ minReplicas: undefined, maxReplicas: 1 })],
  ["a schedule that fixes the number", office({ maxReplicas: 6 })],
  ["a schedule of a minute in UTC", office({ duration: "1m", timeZone: undefined })],
  ["16 schedules of a week", { schedules: Array.from({ length: 16 }, (_, i) => ({ ...OFFICE, name: `s${i}`, duration: "7d" })) }],
  ...["* * * * *", "*/5 0-23/2 1,15 JAN-MAR,12 MON-FRI", "59 23 31 12 7", "00 07 01 01 0", "0 7 * * 5-7", "0 7 29 2 *", "0 7 1-7 * 1"].map(
    (text) => [`cron ${text}`, office({ cron: text })] as const,
  ),
];

/** Of the right shape, and yet not to be used: the parse alone sees it. */
export const SCHEDULES_OF_GOOD_SHAPE: readonly (readonly [string, RegExp])[] = [
  ["0 0 30 2 *", /a day that never comes/],
  ["30-10 7 * * *", /30-10/],
  ["0 22-4 * * *", /22-4/],
  ["*/70 * * * *", /step/],
  ["0 7 * FOO *", /FOO|month/i],
];
