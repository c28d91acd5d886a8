// Reviews of what the forecast is made from and for: mode, lead time, service level, history, unusual days.
import { durationText } from "../api/index.ts";
import { levelText, percent } from "./advice.ts";
import type { Advice } from "./advice.ts";
import type { Evidence } from "./evidence.ts";
import { spanText } from "./moments.ts";
import { promotion } from "./promotion.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WEEK_SEASON_MS = 14 * DAY_MS;
/** A lead longer than what is needed by more than this costs for nothing. */
const LONG_LEAD_MS = 10 * MINUTE_MS;
/** A higher level that costs less than this, or a lower one that saves more than the other, is worth telling. */
const CHEAP = 0.02;
const DEAR = 0.15;
const MUCH_MISSING = 0.05;

export function reviewMode({ spec, replay }: Evidence): Advice[] {
  if (replay === undefined) return [];
  const { forecast, overloadedShare, isFitted, judgedDays } = replay;
  const skill = 1 - forecast.wape / forecast.wapePersistence;
  const { isEarned, sentence } = promotion({
    isFitted,
    days: judgedDays,
    skill,
    wape: forecast.wape,
    overloadedShare,
    serviceLevel: spec.forecast.serviceLevel,
  });
  if (spec.mode === "Recommend" && isEarned)
    return [
      {
        topic: "mode",
        severity: "worthwhile",
        finding: sentence,
        why: "In mode Recommend nothing of this is acted on.",
        change: "Set mode to Active.",
        patch: { spec: { mode: "Active" } },
      },
    ];
  if (spec.mode === "Recommend")
    return [
      {
        topic: "mode",
        severity: "notice",
        finding: sentence,
        why: "Acting now would rest on too little.",
        change: "Stay in mode Recommend.",
        patch: undefined,
      },
    ];
  if (!isFitted || judgedDays < 1 || (skill > 0 && overloadedShare <= 2 * (1 - spec.forecast.serviceLevel))) return [];
  const isBad = overloadedShare > 2 * (1 - spec.forecast.serviceLevel);
  const errors = `The forecast was off by ${percent(forecast.wape)} of demand; assuming that demand stays as it is, by ${percent(forecast.wapePersistence)}.`;
  const finding = `${errors} Demand was above the ready replicas in ${percent(overloadedShare)} of the time.`;
  if (!isBad)
    return [
      {
        topic: "mode",
        severity: "notice",
        finding,
        why: "The forecast brings nothing here; the margin alone keeps the service level.",
        change: "Check the query, the time zone and the lead time.",
        patch: undefined,
      },
    ];
  if (spec.mode === "ScaleOutOnly") return [];
  return [
    {
      topic: "mode",
      severity: "serious",
      finding,
      why: "Replicas are removed on a forecast that has not earned it.",
      change: "Let it only add replicas until that is better.",
      patch: { spec: { mode: "ScaleOutOnly" } },
    },
  ];
}

export function reviewLead({ spec, readyMs, leadMs, trace }: Evidence): Advice[] {
  if (readyMs.length === 0) return [];
  const slow = readyMs.toSorted((a, b) => a - b)[Math.ceil(0.95 * readyMs.length) - 1] ?? NaN;
  // A step's demand is known only at its end.
  const needed = Math.ceil((slow + trace.stepMs) / MINUTE_MS) * MINUTE_MS;
  const pods =
    readyMs.length === 1 ? `A pod takes ${spanText(slow)} to be Ready` : `Of ${readyMs.length} pods seen, 95 % were Ready within ${spanText(slow)}`;
  const seen = `${pods}; the lead time is ${spanText(leadMs)}.`;
  const patch = { spec: { forecast: { leadTime: durationText(needed) } } };
  if (slow > leadMs) {
    const why = "Replicas that are asked for one lead ahead of the demand are then not Ready when it comes.";
    return [
      {
        topic: "leadTime",
        severity: "serious",
        finding: seen,
        why,
        change: `Raise leadTime to ${durationText(needed)} (time to Ready and one step).`,
        patch,
      },
    ];
  }
  if (spec.forecast.leadTimeMs === "Auto" || leadMs < 2 * needed || leadMs - needed < LONG_LEAD_MS) return [];
  const why = "Capacity is asked for earlier than it is needed, and the forecast reaches further, which makes its margin larger.";
  return [
    {
      topic: "leadTime",
      severity: "worthwhile",
      finding: seen,
      why,
      change: `Lower leadTime to ${durationText(needed)}, unless nodes have to come first.`,
      patch,
    },
  ];
}

