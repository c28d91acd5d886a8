// What the calendar holds for the next days, told in the scaler's zone.
import { expect, test } from "vitest";
import { momentsIn } from "../../src/advice/moments.ts";
import { upcoming } from "../../src/advice/upcoming.ts";
import { parseScaler } from "../../src/api/index.ts";
import { GOOD_MANIFEST, merged } from "../api/bad-manifests.ts";

const DAY_MS = 86_400_000;
const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`) / DAY_MS;
const HOLIDAYS = [
  { day: dayOf("2026-12-25"), name: "1. Weihnachtstag" },
  { day: dayOf("2026-12-26"), name: "2. Weihnachtstag" },
  { day: dayOf("2027-01-01"), name: "Neujahr" },
];

function toldAt(now: string, calendar: object, timeZone = "Europe/Berlin"): string[] {
  const parsed = parseScaler(merged(GOOD_MANIFEST, { spec: { forecast: { timeZone, calendar } } }));
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  const nowMs = Date.parse(now);
  const { spec } = parsed.scaler;
  const unknown = { decision: undefined, demand: undefined, windowOpensMs: NaN, current: NaN, conditions: [] };
  return upcoming({ namespace: "shop", name: "checkout", spec, nowMs, leadMs: 1_200_000, holidays: HOLIDAYS, moments: momentsIn(timeZone, nowMs), ...unknown });
}

const GERMANY = { holidays: { country: "DE", treatAs: "Saturday" } };

test("holidays of the next ten days, with the weekday that they are forecast as", () => {
  expect(toldAt("2026-12-20T10:00:00Z", GERMANY)).toEqual([
    "Fri 25 Dec is a holiday (1. Weihnachtstag): it is forecast as a Saturday.",
    "Sat 26 Dec is a holiday (2. Weihnachtstag): it is forecast as a Saturday.",
  ]);
  expect(toldAt("2026-12-20T10:00:00Z", {})).toEqual([]);
});

test("today is the scaler's own day", () => {
  expect(toldAt("2026-12-24T22:59:59Z", GERMANY)[0]).toMatch(/^Fri 25 Dec is/);
  expect(toldAt("2026-12-24T23:00:00Z", GERMANY)[0]).toMatch(/^Today is a holiday \(1\. Weihnachtstag\)/);
  expect(toldAt("2026-12-24T23:00:00Z", GERMANY, "America/New_York")[0]).toMatch(/^Fri 25 Dec is/);
  expect(toldAt("2026-12-26T23:00:00Z", GERMANY)).toEqual(["Fri 1 Jan is a holiday (Neujahr): it is forecast as a Saturday."]);
});

test("events until they are over, with the time from which replicas are asked for, and times that are not learned from", () => {
  const sale = { name: "sale", start: "2026-11-27T08:00:00Z", end: "2026-11-28T08:00:00Z", multiplier: "2.5", floorReplicas: 12 };
  const calendar = { events: [sale], exclude: [{ start: "2026-11-26T12:00:00Z", end: "2026-11-26T13:00:00Z" }] };
  expect(toldAt("2026-11-26T08:00:00Z", calendar)).toEqual([
    "What is measured from 13:00 to 14:00 is not learned from.",
    "Event sale, Fri 09:00 to Sat 09:00: demand is expected 2.5 times and there are at least 12 replicas. Replicas for it are asked for from Fri 08:40 on.",
  ]);
  expect(toldAt("2026-11-27T08:00:00Z", calendar)).toEqual(["Event sale, 09:00 to Sat 09:00: demand is expected 2.5 times and there are at least 12 replicas."]);
  expect(toldAt("2026-11-28T08:00:00Z", calendar)).toEqual([]);
  expect(toldAt("2026-11-10T08:00:00Z", calendar)).toEqual([]);
});
