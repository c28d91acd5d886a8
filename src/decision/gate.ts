// Who has control: the forecast, or the demand of now. The forecast has to beat persistence ("as it is now, one lead later"), out of sample.
// Invariant: control changes for a reason that lasted hours, returns at the earliest a day later, and is lost at most twice in any seven days.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Memory of the skill that takes control away, and of the one that gives it back. */
const FAST_MEMORY_MS = 6 * HOUR_MS;
const SLOW_MEMORY_MS = DAY_MS;
/** The fast skill must have been below 0 for so long. */
const LOST_AFTER_MS = 3 * HOUR_MS;
/** The slow skill must be above this, and the loss so long ago. */
const SKILL_TO_RETURN = 0.05;
const RETURN_AFTER_MS = DAY_MS;
/** A third loss within so long is not possible, because control returns only once the last but one is as old as this. */
const LOSSES_SPAN_MS = 7 * DAY_MS;
/** A forecast whose error is below this share of the demand is as good as right: on a constant demand persistence cannot be beaten. */
const NEGLIGIBLE_ERROR = 1e-3;
/** Nothing is judged before so much time has been forecast and come due: experts and margin are still learning. */
const FIRST_JUDGED_MS = DAY_MS;

// Places in `#now`.
const STEP = 0; // steps taken
const LAST = 1; // last present sample
const SETTLED = 2; // forecasts that have come due on a present sample
const FAST_ERROR = 3; // EW mean absolute error of the forecast, and of persistence, fast and slow
const FAST_PERSISTENCE = 4;
const SLOW_ERROR = 5;
const SLOW_PERSISTENCE = 6;
const BELOW = 7; // settled steps in a row with a fast skill below 0
const HAS_LOST = 8; // 1 while the demand of now has control
const SINCE = 9; // when control last changed, unix ms
const LOSS = 10; // the newest loss and the one before it, unix ms; -Infinity: none
const LOSS_BEFORE = 11;
const LEVEL = 12; // EW mean of the demand, slow
const NOW_LENGTH = 13;

/** Who has control and why; skills are NaN until there is something to judge. */
export interface GateState {
  readonly control: "forecast" | "demand";
  /** 1 - error of the forecast / error of persistence, at the lead, over about 6 and 24 hours. */
  readonly skill6h: number;
  readonly skill24h: number;
  /** Since when this control holds, unix ms; NaN: from the start. */
  readonly sinceMs: number;
  /** When control was last lost, and the time before that, unix ms; -Infinity: never. */
  readonly lossesMs: readonly [number, number];
}

export interface Gate {
  /** Takes the sample at `timeMs` (NaN = missing) and the forecast for one lead later that was made with it. */
  take(timeMs: number, value: number, forecast: number): void;
  readonly hasForecastControl: boolean;
  gate(): GateState;
  /** Takes over who had control until now, and when it was lost: a new model does not reset what happened. Skills stay its own. */
  inherit(before: GateState): void;
  /** The live arrays. */
  readonly state: readonly Float64Array[];
}

/** `leadSteps`: steps after which a forecast comes due, >= 1. */
export function createGate(stepMs: number, leadSteps: number): Gate {
  return new SkillGate(stepMs, leadSteps);
}

class SkillGate implements Gate {
  readonly #stepMs: number;
  readonly #leadSteps: number;
  readonly #fastGain: number;
  readonly #slowGain: number;
  readonly #now = new Float64Array(NOW_LENGTH);
  // Rings by step, one lead long: what was forecast, and the last present sample.
  readonly #forecasts: Float64Array;
  readonly #lasts: Float64Array;
  readonly state: readonly Float64Array[];

