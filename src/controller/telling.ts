// Which conditions are worth an event: a change that people should hear of, once each way.
// Invariants: what flaps is told every ten minutes at most; what was told last becomes true again at the next status after that;
// a restart tells nothing that was told before it.
import type { Condition, ConditionType, Reason } from "../api/index.ts";
import type { Verdict } from "./conditions.ts";

/** Conditions whose change is worth an event; the others follow from these. */
const TOLD_CONDITIONS: readonly ConditionType[] = ["MetricAvailable", "Forecasting", "AbleToScale", "Paused", "Conflict"];
/** Those of them that are news while they are True. */
const RAISED: ReadonlySet<ConditionType> = new Set(["Paused", "Conflict"]);
/** The same of the same condition is told again after so long at the earliest, ms. */
const AGAIN_AFTER_MS = 10 * 60_000;
/** So it is of what comes and goes while the condition stays as it is, or is none of those above, ms. */
const RARELY_MS: Readonly<Partial<Record<Reason, number>>> = {
  OutlierIgnored: 3_600_000,
  LevelShiftFollowed: 3_600_000,
  ForecastAboveMax: 6 * 3_600_000,
};

type Heard = Pick<Condition, "status" | "reason">;

export class Telling {
  /** What people know of each condition. */
  readonly #heard = new Map<ConditionType, Heard>();
  /** When each was told; undefined before the first look. */
  #toldMs: Map<string, number> | undefined;

  /** Those of `now` that are to be told at `nowMs`. `before`: what the status said until now; only what it said first counts, as told by another process. */
  take(now: readonly Verdict[], before: readonly Condition[], nowMs: number): Verdict[] {
    if (this.#toldMs === undefined) for (const { type, status, reason } of before) if (status !== "Unknown") this.#heard.set(type, { status, reason });
    this.#toldMs ??= new Map();
    const toldMs = this.#toldMs;
    return now.filter((verdict) => !isSaidByAnother(verdict, now) && this.#isDue(verdict, toldMs, nowMs));
  }

  #isDue({ type, status, reason }: Verdict, toldMs: Map<string, number>, nowMs: number): boolean {
    const heard = this.#heard.get(type);
    if (heard?.status === status && heard.reason === reason) return false;
    // Each start loads the history; what it then finds is told if it is news.
    if (reason === "HistoryLoading" && heard !== undefined) return false;
    const news = RAISED.has(type) ? "True" : "False";
    const isTurn = TOLD_CONDITIONS.includes(type) && (heard === undefined ? status === news : heard.status !== status || status === news);
    const rarelyMs = RARELY_MS[reason];
    const key = `${type}/${reason}`;
    const isTooSoon = nowMs - (toldMs.get(key) ?? -Infinity) < (isTurn ? AGAIN_AFTER_MS : (rarelyMs ?? 0));
    // It is told later, if it is still so.
    if (isTurn && isTooSoon) return false;
    this.#heard.set(type, { status, reason });
    if (isTooSoon || (!isTurn && rarelyMs === undefined)) return false;
    toldMs.set(key, nowMs);
    return true;
  }
}

/** Without a metric there is no forecast, and that is one event. */
function isSaidByAnother({ type, reason }: Verdict, now: readonly Verdict[]): boolean {
  return type === "Forecasting" && now.some((other) => other.type === "MetricAvailable" && other.status === "False" && other.reason === reason);
}