export function reviewLevel({ spec, replay }: Evidence): Advice[] {
  const level = spec.forecast.serviceLevel;
  const here = replay?.prices.find((point) => Math.abs(point.serviceLevel - level) < 1e-9);
  if (replay === undefined || here === undefined) return [];
  const cost = (serviceLevel: number, podHours: number) => {
    const share = Math.abs(podHours / here.podHours - 1);
    return `${levelText(serviceLevel)} would cost ${share < 0.001 ? "less than 0.1 %" : percent(share)} ${podHours < here.podHours ? "less" : "more"}`;
  };
  const change = (serviceLevel: number) => ({
    change: `Set serviceLevel to ${levelText(serviceLevel)}.`,
    patch: { spec: { forecast: { serviceLevel: levelText(serviceLevel) } } },
  });
  if (!here.isKnown) {
    const known = replay.prices.findLast((point) => point.isKnown && point.serviceLevel < level);
    if (known === undefined) return [];
    const finding = `At ${levelText(level)} only a few moments of the history decide the margin; ${cost(known.serviceLevel, known.podHours)}.`;
    return [
      {
        topic: "serviceLevel",
        severity: "worthwhile",
        finding,
        why: "The margin can jump from one week to the next, and so can the price.",
        ...change(known.serviceLevel),
      },
    ];
  }
  const up = replay.prices.findLast((point) => point.isKnown && point.serviceLevel > level && point.podHours <= (1 + CHEAP) * here.podHours);
  if (up !== undefined)
    return [
      {
        topic: "serviceLevel",
        severity: "worthwhile",
        finding: `${cost(up.serviceLevel, up.podHours)} pod-hours than ${levelText(level)}.`,
        why: "Demand would be above the ready replicas less often, nearly for nothing.",
        ...change(up.serviceLevel),
      },
    ];
  const down = replay.prices.findLast((point) => point.isKnown && point.serviceLevel < level);
  if (down === undefined || down.podHours > (1 - DEAR) * here.podHours) return [];
  return [
    {
      topic: "serviceLevel",
      severity: "notice",
      finding: `The last step of the service level is dear: ${cost(down.serviceLevel, down.podHours)} pod-hours than ${levelText(level)}.`,
      why: "If that much overload can be borne, it is money saved.",
      ...change(down.serviceLevel),
    },
  ];
}

export function reviewHistory({ spec, trace }: Evidence): Advice[] {
  const spanMs = trace.values.length * trace.stepMs;
  const found: Advice[] = [];
  const missing = trace.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0) / Math.max(1, trace.values.length);
  const wantsWeek = spec.forecast.seasons.includes("Week");
  if (wantsWeek && spec.forecast.historyMs < WEEK_SEASON_MS) {
    const finding = `forecast.history is ${durationText(spec.forecast.historyMs)}.`;
    const why = "The week's shape is learned only from 14 days on; without it a Monday is forecast from a Sunday.";
    found.push({ topic: "history", severity: "worthwhile", finding, why, change: "Set history to 28d.", patch: { spec: { forecast: { history: "28d" } } } });
  } else if (wantsWeek && spanMs < WEEK_SEASON_MS)
    found.push({
      topic: "history",
      severity: "notice",
      finding: `The metric goes back ${spanText(spanMs)}; forecast.history asks for ${durationText(spec.forecast.historyMs)}.`,
      why: "The week's shape is learned only from 14 days on.",
      change: "Check that Prometheus keeps that much (--storage.tsdb.retention.time), or wait.",
      patch: undefined,
    });
  if (missing > MUCH_MISSING) {
    const why = "While samples are missing replicas are held, and what is missing cannot be learned.";
    found.push({
      topic: "history",
      severity: "worthwhile",
      finding: `${percent(missing)} of the samples are missing.`,
      why,
      change: "Check the scrape of the workload, and labels that change with each release.",
      patch: undefined,
    });
  }
  return found;
}
