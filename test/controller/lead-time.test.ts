// leadTime Auto: learned from the target itself, shown, kept over a restart, and another lead only once its model is ready.
import { afterEach, expect, test } from "vitest";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { DAY_MS, MINUTE_MS, START_MS } from "./world.ts";

const HOUR_MS = 60 * MINUTE_MS;
const RISING_MS = START_MS + 20 * DAY_MS + 2 * HOUR_MS;

let operator: Operator;
afterEach(() => operator.close());

test("the lead follows the observed time to Ready, and the old model serves until the new one is there", async () => {
  operator = await startOperator({ startMs: RISING_MS, spec: { forecast: { leadTime: "Auto" } }, readyDelayMs: 90_000 });
  await operator.start();
  expect((await operator.scaler()).status).toMatchObject({ model: { leadTime: "20m" } });
  let lead: string | undefined = "20m";
  for (let i = 0; i < 48 && lead === "20m"; i++) {
    await operator.passes(5 * MINUTE_MS);
    expect(await operator.condition("Forecasting")).toMatchObject({ status: "True", reason: "ModelFitted" });
    lead = operator.memory()?.plan.leadMs === 20 * MINUTE_MS ? "20m" : "moved";
  }
  await operator.passes(10 * MINUTE_MS);
  const { status } = await operator.scaler();
  // Pods are seen Ready at the next pass, five minutes after they were asked for; a step is added.
  expect(status).toMatchObject({ model: { leadTime: "10m" }, timeToReady: { high: "5m", observed: expect.arrayContaining(["5m"]) as unknown[] } });
  expect(await operator.metrics.render()).toContain('predictive_scaler_lead_time_seconds{namespace="shop",name="checkout"} 600');
  operator.restart();
  await operator.start();
  expect((await operator.scaler()).status).toMatchObject({ model: { leadTime: "10m" } });
  expect(operator.memory()?.plan.leadMs).toBe(10 * MINUTE_MS);
}, 30_000);

test("a status that was tampered with teaches nothing", async () => {
  operator = await startOperator({ startMs: RISING_MS, spec: { forecast: { leadTime: "Auto" } } });
  const observed = ["soon", "", "-5m", "99999999y", "5h", "1m"];
  const stored = await operator.scaler();
  await operator.pass({ ...stored, status: { timeToReady: { high: "1s", observed }, serviceLevel: { met: "-12%", since: "yesterday" } } });
  expect(operator.memory()?.plan.leadMs).toBe(20 * MINUTE_MS);
  expect(operator.memory()?.readiness.observations).toEqual([MINUTE_MS]);
  expect(operator.memory()?.service.met().share).toBeNaN();
});
