// Metrics by their contract names, series that end with their scaler, and the three HTTP answers.
import axios from "axios";
import { afterEach, expect, test } from "vitest";
import { createMetrics, serveTelemetry } from "../../src/telemetry/index.ts";
import { exposition, SLICE_BLOCKS } from "../../src/telemetry/exposition.ts";
import type { ScalerGauges, TelemetryServer } from "../../src/telemetry/index.ts";

const gauges: ScalerGauges = {
  demand: 402,
  forecasts: [{ horizon: "20m", point: 655, upper: 698 }],
  targetPerReplica: 50,
  replicas: { current: 8, desired: 14, ready: 8, max: 40, reactive: 11 },
  peakReplicas: 19,
  peakAtSeconds: 1_767_600_000,
  skill: { "6h": 0.38, "24h": NaN },
  leadSeconds: 1200,
  timeToReadySeconds: { last: 240, high: NaN },
  fittedAtSeconds: 1_767_571_200,
  serviceLevelTarget: 0.99,
  serviceLevelMet: 0.993,
  wape: 0.061,
  coverage: 0.951,
  conditions: [
    { type: "Forecasting", status: "True", reason: "ModelFitted" },
    { type: "ScalingLimited", status: "False", reason: "DesiredWithinRange" },
  ],
  decided: "ForecastDemand",
};

let server: TelemetryServer | undefined;
afterEach(() => server?.close());

test("a scaler's series have the names, labels and values that dashboards use", async () => {
  const metrics = createMetrics();
  metrics.scaler("shop", "checkout", gauges);
  metrics.overloaded("shop", "checkout", 60);
  metrics.anomaly("shop", "checkout", "levelShift");
  metrics.prometheusRequest("200");
  metrics.kubernetesRequest("PATCH", "409");
  metrics.decision("ForecastDemand");
  const text = await metrics.render();
  for (const line of [
    'predictive_scaler_demand{namespace="shop",name="checkout"} 402',
    'predictive_scaler_forecast_demand{namespace="shop",name="checkout",quantile="point",horizon="20m"} 655',
    'predictive_scaler_forecast_demand{namespace="shop",name="checkout",quantile="upper",horizon="20m"} 698',
    'predictive_scaler_replicas{namespace="shop",name="checkout",kind="desired"} 14',
    'predictive_scaler_replicas{namespace="shop",name="checkout",kind="reactive"} 11',
    'predictive_scaler_target_per_replica{namespace="shop",name="checkout"} 50',
    'predictive_scaler_time_to_ready_seconds{namespace="shop",name="checkout",kind="last"} 240',
    'predictive_scaler_service_level_target_ratio{namespace="shop",name="checkout"} 0.99',
    'predictive_scaler_decision{namespace="shop",name="checkout",reason="ForecastDemand"} 1',
    'predictive_scaler_kubernetes_requests_total{method="PATCH",code="409"} 1',
    'predictive_scaler_forecast_wape_ratio{namespace="shop",name="checkout"} 0.061',
    'predictive_scaler_peak_replicas{namespace="shop",name="checkout",horizon="1h"} 19',
    'predictive_scaler_peak_timestamp_seconds{namespace="shop",name="checkout",horizon="1h"} 1767600000',
    'predictive_scaler_forecast_skill_ratio{namespace="shop",name="checkout",window="6h"} 0.38',
    'predictive_scaler_lead_time_seconds{namespace="shop",name="checkout"} 1200',
    'predictive_scaler_model_fitted_timestamp_seconds{namespace="shop",name="checkout"} 1767571200',
    'predictive_scaler_service_level_met_ratio{namespace="shop",name="checkout"} 0.993',
    'predictive_scaler_anomalies_total{namespace="shop",name="checkout",kind="levelShift"} 1',
    'predictive_scaler_condition{namespace="shop",name="checkout",type="Forecasting",reason="ModelFitted"} 1',
    'predictive_scaler_condition{namespace="shop",name="checkout",type="ScalingLimited",reason="DesiredWithinRange"} 0',
    'predictive_scaler_overloaded_seconds_total{namespace="shop",name="checkout"} 60',
    'predictive_scaler_prometheus_requests_total{code="200"} 1',
    'predictive_scaler_decisions_total{reason="ForecastDemand"} 1',
  ])
    expect(text.split("\n")).toContain(line);
});

