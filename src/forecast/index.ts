export { createForecaster } from "./ensemble.ts";
export { createLocalClock } from "./seasons.ts";
export type { Accuracy, Fit, Forecaster, ForecastSettings, LocalClock, Peak, PointForecast } from "./forecaster.ts";
