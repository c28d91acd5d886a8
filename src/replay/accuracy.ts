// How good the forecasts of a course were, over the steps after the split that have a sample and a forecast.
import type { Course } from "./course.ts";

/** The bound that `upper` is. */
const UPPER_PROBABILITY = 0.95;

/** NaN where nothing was there to judge. */
export interface ForecastNumbers {
  /** Sum of |demand - forecast| over the sum of demand. */
  readonly wape: number;
  /** The same for "as it is now", said one lead before. */
  readonly wapePersistence: number;
  /** Share of steps with demand at or below the 95 % bound. */
  readonly coverage: number;
  /** Mean pinball loss of the 95 % bound, in the unit of the demand. */
  readonly pinball: number;
}

export function forecastNumbers({ trace, split, forecast, upper, persistence }: Course): ForecastNumbers {
  const { values } = trace;
  let [steps, demand, missed, byPersistence, covered, loss] = [0, 0, 0, 0, 0, 0];
  for (let i = split; i < values.length; i++) {
    const y = values[i] ?? NaN;
    const error = Math.abs(y - (forecast[i] ?? NaN));
    if (Number.isNaN(error)) continue;
    const over = y - (upper[i] ?? NaN);
    steps++;
    demand += y;
    missed += error;
    byPersistence += Math.abs(y - (persistence[i] ?? NaN));
    if (over <= 0) covered++;
    loss += over > 0 ? UPPER_PROBABILITY * over : (UPPER_PROBABILITY - 1) * over;
  }
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : NaN);
  return {
    wape: ratio(missed, demand),
    wapePersistence: ratio(byPersistence, demand),
    coverage: ratio(covered, steps),
    pinball: ratio(loss, steps),
  };
}
