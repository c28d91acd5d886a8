// A forecaster that knows of events: times in which demand is expected to be a multiple of what it would be without them.
// The forecaster within sees demand as it would be without events, and what it says is multiplied again. So events spoil no season, whatever they bring.
//
// A multiplier is a guess. While an event lasts, its ratio says how many times what was announced it really brings: an average of 15 minutes of
// y / (m x what is forecast without it). It counts for this event only, and is forgotten with its end.
//   factor at t = 1 + (m x ratio - 1) share(t),  share: 0 to 1 and back, on ramps before the start and after the end
// On the ramps and for a while after the start nobody knows when people really come and go: there a sample below the forecast teaches nothing.
import type { Accuracy, Bound, Explanation, Fit, Forecaster, ForecastEvent, Peak, Said } from "./forecaster.ts";
import type { Series } from "../series/index.ts";

const MINUTE_MS = 60_000;
/** A ramp is so long, or this share of the event if that is shorter. */
const RAMP_MS = 10 * MINUTE_MS;
const RAMP_SHARE = 0.25;
/** For so long after the start, or this share of the event, people may still be coming. */
const LATE_MS = 30 * MINUTE_MS;
const LATE_SHARE = 0.5;
/** Memory of the ratio. */
const RATIO_TAU_MS = 15 * MINUTE_MS;
/** A ratio beyond these is no event that was announced; a sample so many times off what is expected waits for the ratio to follow. */
const MOST_RATIO = 20;
const MOST_OFF = 2;

interface Span extends ForecastEvent {
  readonly rampMs: number;
  readonly lateMs: number;
}

/** Share of its multiplier that an event has at a time. */
function shareOf({ startMs, endMs, rampMs }: Span, timeMs: number): number {
  if (timeMs >= startMs && timeMs < endMs) return 1;
  const outsideMs = timeMs < startMs ? startMs - timeMs : timeMs - endMs;
  return outsideMs < rampMs ? 1 - outsideMs / rampMs : 0;
}

/** Whether people may not have come yet, or may have gone. */
function isEdge({ startMs, endMs, lateMs }: Span, timeMs: number): boolean {
  return timeMs < startMs + lateMs || timeMs >= endMs;
}

function spansOf(events: readonly ForecastEvent[]): Span[] {
  return events.map((event) => {
    const { startMs, endMs, multiplier } = event;
    if (!(startMs < endMs)) throw new RangeError(`an event lasts from ${startMs} to ${endMs}, expected two times in unix ms, the second later`);
    if (!(multiplier > 0 && multiplier < Infinity)) throw new RangeError(`the multiplier of an event is ${multiplier}, expected a number above 0`);
    return { ...event, rampMs: Math.min(RAMP_MS, RAMP_SHARE * (endMs - startMs)), lateMs: Math.min(LATE_MS, LATE_SHARE * (endMs - startMs)) };
  });
}

/** `base` with events; both share the settings. What is said of accuracy is of demand without the events. */
export function withEvents(base: Forecaster, events: readonly ForecastEvent[]): Forecaster {
  return new EventForecaster(base, spansOf(events));
}

class EventForecaster implements Forecaster {
  readonly #base: Forecaster;
  readonly #spans: readonly Span[];
  readonly #gain: number;
  /** The ratio of the events that are on, and the last observed time (NaN: none). */
  readonly #now = Float64Array.of(1, NaN);
  readonly said: Said;

  constructor(base: Forecaster, spans: readonly Span[]) {
    this.#base = base;
    this.#spans = spans;
    this.#gain = 1 - Math.exp(-base.settings.stepMs / RATIO_TAU_MS);
    const factorNow = () => this.#factorAt(this.#timeMs);
    this.said = {
      get forecast() {
        return base.said.forecast * factorNow();
      },
      get upper() {
        return base.said.upper * factorNow();
      },
      get persistence() {
        return base.said.persistence * factorNow();
      },
    };
  }

