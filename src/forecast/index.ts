export type { Accuracy, Fit, Forecaster, ForecastSettings, LocalClock, PointForecast } from "./forecaster.ts";
