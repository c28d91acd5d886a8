// What leaves here: the replicas that the demand asks for, with a margin that calibrates itself on the scaler's own past.
// want = ceil(max(y, P + m S) / C). P: largest forecast within the lead; S: expected size of its error; m: the margin whose overloads stay in budget.
// Invariant: an absent sample never lowers `wanted`; after construction only demand() and exportState() allocate.
import type { PointForecast } from "../../forecast/index.ts";
import type { Applied, Demand, DemandRule, DemandSettings } from "../decision.ts";
import { createCoverageGate } from "./coverage-gate.ts";
import type { CoverageGate } from "./coverage-gate.ts";
import { createErrorScale } from "./error-scale.ts";
import type { ErrorScale } from "./error-scale.ts";
import { createMargin } from "./margin.ts";
import type { Margin } from "./margin.ts";
import { needsAhead } from "./needs-ahead.ts";
import { RingExtreme } from "./ring-extreme.ts";
import { createScoreScratch, LOAD, SCORE, scoreMinute } from "./score.ts";
import type { ScoreScratch } from "./score.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
/** Without a sample for so long the metric is missing. */
const MISSING_AFTER_MS = 30 * MINUTE_MS;
/** The margin is read from the histogram so often. */
const MARGIN_EVERY_MS = 5 * MINUTE_MS;
/** Leads that are asked for in one step, about. All of them cost a third of the replay and decide nothing else. */
const LEADS_ASKED = 4;
/** Share of its target that a replica is filled to while nothing is calibrated. */
const REACTIVE_FILL = 0.8;
/** Quotients this little above a whole number are that number. */
const ROUNDING = 1e-9;

// Places in `#now`.
const STEP = 0; // samples since the first present one, which is 0; -1 before it
const TIME = 1;
const FLOOR = 2; // last present sample
const FLOOR_STEP = 3;
const POINT = 4;
const SCALE = 5;
const MARGIN = 6;
const RAW = 7;
const STABILIZED = 8;
const WANTED = 9; // w of the replay: what the forecast says, sample or not
const HELD = 10; // w as it is told: never lower than at the last present sample
const NEED = 11; // x
const USED_MARGIN = 12; // m of this decision; NaN in the reactive start
const NOW_LENGTH = 13;

/** The calibrated demand rule, standing before its first sample. Throws RangeError for settings out of their ranges. */
export function createDemandRule(settings: DemandSettings): DemandRule {
  return new CalibratedRule(settings);
}

class CalibratedRule implements DemandRule {
  readonly settings: DemandSettings;
  readonly #scale: ErrorScale;
  readonly #margin: Margin;
  readonly #gate: CoverageGate;
  readonly #scratch: ScoreScratch;
  readonly #mask: number;
  readonly #samplesPerDay: number;
  readonly #marginSteps: number;
  /** Steps between the leads that are asked for. */
  readonly #spacing: number;
  readonly #now = new Float64Array(NOW_LENGTH);
  // Rings by step: local time (up to one lead ahead), sample or NaN, last present sample, P, S, r, w.
  readonly #local: Float64Array;
  readonly #samples: Float64Array;
  readonly #floors: Float64Array;
  readonly #points: Float64Array;
  readonly #scales: Float64Array;
  readonly #raws: Float64Array;
  readonly #wanteds: Float64Array;
  /** Largest sample of the window that ends now, largest r of the stabilisation window, least w of a lead. */
  readonly #largestSample: RingExtreme;
  readonly #largestRaw: RingExtreme;
  readonly #leastWanted: RingExtreme;
  readonly #state: readonly Float64Array[];

