export { createForecaster } from "./ensemble.ts";
export { warmUp } from "./holt-winters/warm-up.ts";
export { createLocalClock } from "./seasons.ts";
export type {
  Accuracy, Anomaly, AnomalyCounts, Bound, Exclusion, Explanation, Fit, Forecaster, ForecastEvent, ForecastSettings, Holidays, LocalClock,
  Peak, PointForecast, Said,
} from "./forecaster.ts";