test("what is not known is not exported, and a value that is no longer known ends", async () => {
  const metrics = createMetrics();
  metrics.scaler("shop", "checkout", gauges);
  metrics.scaler("shop", "checkout", { ...gauges, demand: NaN, forecasts: [] });
  const text = await metrics.render();
  expect(text).not.toContain('predictive_scaler_demand{namespace="shop"');
  expect(text).not.toContain("predictive_scaler_forecast_demand{");
  expect(text).toContain('predictive_scaler_replicas{namespace="shop",name="checkout",kind="ready"} 8');
});

test("the series of a scaler that is gone end, and nobody else's", async () => {
  const metrics = createMetrics();
  metrics.scaler("shop", "checkout", gauges);
  metrics.scaler("shop", "cart", gauges);
  metrics.overloaded("shop", "checkout", 5);
  metrics.forget("shop", "checkout");
  const text = await metrics.render();
  expect(text).not.toContain('name="checkout"');
  expect(text).toContain('predictive_scaler_demand{namespace="shop",name="cart"} 402');
});

test("the delay of the most overdue decision is asked for at each scrape", async () => {
  const metrics = createMetrics();
  expect(await metrics.render()).toContain("predictive_scaler_decision_delay_seconds 0\n");
  let seconds = 75;
  metrics.decisionDelay(() => seconds++);
  expect(await metrics.render()).toContain("predictive_scaler_decision_delay_seconds 75\n");
  expect(await metrics.render()).toContain("predictive_scaler_decision_delay_seconds 76\n");
});

