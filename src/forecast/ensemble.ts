// The forecaster: experts, their combination at each kept lead, the bounds, and the ledger of accuracy, one sample at a time.
// Never NaN after a first sample, never negative, never beyond what the range seen so far makes plausible; observe and forecast allocate nothing.
import type { Series } from "../series/index.ts";
import { accuracyOf, book } from "./accuracy.ts";
import { anomalyCountsOf, anomalyOf, isStuck, screen } from "./anomalies.ts";
import { withEvents } from "./events.ts";
import { isExcluded, rewind, without } from "./exclusions.ts";
import type { Accuracy, Fit, Forecaster, ForecastSettings, Said } from "./forecaster.ts";
import { fitHoltWinters, type Fitted, WEEK_NEEDS_MS } from "./holt-winters/fit.ts";
import { expectation, learn, phiOf, setLevel, skip, UNFITTED } from "./holt-winters/kernel.ts";
import { boundOf, explanationOf, type Lead, recallLead, sayLead, settleLead, upperOf } from "./lead.ts";
import { average, averageOf } from "./moving-average.ts";
import { adopt, ceilingOf, createParts, type Parts, reset, tune } from "./parts.ts";
import { forecast, peakWithin, putPath } from "./path.ts";
import { placeSample, placeTarget } from "./place.ts";
import { learnOutlook, lookOut } from "./regression/outlook.ts";
import { observeRegression } from "./regression/regression.ts";
import { compareExperts, isBehindForADay } from "./standing.ts";

/** A larger value is no measurement: its square root would leave the range of the 32-bit profiles. It counts as missing. */
const MOST_DEMAND = 1e30;

/** The first sample ever: an unfitted model starts at its level. */
function begin({ numbers, model }: Parts, timeMs: number, value: number): void {
  numbers.firstTime = timeMs;
  if (numbers.isFitted === 1) return;
  setLevel(model, Math.sqrt(value));
  numbers.low = value;
  numbers.high = value;
}

/** An unfitted model learns the week once it has seen two. */
function joinWeek(parts: Parts): void {
  const { numbers, settings, frame } = parts;
  if (!settings.week || frame.elapsed < WEEK_NEEDS_MS) return;
  tune(parts, { ...UNFITTED, delta: settings.day ? UNFITTED.delta : 0 });
  numbers.isFitted = 1;
}

/** Updates experts 1 and 3 with the frame's value (NaN = missing) and leaves in the frame what expert 2 may learn of it. */
function learnFrom({ numbers, frame, model, anomalies, smooth }: Parts): void {
  const value = frame.value;
  const expected = expectation(model, frame.localDay, frame.localWeek, phiOf(model));
  frame.expected = expected;
  if (value !== value) {
    frame.root = NaN;
    skip(model);
    return;
  }
  frame.innovation = Math.sqrt(value) - expected;
  screen(anomalies, frame);
  const e = frame.innovation;
  const z = Math.max(0, expected + e);
  frame.root = z;
  learn(model, frame.localDay, frame.localWeek, e);
  average(smooth, frame);
  if (value < numbers.low) numbers.low = value;
  if (value > numbers.high) numbers.high = value;
  numbers.last = value;
}

/** Updates expert 2. Apart from the others: the engine inlines only so much into one function, and a call with doubles in it would allocate. */
function learnRegression({ frame, slots, regression, leads }: Parts): void {
  if (frame.root === frame.root) for (let i = 0; i < leads.length; i++) learnOutlook(leads[i]!.outlook, regression, slots[i]!, frame, leads[i]!.earlier);
  observeRegression(regression, frame);
}

/** Says what every kept lead says now. */
function say(parts: Parts): void {
  const { settings, numbers, frame, slots, powers, leads, smooth, model, regression } = parts;
  frame.ceiling = ceilingOf(parts);
  for (let i = 0; i < leads.length; i++) {
    const lead = leads[i]!;
    const { now } = lead;
    placeTarget(frame, settings.localClock, settings.stepMs, lead.steps);
    const z = Math.max(0, expectation(model, frame.targetDay, frame.targetWeek, powers[i]!));
    now.holtWinters = z * z;
    now.average = averageOf(smooth) * averageOf(smooth);
    now.persistence = numbers.last;
    lookOut(lead.outlook, regression, slots[i]!, frame, now);
    sayLead(lead, slots[i]!, frame);
  }
}