  get settings() {
    return this.#base.settings;
  }
  get #ratio(): number {
    return this.#now[0]!;
  }
  get #timeMs(): number {
    return this.#now[1]!;
  }

  fit(history: Series): Fit {
    this.#now.set([1, NaN]);
    const { startMs, stepMs } = history;
    return this.#base.fit({ startMs, stepMs, values: history.values.map((value, i) => this.#ordinary(startMs + i * stepMs, value)) });
  }

  /** A sample of a history without its events; NaN at their edges. */
  #ordinary(timeMs: number, value: number): number {
    const on = this.#spans.filter((span) => shareOf(span, timeMs) > 0);
    if (on.length === 0) return value;
    return on.some((span) => isEdge(span, timeMs)) ? NaN : value / this.#announcedAt(timeMs);
  }

  observe(timeMs: number, value: number): void {
    const isOn = this.#spans.some((span) => shareOf(span, timeMs) > 0);
    if (!isOn) this.#now[0] = 1;
    const learned = isOn && value >= 0 ? this.#learn(timeMs, value) : value;
    this.#now[1] = timeMs;
    this.#base.observe(timeMs, learned);
  }

  /** Moves the ratio by a sample of an event; what the sample would have been without it, or NaN where it teaches nothing. */
  #learn(timeMs: number, value: number): number {
    const expected = Number.isNaN(this.#timeMs) ? NaN : this.#base.forecast(1);
    const announced = this.#announcedAt(timeMs);
    if (!(expected > 0)) return value / announced;
    const isBelow = value < expected * this.#factorAt(timeMs);
    if (isBelow && this.#spans.some((span) => shareOf(span, timeMs) > 0 && isEdge(span, timeMs))) return NaN;
    const ratio = Math.min(MOST_RATIO, Math.max(1 / MOST_RATIO, value / (announced * expected)));
    this.#now[0] = this.#ratio + this.#gain * (ratio - this.#ratio);
    const without = value / this.#factorAt(timeMs);
    return without > MOST_OFF * expected || without < expected / MOST_OFF ? NaN : without;
  }

  /** What all events together were announced to multiply by. */
  #announcedAt(timeMs: number): number {
    let factor = 1;
    for (const span of this.#spans) factor *= 1 + (span.multiplier - 1) * shareOf(span, timeMs);
    return factor;
  }

  /** What they are expected to, after what those that are on now have brought. */
  #factorAt(timeMs: number): number {
    let factor = 1;
    let share = 0;
    for (const span of this.#spans) {
      const there = shareOf(span, timeMs);
      if (there === 0) continue;
      factor *= 1 + (span.multiplier - 1) * there;
      if (there > share && shareOf(span, this.#timeMs) > 0) share = there;
    }
    return factor * (1 + (this.#ratio - 1) * share);
  }

  #ahead(leadSteps: number): number {
    return this.#factorAt(this.#timeMs + leadSteps * this.settings.stepMs);
  }

  forecast(leadSteps: number): number {
    return this.#base.forecast(leadSteps) * this.#ahead(leadSteps);
  }
  upper(leadSteps: number): number {
    return this.#base.upper(leadSteps) * this.#ahead(leadSteps);
  }
  bound(leadSteps: number, probability: number): Bound {
    const bound = this.#base.bound(leadSteps, probability);
    return { ...bound, demand: bound.demand * this.#ahead(leadSteps) };
  }
  explain(leadSteps: number): Explanation {
    const factor = this.#ahead(leadSteps);
    const parts = Object.entries(this.#base.explain(leadSteps)).map(([part, demand]: [string, number]) => [part, demand * factor] as const);
    return Object.fromEntries(parts) as unknown as Explanation;
  }
  putPath(path: Float64Array): void {
    this.#base.putPath(path);
    for (let i = 0; i < path.length; i++) path[i] = path[i]! * this.#ahead(i + 1);
  }
  peakWithin(horizonMs: number): Peak | undefined {
    if (this.#base.peakWithin(horizonMs) === undefined) return undefined;
    const { stepMs } = this.settings;
    const path = new Float64Array(Math.max(1, Math.floor(horizonMs / stepMs)));
    this.putPath(path);
    let [at, demand] = [0, -1];
    for (const [i, expected] of path.entries()) if (expected > demand) [at, demand] = [i, expected];
    return { timeMs: this.#timeMs + (at + 1) * stepMs, demand };
  }

  accuracy(): Accuracy {
    return this.#base.accuracy();
  }
  anomaly() {
    const anomaly = this.#base.anomaly();
    if (anomaly === undefined) return undefined;
    const factor = this.#factorAt(this.#timeMs);
    return { ...anomaly, value: anomaly.value * factor, expected: anomaly.expected * factor };
  }
  anomalyCounts() {
    return this.#base.anomalyCounts();
  }
  isFallingBehind(): boolean {
    return this.#base.isFallingBehind();
  }
  exportState(): Float64Array[] {
    return [...this.#base.exportState(), this.#now.slice()];
  }
  importState(state: readonly Float64Array[]): void {
    this.#base.importState(state.slice(0, -1));
    this.#now.set(state.at(-1) ?? [1, NaN]);
  }
}
