// What the operator says and does while Prometheus is away or a permission is missing. Prometheus is reached through a door that the test can close.
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "./demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import { operatorKubeconfig, rulesWithout } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { pause, waitFor } from "./wait-for.ts";

const NS = "outages";
/** Simulated seconds a second: as fast as a scaler with a step of a minute can be watched. */
const RATE = 240;
const SOON_MS = 30_000;
const REPLICAS = 12;
/** What the busy night of `early` needs, and the day after 07:30 does not. */
const NIGHT_REPLICAS = 11;

/** A door to another port on loopback: closed, it refuses connections and cuts those that are open. */
async function openDoorTo(url: string) {
  const inside = new Set<Socket>();
  const server = createServer((socket) => {
    const other = connect(Number(new URL(url).port), "127.0.0.1");
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      inside.add(one);
      one.pipe(two);
      one.on("error", () => two.destroy());
      one.on("close", () => inside.delete(one));
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    open: () => listen(port),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of inside) socket.destroy();
      await closed;
    },
  };
}

describeCluster("outages", () => {
  const { folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  const clockStartMs = liveDayMs + 6 * HOUR_MS + 40 * MINUTE_MS;
  const seen = (name: string, type: string, wanted: object) =>
    waitFor(`${name}: ${type}`, SOON_MS, async () => {
      const condition = conditionOf(await kubectl.get<ShownScaler>("psc", name, "--namespace", NS), type);
      expect(condition).toMatchObject(wanted);
      return condition;
    });
  const replicasOf = async (name: string) => (await kubectl.get<ShownDeployment>("deployment", name, "--namespace", NS)).spec.replicas;

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    await kubectl.apply(deployment(NS, "early", REPLICAS), deployment(NS, "morning", 3));
  });
  afterAll(async () => {
    await kubectl("delete", "psc", "--all", "--namespace", NS);
    await kubectl("delete", "namespace", NS, "--wait=false");
  });

  test("Prometheus away at the start and again later: said each time, and nothing is lowered meanwhile", async () => {
    const door = await openDoorTo(prometheusUrl);
    await door.close();
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-outages");
    const operator = await startOperator({ kubeconfig, prometheusUrl: door.url, namespaces: [NS], clockStartMs, clockRate: RATE });
    try {
      await kubectl.apply(scaler(NS, "early"));
      const away = await seen("early", "MetricAvailable", { status: "False", reason: "PrometheusUnreachable" });
      expect(away.message).toContain(door.url);
      await seen("early", "Forecasting", { status: "False", reason: "PrometheusUnreachable" });
      expect(await replicasOf("early")).toBe(REPLICAS);
      await door.open();
      await seen("early", "MetricAvailable", { status: "True" });
      await seen("early", "Forecasting", { status: "True", reason: "ModelFitted" });
      await door.close();
      await seen("early", "MetricAvailable", { status: "False", reason: "PrometheusUnreachable" });
      const held = await replicasOf("early");
      expect(held).toBeGreaterThanOrEqual(NIGHT_REPLICAS);
      // Demand fell at 07:20, and every window has passed: only that it cannot be seen keeps the replicas.
      await operator.until(liveDayMs + 8.2 * HOUR_MS);
      expect(await replicasOf("early")).toBe(held);
      expect(operator.exitCode()).toBeUndefined();
      await door.open();
      await seen("early", "MetricAvailable", { status: "True" });
      await waitFor("it is lowered once demand has been seen for long enough", SOON_MS, async () => expect(await replicasOf("early")).toBeLessThan(held));
      expect(operator.lines().filter(({ reason }) => reason === "InternalError")).toEqual([]);
    } finally {
      expect(await operator.stop()).toBe(0);
      await door.close().catch(() => undefined);
      await kubectl("delete", "psc", "early", "--namespace", NS);
    }
  });

  test("without permission to change scales: the condition says which verb on what", async () => {
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-read-only", rulesWithout("*/scale", "patch", "update"));
    const operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: liveDayMs + 8.2 * HOUR_MS, clockRate: RATE });
    try {
      await kubectl.apply(scaler(NS, "morning"));
      const { message } = await seen("morning", "AbleToScale", { status: "False", reason: "Forbidden" });
      expect(message).toMatch(/patch.*deployments\/scale/);
      expect(await replicasOf("morning")).toBe(3);
    } finally {
      expect(await operator.stop()).toBe(0);
      await kubectl("delete", "psc", "morning", "--namespace", NS);
    }
  });

  test("without permission to list scalers: the log says which verb on what, and it is not ready", async () => {
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-blind", rulesWithout("predictivescalers", "list"));
    const operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs, clockRate: RATE });
    try {
      await waitFor("a line about the missing permission", SOON_MS, async () => {
        expect(operator.lines().map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/may not list .*predictivescalers/));
      });
      await pause(100);
      expect((await fetch(`${operator.metricsUrl}/readyz`)).status).toBe(503);
      expect(operator.exitCode()).toBeUndefined();
    } finally {
      expect(await operator.stop()).toBe(0);
    }
  });
});
