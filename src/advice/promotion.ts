// Whether a scaler that only recommends has earned to act: the one verdict that `advise` and status.recommendation share.
import { percent } from "./advice.ts";

export interface TrackRecord {
  readonly isFitted: boolean;
  /** Days of forecasts that have come due. */
  readonly days: number;
  /** 1 - WAPE / WAPE of persistence; NaN if not known. */
  readonly skill: number;
  readonly wape: number;
  /** Share of the time with demand above the capacity; NaN if not known, as for a scaler that only watches. */
  readonly overloadedShare: number;
  readonly serviceLevel: number;
}

/** Forecasts are judged over so many days before they are trusted. */
const LEAST_DAYS = 3;
const OVERLOAD = "demand would have been above the ready replicas";
/** Overload above what is allowed by less than this factor is chance. */
const CHANCE = 1.25;

export type Promotion = { readonly isEarned: boolean; readonly sentence: string };

/** `isEarned`: acting is well founded. The sentence says what speaks for it, or what is missing. */
export function promotion({ isFitted, days, skill, wape, overloadedShare, serviceLevel }: TrackRecord): Promotion {
  const not = (sentence: string): Promotion => ({ isEarned: false, sentence });
  if (!isFitted || Number.isNaN(wape)) return not("Not yet: there is no forecast to judge.");
  if (days < LEAST_DAYS) return not(`Not yet: forecasts have been judged for ${Number(days.toFixed(1))} days; ${LEAST_DAYS} are needed.`);
  const allowed = 1 - serviceLevel;
  if (overloadedShare > CHANCE * allowed)
    return not(`Not yet: ${OVERLOAD} in ${percent(overloadedShare)} of the time, where the service level allows ${percent(allowed)}.`);
  if (!(skill > 0)) return not(`Not yet: the forecast is off by ${percent(wape)} of demand, no better than assuming that demand stays as it is.`);
  const covered = Number.isNaN(overloadedShare) ? "" : ` and ${OVERLOAD} in only ${percent(overloadedShare)} of the time`;
  return {
    isEarned: true,
    sentence: `Earned: the forecast is off by ${percent(wape)} of demand, ${percent(skill)} less than assuming that demand stays as it is${covered}.`,
  };
}
