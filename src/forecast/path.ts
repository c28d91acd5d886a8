// Forecasts between and beyond the kept leads, and the largest of them: expert 1's path, moved by what is said at the kept leads.
// Nothing here changes what is remembered.
import type { Peak } from "./forecaster.ts";
import { expectation, phiOf } from "./holt-winters/kernel.ts";
import { pointOf } from "./lead.ts";
import { ceilingOf, type Parts } from "./parts.ts";
import { timeOfDay } from "./seasons.ts";

/** How fast the combination's difference from expert 1 fades beyond the lead. */
const PEAK_TAU_MS = 2 * 3_600_000;

/** Expert 1 on the scale of the demand. */
function seasonal({ model, settings }: Parts, timeMs: number, phiToH: number): number {
  const local = settings.localClock.localMs(timeMs);
  const z = Math.max(0, expectation(model, timeOfDay(local), settings.localClock.weekMs(local), phiToH));
  return z * z;
}

/** Forecast at any lead: the kept ones as said, between them expert 1's path plus its difference from what was said, joined linearly. */
export function forecast(parts: Parts, leadSteps: number): number {
  const { leads, numbers, settings, model } = parts;
  const timeMs = numbers.timeSeen;
  let below = 0;
  let belowGap = 0;
  for (let i = 0; i < leads.length; i++) {
    const lead = leads[i]!;
    if (lead.steps === leadSteps) return pointOf(lead);
    const gap = pointOf(lead) - lead.now.holtWinters;
    if (leadSteps < lead.steps) {
      const share = (leadSteps - below) / (lead.steps - below);
      const path = seasonal(parts, timeMs + leadSteps * settings.stepMs, phiOf(model) ** leadSteps);
      return Math.min(ceilingOf(parts), Math.max(0, path + belowGap + share * (gap - belowGap)));
    }
    below = lead.steps;
    belowGap = gap;
  }
  throw new RangeError(`lead of ${leadSteps} steps, expected 1 to ${below}`);
}

/** Puts the forecast of each coming step into `path`; beyond the last kept lead expert 1 plus a difference that fades. NaN before any sample. */
export function putPath(parts: Parts, path: Float64Array): void {
  const { leads, numbers, settings, model } = parts;
  const timeMs = numbers.timeSeen;
  if (numbers.firstTime !== numbers.firstTime) return void path.fill(NaN);
  const { stepMs } = settings;
  const last = leads.at(-1)!;
  const gap = pointOf(last) - last.now.holtWinters;
  const fade = Math.exp(-stepMs / PEAK_TAU_MS);
  const ceiling = ceilingOf(parts);
  const phi = phiOf(model);
  let phiToH = phi ** last.steps;
  let left = gap;
  for (let k = 1; k <= path.length; k++) {
    if (k <= last.steps) path[k - 1] = forecast(parts, k);
    else {
      phiToH *= phi;
      left *= fade;
      path[k - 1] = Math.min(ceiling, Math.max(0, seasonal(parts, timeMs + k * stepMs, phiToH) + left));
    }
  }
}

/** The largest forecast of the next `horizonMs`, at least one step; undefined before any sample. */
export function peakWithin(parts: Parts, horizonMs: number): Peak | undefined {
  const { numbers, settings } = parts;
  if (numbers.firstTime !== numbers.firstTime) return undefined;
  const path = new Float64Array(Math.max(1, Math.floor(horizonMs / settings.stepMs)));
  putPath(parts, path);
  let [at, most] = [0, -1];
  for (const [i, demand] of path.entries()) if (demand > most) [at, most] = [i, demand];
  return { timeMs: numbers.timeSeen + (at + 1) * settings.stepMs, demand: most };
}