  constructor(settings: DemandSettings) {
    checkSettings(settings);
    const { stepMs, leadSteps, stabilizationSteps, budget } = settings;
    this.settings = settings;
    this.#scale = createErrorScale(stepMs);
    this.#margin = createMargin(stepMs, budget);
    this.#gate = createCoverageGate(stepMs, settings.plansAllHours);
    this.#scratch = createScoreScratch(leadSteps, stabilizationSteps);
    this.#samplesPerDay = DAY_MS / stepMs;
    this.#marginSteps = Math.max(1, Math.round(MARGIN_EVERY_MS / stepMs));
    this.#spacing = Math.max(1, Math.min(stabilizationSteps, Math.floor(leadSteps / LEADS_ASKED)));
    const length = 2 ** Math.ceil(Math.log2(2 * leadSteps + stabilizationSteps + 2));
    this.#mask = length - 1;
    const ring = () => new Float64Array(length).fill(NaN);
    this.#local = ring();
    this.#samples = ring();
    this.#floors = ring();
    this.#points = ring();
    this.#scales = ring();
    this.#raws = ring();
    this.#wanteds = ring();
    this.#largestSample = new RingExtreme(this.#samples, this.#mask, leadSteps, false);
    this.#largestRaw = new RingExtreme(this.#raws, this.#mask, stabilizationSteps, false);
    this.#leastWanted = new RingExtreme(this.#wanteds, this.#mask, leadSteps - 1, true);
    this.#now.fill(NaN);
    this.#now[STEP] = -1;
    for (const place of [RAW, STABILIZED, WANTED, HELD]) this.#now[place] = settings.minReplicas;
    const rings = [this.#local, this.#samples, this.#floors, this.#points, this.#scales, this.#raws, this.#wanteds];
    this.#state = [this.#now, ...rings, ...this.#scale.state, ...this.#margin.state, ...this.#gate.state];
  }

  observe(timeMs: number, value: number, forecast: PointForecast, applied?: Applied): void {
    const now = this.#now;
    const isPresent = value >= 0 && value < Infinity;
    if ((now[STEP] as number) < 0 && !isPresent) return;
    const step = this.#advance(timeMs, value, isPresent);
    this.#takeError(step);
    const elapsed = step / this.#samplesPerDay;
    this.#takePoint(step, forecast);
    this.#scale.sayScale(this.#localMiddle(step, true), now, SCALE);
    this.#scales[step & this.#mask] = now[SCALE] as number;
    if (isPresent && elapsed >= 1) this.#calibrate(step, value, elapsed > 1, applied);
    if (elapsed >= 1 && (step % this.#marginSteps === 0 || Number.isNaN(now[MARGIN]))) this.#margin.sayMargin(now, MARGIN);
    this.#want(step, elapsed < 1);
    const isMissing = this.#isMissing();
    if (isPresent) now[HELD] = now[WANTED] as number;
    else if (!isMissing) now[HELD] = Math.max(now[HELD] as number, now[WANTED] as number);
  }

  demand(): Demand {
    const now = this.#now;
    const at = (place: number) => now[place] as number;
    const step = at(STEP);
    const isPresent = step >= 0 && at(FLOOR_STEP) === step;
    return {
      kind: this.#isMissing() ? "missing" : Number.isNaN(at(USED_MARGIN)) ? "reactive" : "calibrated",
      raw: at(RAW),
      stabilized: at(STABILIZED),
      wanted: at(HELD),
      now: at(FLOOR),
      present: isPresent,
      point: at(POINT),
      margin: at(USED_MARGIN),
      scale: at(SCALE),
      unlimited: step < 0 ? NaN : replicasFor(at(NEED), this.settings.targetPerReplica),
      targetPerReplica: this.settings.targetPerReplica,
      leadMs: this.settings.leadSteps * this.settings.stepMs,
    };
  }

  marginFor(budget: number): number {
    return this.#margin.marginFor(budget);
  }

  scored(): number {
    return this.#margin.scored();
  }

  needsAhead(path: Float64Array): Float64Array | undefined {
    const { settings } = this;
    const [timeMs, margin, step] = [TIME, USED_MARGIN, STEP].map((place) => this.#now[place] as number) as [number, number, number];
    if (Number.isNaN(margin)) return undefined;
    const said = new Float64Array(1);
    const scaleAt = (localMs: number) => {
      this.#scale.sayScale(localMs, said, 0);
      return said[0] as number;
    };
    return needsAhead(path, { settings, timeMs, margin, scaleAt, isOpen: (localMs) => this.#gate.isOpen(localMs, step * settings.stepMs) });
  }

  exportState(): Float64Array[] {
    return this.#state.map((array) => array.slice());
  }

  importState(state: readonly Float64Array[]): void {
    const lengths = (arrays: readonly Float64Array[]) => arrays.map((array) => array.length).join(",");
    if (lengths(state) !== lengths(this.#state)) {
      throw new RangeError(`State of a demand rule: arrays of ${lengths(state)} values, expected ${lengths(this.#state)}; its settings were others.`);
    }
    for (const [i, array] of this.#state.entries()) array.set(state[i] as Float64Array);
    for (const extreme of [this.#largestSample, this.#largestRaw, this.#leastWanted]) extreme.forget();
  }

  /** Moves to the sample at `timeMs`, puts it in the rings and returns its step. */
  #advance(timeMs: number, value: number, isPresent: boolean): number {
    const { stepMs, leadSteps, localClock } = this.settings;
    const now = this.#now;
    const step = ((now[STEP] as number) + 1) | 0;
    const mask = this.#mask;
    const at = step & mask;
    if (step > 0 && timeMs !== (now[TIME] as number) + stepMs) {
      throw new RangeError(`Sample at ${timeMs} ms after one at ${now[TIME]} ms; expected exactly one step of ${stepMs} ms.`);
    }
    for (let k = step === 0 ? 0 : leadSteps; k <= leadSteps; k++) this.#local[(step + k) & mask] = localClock.localMs(timeMs + k * stepMs);
    now[STEP] = step;
    now[TIME] = timeMs;
    this.#samples[at] = isPresent ? value : NaN;
    this.#gate.take(this.#local[at] as number, isPresent);
    if (isPresent) {
      now[FLOOR] = value;
      now[FLOOR_STEP] = step;
      this.#scale.takeLevel(value);
    }
    this.#floors[at] = now[FLOOR] as number;
    return step;
  }

  /** The error of the forecast made one lead ago, against the largest sample of the window that it was made for. */
  #takeError(step: number): void {
    const lead = this.settings.leadSteps;
    if (step < lead) return;
    const largest = this.#samples[this.#largestSample.at(step)] as number;
    if (Number.isNaN(largest)) return;
    this.#scale.takeError(Math.abs(largest - (this.#points[(step - lead) & this.#mask] as number)), this.#localMiddle(step, false));
  }

  /** Local time of the middle of the window that begins (or else ends) at `step`. */
  #localMiddle(step: number, begins: boolean): number {
    const { leadSteps, stepMs } = this.settings;
    const from = begins ? step : step - leadSteps;
    const half = leadSteps >> 1;
    return (this.#local[(from + half) & this.#mask] as number) + (leadSteps & 1) * 0.5 * stepMs;
  }

  /**
   * P: the largest forecast of the lead among times that normally have samples; the last sample if there is none. Of the lead every few
   * steps are asked, the first and the last among them. They are no further apart than the scale-down window, so that each moment ahead
   * is asked about once while what it needs is still held.
   */
  #takePoint(step: number, forecast: PointForecast): void {
    const now = this.#now;
    const elapsedMs = step * this.settings.stepMs;
    const lead = this.settings.leadSteps;
    const mask = this.#mask;
    const gate = this.#gate;
    const local = this.#local;
    let point = -Infinity;
    for (let k = lead; k >= 1; k = k > this.#spacing ? k - this.#spacing : k > 1 ? 1 : 0) {
      const value = forecast.forecast(k);
      if (value > point && value < Infinity && gate.isOpen(local[(step + k) & mask] as number, elapsedMs)) point = value;
    }
    now[POINT] = this.#points[step & mask] = point === -Infinity ? (now[FLOOR] as number) : point;
  }

  /** Scores the present minute and takes the feedback of what happened in it. */
  #calibrate(step: number, value: number, hasFeedback: boolean, applied: Applied | undefined): void {
    const { leadSteps, stabilizationSteps, targetPerReplica, minReplicas, maxReplicas } = this.settings;
    const needed = replicasFor(value, targetPerReplica);
    const { numbers } = this.#scratch;
    if (needed <= minReplicas) numbers[SCORE] = -Infinity;
    else if (needed <= maxReplicas) {
      numbers[LOAD] = (needed - 1) * targetPerReplica;
      scoreMinute(step, leadSteps, stabilizationSteps, this.#mask, this.#floors, this.#points, this.#scales, this.#scratch);
    }
    if (needed <= maxReplicas) this.#margin.takeScore(numbers, SCORE);
    if (!hasFeedback) return;
    if (applied === undefined) this.#margin.takeOverload(value > targetPerReplica * (this.#wanteds[this.#leastWanted.at(step - 1)] as number));
    else if (applied.ownThroughout && !Number.isNaN(applied.readyReplicas)) this.#margin.takeOverload(value > targetPerReplica * applied.readyReplicas);
  }

  /** r, its largest of the stabilisation window, and w. */
  #want(step: number, isFirstDay: boolean): void {
    const { targetPerReplica, minReplicas, scaleDownTolerance, initialMargin } = this.settings;
    const now = this.#now;
    const floor = now[FLOOR] as number;
    const margin = isFirstDay ? (initialMargin ?? NaN) : (now[MARGIN] as number);
    const isCalibrated = !Number.isNaN(margin);
    const need = isCalibrated ? Math.max((now[POINT] as number) + margin * (now[SCALE] as number), floor) : floor / REACTIVE_FILL;
    const raw = Math.max(minReplicas, replicasFor(need, targetPerReplica));
    const at = step & this.#mask;
    this.#raws[at] = raw;
    const stabilized = this.#raws[this.#largestRaw.at(step)] as number;
    const previous = now[WANTED] as number;
    const isWithin = step > 0 && stabilized < previous && stabilized > (1 - scaleDownTolerance) * previous;
    now[NEED] = need;
    now[RAW] = raw;
    now[STABILIZED] = stabilized;
    now[WANTED] = this.#wanteds[at] = isWithin ? previous : stabilized;
    now[USED_MARGIN] = margin;
  }

  #isMissing(): boolean {
    const now = this.#now;
    return !((now[STEP] as number) >= 0 && ((now[STEP] as number) - (now[FLOOR_STEP] as number)) * this.settings.stepMs < MISSING_AFTER_MS);
  }
}

/** Replicas that serve `demand`: whole, forgiving rounding errors. */
export function replicasFor(demand: number, targetPerReplica: number): number {
  return Math.max(0, Math.ceil(demand / targetPerReplica - ROUNDING));
}

function checkSettings(settings: DemandSettings): void {
  const { stepMs, leadSteps, stabilizationSteps, targetPerReplica, budget, scaleDownTolerance } = settings;
  const expect = (isRight: boolean, name: string, found: number, expected: string) => {
    if (!isRight) throw new RangeError(`Demand rule: ${name} is ${found}, expected ${expected}.`);
  };
  expect(stepMs > 0 && stepMs <= DAY_MS, "stepMs", stepMs, "more than 0 and at most a day");
  expect(Number.isInteger(leadSteps) && leadSteps >= 1, "leadSteps", leadSteps, "a whole number of at least 1");
  expect(Number.isInteger(stabilizationSteps) && stabilizationSteps >= 0, "stabilizationSteps", stabilizationSteps, "a whole number of at least 0");
  expect(targetPerReplica > 0, "targetPerReplica", targetPerReplica, "more than 0");
  expect(budget > 0 && budget < 1, "budget", budget, "between 0 and 1");
  expect(scaleDownTolerance >= 0, "scaleDownTolerance", scaleDownTolerance, "0 or more");
}
