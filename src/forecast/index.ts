export { createForecaster } from "./ensemble.ts";
export { createLocalClock } from "./seasons.ts";
export type { Accuracy, Explanation, Fit, Forecaster, ForecastSettings, LocalClock, Peak, PointForecast } from "./forecaster.ts";
