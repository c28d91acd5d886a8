// The seventeen windows of real traces on which accuracy is compared, and the figures of a prototype on them.
// Traces are files of their own, given on the command line: none is part of this repository.

export interface Window {
  /** File name without .csv. */
  readonly trace: string;
  readonly stepMs: number;
  /** ISO bounds [from, to), or the first or last days of the trace, or all of it. */
  readonly span: { readonly from: string; readonly to: string } | { readonly firstDays: number } | { readonly lastDays: number } | "all";
  /** WAPE (%) at 20 minutes that the prototype of the design reached. */
  readonly prototype: number;
}

const MINUTE_MS = 60_000;

const on = (trace: string, minutes: number, span: Window["span"], prototype: number): Window => ({ trace, stepMs: minutes * MINUTE_MS, span, prototype });

export const WINDOWS: readonly Window[] = [
  on("nasa_http_1m", 1, { from: "1995-07-01T04:00:00Z", to: "1995-07-28T17:00:00Z" }, 30.55),
  on("nasa_http_1m", 1, { from: "1995-08-04T04:00:00Z", to: "1995-09-01T04:00:00Z" }, 27.93),
  on("worldcup98_1m", 1, { from: "1998-05-04T00:00:00Z", to: "1998-06-01T00:00:00Z" }, 8.59),
  on("worldcup98_1m", 1, { from: "1998-06-01T00:00:00Z", to: "1998-06-29T00:00:00Z" }, 11.01),
  on("ms_mongo_app1_1m", 1, "all", 1.95),
  on("ms_mongo_app2_1m", 1, "all", 1.3),
  on("ms_mongo_app4_1m", 1, "all", 8.74),
  on("twitter_anomaly_1m", 1, "all", 5.08),
  on("isp_eu_5m", 5, { lastDays: 28 }, 3.26),
  on("nab_elb_requests_5m", 5, "all", 64.43),
  on("nab_tweets_amzn_5m", 5, { firstDays: 28 }, 22.03),
  on("nab_tweets_goog_5m", 5, { firstDays: 28 }, 34.87),
  on("azure_vm2017_cpu_5m", 5, { firstDays: 28 }, 1.3),
  on("google2019_cell_cpu_5m", 5, "all", 4.08),
  on("servegen_m_large_10m", 10, "all", 16.44),
  on("nab_nyc_taxi_30m", 30, { firstDays: 84 }, 2.81),
  on("taylor_uk_electricity_30m", 30, "all", 0.35),
];