function observe(parts: Parts, timeMs: number, given: number): void {
  const { settings, numbers, frame, slots, leads, first, ledger, hasExclusions, exclusions, anomalies, standing } = parts;
  const was = numbers.timeSeen;
  if (was === was && timeMs !== was + settings.stepMs)
    throw new RangeError(`time ${timeMs} after ${was}: times advance by one step of ${settings.stepMs} ms; give NaN for a step without a sample`);
  const value = given >= 0 && given <= MOST_DEMAND && !(hasExclusions && isExcluded(exclusions, timeMs)) ? given : NaN;
  const step = numbers.step | 0;
  for (let i = 0; i < leads.length; i++) slots[i] = step % leads[i]!.steps;
  numbers.timeSeen = timeMs;
  if (value === value && numbers.firstTime !== numbers.firstTime) begin(parts, timeMs, value);
  frame.time = timeMs;
  frame.elapsed = timeMs - numbers.firstTime;
  frame.value = value;
  if (frame.elapsed === frame.elapsed) {
    if (isStuck(anomalies, frame)) frame.value = NaN;
    placeSample(frame, settings.localClock, settings.stepMs);
    for (let i = 0; i < leads.length; i++) {
      recallLead(leads[i]!, slots[i]!);
      settleLead(leads[i]!, slots[i]!, frame);
    }
    book(ledger, first.earlier, frame);
    compareExperts(standing, first, frame);
    if (numbers.isFitted === 0) joinWeek(parts);
    learnFrom(parts);
    learnRegression(parts);
    say(parts);
  }
  numbers.step = step + 1;
}

function leadAt({ leads }: Parts, leadSteps: number): Lead {
  for (let i = 0; i < leads.length; i++) if (leads[i]!.steps === leadSteps) return leads[i]!;
  throw new RangeError(`nothing is kept ${leadSteps} steps ahead, only at ${leads.map(({ steps }) => steps).join(", ")}`);
}

function fit(parts: Parts, history: Series): Fit {
  const { settings, first } = parts;
  const { day, week, localClock } = settings;
  if (history.stepMs !== settings.stepMs) throw new RangeError(`history has a step of ${history.stepMs} ms, expected ${settings.stepMs}`);
  const learned = without(parts.exclusions, history);
  const found = fitHoltWinters(learned, { leadSteps: first.steps, day, week, localClock, most: MOST_DEMAND });
  reset(parts);
  if (found.kind === "notEnoughData") return found;
  adopt(parts, found);
  const { length } = history.values;
  return { kind: "fitted", samples: length, present: found.present / length, day: found.day, week: found.week };
}

function saidOf({ earlier }: Lead): Said {
  return {
    get forecast() {
      return earlier.point;
    },
    get upper() {
      return earlier.bound95;
    },
    get persistence() {
      return earlier.persistence;
    },
  };
}

/** A forecaster that has seen nothing, unfitted or with the fit `start`. Throws RangeError for a step, leads or events that are not right. */
export function createForecaster(settings: ForecastSettings, start?: Fitted): Forecaster {
  const ordinary = createOrdinary(settings, start);
  return settings.events === undefined || settings.events.length === 0 ? ordinary : withEvents(ordinary, settings.events);
}

/** Without events. */
function createOrdinary(settings: ForecastSettings, start: Fitted | undefined): Forecaster {
  const parts = createParts(settings);
  reset(parts);
  if (start !== undefined) adopt(parts, start);
  return {
    settings,
    fit: (history) => fit(parts, history),
    observe: (timeMs, value) => observe(parts, timeMs, value),
    forecast: (leadSteps) => forecast(parts, leadSteps),
    upper: (leadSteps) => upperOf(leadAt(parts, leadSteps)),
    bound: (leadSteps, probability) => boundOf(leadAt(parts, leadSteps), probability),
    explain: (leadSteps) => explanationOf(leadAt(parts, leadSteps)),
    peakWithin: (horizonMs) => peakWithin(parts, horizonMs),
    putPath: (path) => putPath(parts, path),
    accuracy: (): Accuracy => accuracyOf(parts.ledger),
    said: saidOf(parts.first),
    anomaly: () => anomalyOf(parts.anomalies, parts.frame),
    anomalyCounts: () => anomalyCountsOf(parts.anomalies),
    isFallingBehind: () => isBehindForADay(parts.standing),
    exportState: () => [parts.state.snapshot()],
    importState(blocks) {
      parts.state.restore(blocks[0] ?? new Float64Array(0));
      rewind(parts.exclusions);
    },
  };
}