  constructor(stepMs: number, leadSteps: number) {
    this.#stepMs = stepMs;
    this.#leadSteps = leadSteps;
    this.#fastGain = 1 - Math.exp(-stepMs / FAST_MEMORY_MS);
    this.#slowGain = 1 - Math.exp(-stepMs / SLOW_MEMORY_MS);
    this.#forecasts = new Float64Array(leadSteps).fill(NaN);
    this.#lasts = new Float64Array(leadSteps).fill(NaN);
    const now = this.#now;
    now[LAST] = now[SINCE] = NaN;
    now[LOSS] = now[LOSS_BEFORE] = -Infinity;
    this.state = [now, this.#forecasts, this.#lasts];
  }

  get hasForecastControl(): boolean {
    return this.#now[HAS_LOST] === 0;
  }

  take(timeMs: number, value: number, forecast: number): void {
    const now = this.#now;
    const step = now[STEP]!;
    const at = step % this.#leadSteps;
    if (value >= 0 && value < Infinity) {
      this.#settle(value, Math.abs(value - this.#forecasts[at]!), Math.abs(value - this.#lasts[at]!));
      now[LAST] = value;
      this.#judge(timeMs);
    }
    this.#forecasts[at] = forecast;
    this.#lasts[at] = now[LAST]!;
    now[STEP] = step + 1;
  }

  gate(): GateState {
    const now = this.#now;
    return {
      control: this.hasForecastControl ? "forecast" : "demand",
      skill6h: this.#isJudged() ? this.#skill(FAST_ERROR, FAST_PERSISTENCE) : NaN,
      skill24h: this.#isJudged() ? this.#skill(SLOW_ERROR, SLOW_PERSISTENCE) : NaN,
      sinceMs: now[SINCE]!,
      lossesMs: [now[LOSS]!, now[LOSS_BEFORE]!],
    };
  }

  inherit({ control, sinceMs, lossesMs }: GateState): void {
    const now = this.#now;
    now[HAS_LOST] = control === "demand" ? 1 : 0;
    now[SINCE] = sinceMs;
    [now[LOSS], now[LOSS_BEFORE]] = lossesMs;
  }

  #isJudged(): boolean {
    return this.#now[SETTLED]! * this.#stepMs > FIRST_JUDGED_MS;
  }

  #settle(value: number, error: number, byPersistence: number): void {
    // Where either said nothing there is nothing to compare.
    if (!(error + byPersistence >= 0)) return;
    const now = this.#now;
    const count = (now[SETTLED] = now[SETTLED]! + 1);
    const fast = Math.max(this.#fastGain, 1 / count);
    const slow = Math.max(this.#slowGain, 1 / count);
    now[FAST_ERROR] = now[FAST_ERROR]! + fast * (error - now[FAST_ERROR]!);
    now[FAST_PERSISTENCE] = now[FAST_PERSISTENCE]! + fast * (byPersistence - now[FAST_PERSISTENCE]!);
    now[SLOW_ERROR] = now[SLOW_ERROR]! + slow * (error - now[SLOW_ERROR]!);
    now[SLOW_PERSISTENCE] = now[SLOW_PERSISTENCE]! + slow * (byPersistence - now[SLOW_PERSISTENCE]!);
    now[LEVEL] = now[LEVEL]! + slow * (value - now[LEVEL]!);
  }

  #judge(timeMs: number): void {
    if (!this.#isJudged()) return;
    const now = this.#now;
    const isBelow = this.#skill(FAST_ERROR, FAST_PERSISTENCE) < 0;
    now[BELOW] = isBelow ? now[BELOW]! + 1 : 0;
    if (now[HAS_LOST] === 0) {
      if (now[BELOW] * this.#stepMs < LOST_AFTER_MS) return;
      now[HAS_LOST] = 1;
      now[LOSS_BEFORE] = now[LOSS]!;
      now[LOSS] = now[SINCE] = timeMs;
      return;
    }
    const isOldEnough = timeMs - now[LOSS]! >= RETURN_AFTER_MS && timeMs - now[LOSS_BEFORE]! >= LOSSES_SPAN_MS;
    if (!isOldEnough || isBelow || !(this.#skill(SLOW_ERROR, SLOW_PERSISTENCE) > SKILL_TO_RETURN)) return;
    now[HAS_LOST] = 0;
    now[BELOW] = 0;
    now[SINCE] = timeMs;
  }

  /** 1 - error / error of persistence; 1 where the error is negligible. */
  #skill(errorPlace: number, persistencePlace: number): number {
    const now = this.#now;
    const error = now[errorPlace]!;
    return error <= NEGLIGIBLE_ERROR * now[LEVEL]! ? 1 : 1 - error / now[persistencePlace]!;
  }
}