test("a scrape of 5,000 scalers comes in slices between which the loop is let go, and it shows one moment", async () => {
  const metrics = createMetrics();
  for (let i = 0; i < 5_000; i++) metrics.scaler("shop", `scaler-${i}`, gauges);
  // Processor time of this thread from one turn of the loop to the next: what else the machine does is not counted.
  const usedMs = () => Object.values(process.threadCpuUsage()).reduce((sum, part) => sum + part, 0) / 1000;
  const longest: number[] = [];
  let text = "";
  for (let run = 0; run < 5; run++) {
    let worst = 0;
    let isOver = false;
    let before = usedMs();
    const turn = () => {
      const now = usedMs();
      worst = Math.max(worst, now - before);
      before = now;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    text = "";
    for await (const slice of metrics.slices()) {
      text += slice;
      if (slice.includes("scaler-7")) metrics.forget("shop", "scaler-7");
    }
    isOver = true;
    longest.push(worst);
    expect(text.match(/name="scaler-7"/g)?.length).toBe(text.match(/name="scaler-8"/g)?.length);
    metrics.scaler("shop", "scaler-7", gauges);
  }
  expect(text.match(/^predictive_scaler_demand\{/gm)).toHaveLength(5_000);
  expect(Math.min(...longest), `the longest of each run: ${longest.join(", ")} ms`).toBeLessThan(25);
});

test("a metric that no scaler has is walked in slices too", async () => {
  let visited = 0;
  const seen: number[] = [];
  const blocks = Array.from({ length: 1_000 }, () => "").values().map((block) => (visited++, block));
  const look = () => {
    seen.push(visited);
    if (visited < 1_000) setImmediate(look);
  };
  setImmediate(look);
  for await (const slice of exposition([{ name: "nothing", type: "counter", help: "None.", blocks }])) expect(slice).toContain("# TYPE nothing counter");
  expect(visited).toBe(1_000);
  const strides = seen.map((now, i) => now - (seen[i - 1] ?? 0));
  expect(strides.length).toBeGreaterThan(5);
  expect(Math.max(...strides)).toBeLessThanOrEqual(2 * SLICE_BLOCKS);
});

test("each metric stands together under one head, and every line can be read", async () => {
  const metrics = createMetrics();
  for (const name of ["checkout", "cart"]) metrics.scaler("shop", name, gauges);
  metrics.anomaly("shop", 'od"d\\', "stuck");
  const text = await metrics.render();
  const heads = text.match(/^# TYPE \S+/gm) ?? [];
  expect(new Set(heads).size).toBe(heads.length);
  expect(text.split("\n").filter((line) => !/^(|# (HELP|TYPE) \w+ .*|\w+(\{(\w+="([^"\\\n]|\\.)*",?)*\})? \S+)$/.test(line))).toEqual([]);
  const strays: string[] = [];
  let current = "";
  for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("# HELP"))) {
    if (line.startsWith("# TYPE ")) current = line.split(" ")[2] ?? "";
    else if (!new RegExp(`^${current}(_bucket|_sum|_count)?[{ ]`).test(line)) strays.push(line);
  }
  expect(strays).toEqual([]);
});

test("metrics, health and readiness answer over HTTP; a complaint is a 503 with its sentence", async () => {
  let complaint: string | undefined;
  server = await serveTelemetry({ host: "127.0.0.1", port: 0, metrics: createMetrics(), health: () => undefined, readiness: () => complaint });
  const get = async (path: string) => axios.get<string>(`${server?.url}${path}`, { validateStatus: () => true });
  expect((await get("/metrics")).headers["content-type"]).toContain("text/plain; version=0.0.4");
  expect((await get("/metrics")).data).toContain("process_cpu_seconds_total");
  expect(await get("/healthz")).toMatchObject({ status: 200, data: "ok\n" });
  expect(await get("/readyz")).toMatchObject({ status: 200 });
  complaint = "The list is not in yet.";
  expect(await get("/readyz")).toMatchObject({ status: 503, data: "The list is not in yet.\n" });
  expect(await get("/other")).toMatchObject({ status: 404 });
});

test("what is remembered of a scaler is served read-only as JSON, unknown numbers as null; what is not known is said", async () => {
  const asked: (string | number)[] = [];
  const decisions = (key: string, sinceMs: number) => {
    asked.push(key, sinceMs);
    return key === "shop/checkout" ? { demand: NaN, asked: 3 } : undefined;
  };
  server = await serveTelemetry({ host: "127.0.0.1", port: 0, metrics: createMetrics(), health: () => undefined, readiness: () => undefined, decisions });
  const get = async (path: string) => axios.get<unknown>(`${server?.url}${path}`, { validateStatus: () => true });
  expect(await get("/scalers/shop/checkout/decisions?since=2026-03-02T00:00:00Z")).toMatchObject({ status: 200, data: { demand: null, asked: 3 } });
  expect(await get("/scalers/shop/other/decisions?since=1767571200")).toMatchObject({ status: 404, data: { error: "Nothing is remembered of the scaler shop/other here." } });
  expect(asked).toEqual(["shop/checkout", Date.UTC(2026, 2, 2), "shop/other", Date.UTC(2026, 0, 5)]);
  expect(await get("/scalers/shop/checkout/decisions?since=yesterday")).toMatchObject({ status: 400 });
  expect(await get("//")).toMatchObject({ status: 404 });
  const put = await axios.put(`${server.url}/scalers/shop/checkout/decisions`, {}, { validateStatus: () => true });
  expect(put.status).toBe(405);
});

test("an address that cannot be had is refused", async () => {
  await expect(serveTelemetry({ host: "192.0.2.1", port: 0, metrics: createMetrics(), health: () => undefined, readiness: () => undefined })).rejects.toThrow("EADDRNOTAVAIL");
});
