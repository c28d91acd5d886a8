// `check` asks the operator's own server, and servers that are none.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { checkCommand } from "../../src/cli/check.ts";
import { createMetrics, serveTelemetry } from "../../src/telemetry/index.ts";
import { runCaptured } from "./capture.ts";

async function operator(options: { readonly readiness?: string; readonly health?: string } = {}) {
  const metrics = createMetrics();
  metrics.leader(false);
  return serveTelemetry({ host: "127.0.0.1", port: 0, metrics, health: () => options.health, readiness: () => options.readiness });
}

test("0 when all three answer as they should", async () => {
  const server = await operator();
  const { code, out, err } = await runCaptured(checkCommand, [`${server.url}/`]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  for (const path of ["/healthz", "/readyz", "/metrics"]) expect(out).toContain(`${server.url}${path}: ok`);
  await server.close();
});

test("1 when it is not ready, with its own words, and the others are asked all the same", async () => {
  const server = await operator({ readiness: "The list of PredictiveScalers is not in yet." });
  const { code, out } = await runCaptured(checkCommand, [server.url]);
  expect(code).toBe(1);
  expect(out).toMatch(/readyz: answers 503: The list of PredictiveScalers is not in yet\./);
  expect(out).toContain("/metrics: ok");
  await server.close();
});

test("1 when something else listens there", async () => {
  const other = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { code, out } = await runCaptured(checkCommand, [`http://127.0.0.1:${(other.address() as AddressInfo).port}`]);
  expect(code).toBe(1);
  expect(out).toContain("/metrics: there is no predictive_scaler_leader in it");
  other.close();
});

test("3 when nobody listens; an address that is none is a usage error", async () => {
  const server = await operator();
  await server.close();
  const { code, err } = await runCaptured(checkCommand, [server.url]);
  expect(code).toBe(3);
  expect(err).toContain(`${server.url}/healthz does not answer`);
  await expect(runCaptured(checkCommand, ["localhost"])).rejects.toThrow(/Expected a URL/);
});
