// The demand that the cluster tests' Prometheus holds: four weeks of history and two live days, all in the past, as functions of time.
// Tests compute from the same functions when a capacity was first needed.
import type { Backfill } from "../control-plane/prometheus-server.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** What one replica serves. */
export const PER_REPLICA = 50;
const HISTORY_DAYS = 28;
const NOISE = 0.02;

/** Midnight UTC at which the live days begin: far enough back that their last sample is older than three hours. */
export function liveDay(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS) * DAY_MS - 3 * DAY_MS;
}

/** A line from `from` to `to` between two times of day, in minutes. */
function ramp(minute: number, startMinute: number, endMinute: number, from: number, to: number): number {
  const share = Math.min(1, Math.max(0, (minute - startMinute) / (endMinute - startMinute)));
  return from + share * (to - from);
}

const minuteOfDay = (ms: number) => (ms % DAY_MS) / MINUTE_MS;
const at = (hour: number, minute = 0) => hour * 60 + minute;

/** Quiet nights, and every day a peak that rises from 08:00 to 08:30 and falls from 10:00 to 10:30; without noise. */
export function morningPeak(ms: number): number {
  const minute = minuteOfDay(ms);
  return minute < at(9) ? ramp(minute, at(8), at(8, 30), 100, 900) : ramp(minute, at(10), at(10, 30), 900, 100);
}

/** Busy nights that end every day between 07:20 and 07:30, and begin at 20:00; without noise. */
export function earlyFall(ms: number): number {
  const minute = minuteOfDay(ms);
  return minute < at(12) ? ramp(minute, at(7, 20), at(7, 30), 550, 100) : ramp(minute, at(20), at(20, 30), 100, 550);
}

/** Deterministic noise in [-1, 1] of a moment (a hash of the minute). */
function noise(ms: number): number {
  let x = Math.imul(Math.floor(ms / MINUTE_MS) ^ 0x9e3779b9, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
}

const noisy = (shape: (ms: number) => number) => (ms: number) => Math.round(shape(ms) * (1 + NOISE * noise(ms)) * 100) / 100;

/** Names of the series: `demand{service="…"}`. */
export const SERVICES = {
  morning: noisy(morningPeak),
  early: noisy(earlyFall),
  /** As `early`, but gone from 07:15 of the first live day: just before demand falls. */
  vanishing: noisy(earlyFall),
  /** Begins five hours before the first live 07:00. */
  young: noisy(morningPeak),
  /** Begins eight days before the first live day. */
  week: noisy(morningPeak),
} as const;
export type Service = keyof typeof SERVICES;

/** What Prometheus is filled with. */
export function backfill(wallMs: number): Backfill[] {
  const live = liveDay(wallMs);
  const from: Partial<Record<Service, number>> = { young: live + 2 * HOUR_MS, week: live - 8 * DAY_MS };
  const to: Partial<Record<Service, number>> = { vanishing: live + at(7, 15) * MINUTE_MS };
  return (Object.keys(SERVICES) as Service[]).map((service) => ({
    name: "demand",
    labels: { service },
    value: SERVICES[service],
    fromMs: from[service] ?? live - HISTORY_DAYS * DAY_MS,
    toMs: to[service] ?? live + 2 * DAY_MS,
    stepMs: MINUTE_MS,
  }));
}

export const queryOf = (service: string) => `sum(demand{service="${service}"})`;
