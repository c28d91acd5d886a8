// Forecasts out of /metrics: each is put to the minute that it is for, whatever the moment of the scrape.
import { expect, test } from "vitest";
import { createObserver } from "../../../src/cli/demo/observer.ts";

const MINUTE_MS = 60_000;
const rate = (timeMs: number) => 100 + Math.sqrt(timeMs / MINUTE_MS);
const scrape = (demand: number, point: number, errors = 0) => `# HELP predictive_scaler_demand Demand now
predictive_scaler_demand_more 1
predictive_scaler_demand{namespace="shop",name="checkout"} ${demand}
predictive_scaler_forecast_demand{namespace="shop",name="checkout",quantile="point",horizon="20m"} ${point}
predictive_scaler_forecast_demand{namespace="shop",name="checkout",quantile="upper",horizon="20m"} ${point + 5}
predictive_scaler_forecast_demand{namespace="shop",name="checkout",quantile="point",horizon="5m"} 1
predictive_scaler_reconcile_total{outcome="ok"} 9
predictive_scaler_reconcile_total{outcome="error"} ${errors}
`;

test("a forecast belongs to twenty minutes after the sample that it was made from", () => {
  const observer = createObserver({ rate });
  observer.take(scrape(rate(100 * MINUTE_MS), 111), 103.4 * MINUTE_MS);
  expect([...observer.forecasts]).toEqual([[120 * MINUTE_MS, { point: 111, upper: 116 }]]);
});

test("a demand that is of no recent minute is left out", () => {
  const observer = createObserver({ rate });
  observer.take(scrape(rate(100 * MINUTE_MS), 111), 200 * MINUTE_MS);
  observer.take("nothing yet", 200 * MINUTE_MS);
  expect(observer.forecasts.size).toBe(0);
});

test("failed passes are those that the operator counts", () => {
  const observer = createObserver({ rate });
  expect(observer.failedPasses).toBe(0);
  observer.take(scrape(rate(0), 1, 3), 0);
  observer.take("half a scrape", 0);
  expect(observer.failedPasses).toBe(3);
});

test("the operator is as far behind as the newest minute that it has decided on", () => {
  const observer = createObserver({ rate });
  expect(observer.minutesBehind).toBeNaN();
  for (let minute = 100; minute < 200; minute++) observer.take(scrape(rate(minute * MINUTE_MS), 1), (minute + (minute < 110 ? 8 : 1.5)) * MINUTE_MS);
  expect(observer.minutesBehind).toBe(8);
});
