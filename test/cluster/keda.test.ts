// Output External with the real KEDA and the real HPA controller: a ScaledObject that combines the forecast with a plain prometheus trigger.
// KEDA asks a replica of the operator that does not lead. The tests run in order along one accelerated morning whose demand rises from 08:00.
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../control-plane/child-process.ts";
import { startKeda } from "../control-plane/keda.ts";
import type { Keda } from "../control-plane/keda.ts";
import { KEDA } from "../control-plane/modules.ts";
import { provisionModules } from "../control-plane/provision.ts";
import { HOUR_MS, MINUTE_MS, morningPeak, PER_REPLICA, queryOf } from "./demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { Condition, ShownDeployment, ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { recordReplicas } from "./replica-record.ts";
import type { ReplicaRecord } from "./replica-record.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { pause, waitFor } from "./wait-for.ts";

const NS = "keda-shop";
const ACCOUNT = "keda-shop-operator";
const RATE = 60;
const SOON_MS = 45_000;
/** From the replicas of the peak to demand first needing them. */
const LEAD_MS = 12 * MINUTE_MS;
/** Many rounds of KEDA and of the HPA. */
const WAIT_MS = 6_000;

interface ShownHpa {
  readonly spec: { readonly metrics: readonly { readonly external: { readonly metric: { readonly name: string } } }[] };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

const given = surroundings();
const files = given.kubectl === undefined ? undefined : await provisionModules([KEDA], "KEDA");

(files === undefined ? describe.skip : describeCluster)("a ScaledObject that asks for the forecast", () => {
  const { binaries, folder, prometheusUrl, liveDayMs, kubectl } = given;
  const clock = (hour: number, minute = 0) => liveDayMs + hour * HOUR_MS + minute * MINUTE_MS;
  const peak = Math.ceil(morningPeak(clock(9)) / PER_REPLICA);
  let keda: Keda;
  let leader: Operator;
  let follower: Operator;
  let record: ReplicaRecord;
  let plain: Server;
  /** What the plain trigger is told instead of the demand. */
  let told: number | undefined;

  const replicasNow = async () => (await kubectl.get<ShownDeployment>("deployment", "web", "--namespace", NS)).spec.replicas;
  const hpa = () => kubectl.get<ShownHpa>("hpa", "keda-hpa-web", "--namespace", NS);
  const isLeading = (operator: Operator) => operator.lines().some(({ msg }) => msg === "leading");
  const asked = async ({ metricsUrl }: Operator, method: string, code: string) => {
    const found = new RegExp(`^predictive_scaler_external_requests_total\\{method="${method}",code="${code}"\\} (\\d+)$`, "m").exec(await (await fetch(`${metricsUrl}/metrics`)).text());
    return Number(found?.[1] ?? 0);
  };

  /** The Prometheus of the plain trigger: the real one at the simulated time, or `told`. */
  async function servePlain(): Promise<string> {
    plain = createServer((request, response) => {
      const answer = async () => {
        const { searchParams } = new URL(request.url ?? "/", "http://plain");
        const nowS = leader.nowMs() / 1000;
        if (told !== undefined) return JSON.stringify({ status: "success", data: { resultType: "vector", result: [{ metric: {}, value: [nowS, String(told)] }] } });
        return (await fetch(`${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: searchParams.get("query") ?? "", time: String(nowS) }).toString()}`)).text();
      };
      answer().then((text) => response.setHeader("content-type", "application/json").end(text), () => response.writeHead(500).end());
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  }

  const scaledObject = (scalerAddress: string, serverAddress: string) => {
    const policies = [{ type: "Pods", value: 100, periodSeconds: 1 }];
    const external = { type: "external", metadata: { scalerAddress, scalerName: "web", scaleUpTolerance: "0" } };
    const prometheus = { type: "prometheus", metadata: { serverAddress, query: queryOf("morning"), threshold: String(PER_REPLICA) } };
    return {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: "web", namespace: NS },
      spec: {
        scaleTargetRef: { name: "web" },
        pollingInterval: 2,
        minReplicaCount: 1,
        maxReplicaCount: 40,
        advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleUp: { tolerance: "0", policies }, scaleDown: { stabilizationWindowSeconds: 0, policies } } } },
        triggers: [external, prometheus],
      },
    };
  };

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    await kubectl.apply(deployment(NS, "web", 3), scaler(NS, "web", { service: "morning", spec: { output: { type: "External" } } }));
    const kubeconfig = await operatorKubeconfig(kubectl, folder, ACCOUNT);
    keda = await startKeda({ files: files ?? {}, kubectl, namespace: NS });
    const startsMs = clock(7, 45);
    const beganMs = Date.now();
    const [one = 0, other = 0] = await freePorts(2);
    const start = async (port: number) => {
      const env = { PREDICTIVE_SCALER_EXTERNAL_SCALER_ADDR: `127.0.0.1:${port}` };
      return startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], env, clockStartMs: startsMs + (Date.now() - beganMs) * RATE, clockRate: RATE });
    };
    leader = await start(one);
    await waitFor("the first leads", SOON_MS, async () => {
      if (!isLeading(leader)) throw new Error("It waits for the lease.");
    });
    record = recordReplicas(binaries.kubectl, kubectl, NS, () => leader.nowMs());
    [follower] = await Promise.all([start(other), servePlain().then((url) => kubectl.apply(scaledObject(`127.0.0.1:${other}`, url)))]);
  }, 120_000);

  afterAll(async () => {
    record?.stop();
    await kubectl("delete", "scaledobject", "--all", "--namespace", NS, "--timeout=20s").catch(() => undefined);
    await keda?.stop();
    await Promise.all([leader?.stop(), follower?.stop()]);
    plain?.close();
    await kubectl("delete", "namespace", NS, "--wait=false");
  });

  test("the replicas of the peak are there before demand needs them, though the plain trigger sees only the present", async () => {
    let neededMs = clock(8);
    while (morningPeak(neededMs) <= (peak - 1) * PER_REPLICA) neededMs += MINUTE_MS / 4;
    await leader.until(neededMs - LEAD_MS);
    expect(record.of("web")).toContainEqual(record.of("web").find(({ replicas }) => replicas >= peak));
    expect(morningPeak(leader.nowMs()) / PER_REPLICA).toBeLessThan(peak * 0.75);
    const shown = await kubectl.get<ShownScaler>("psc", "web", "--namespace", NS);
    expect(conditionOf(shown, "Ready")).toMatchObject({ status: "True" });
  });

  test("the replica that does not lead has answered, and the HPA has both metrics", async () => {
    expect([isLeading(leader), isLeading(follower)]).toEqual([true, false]);
    expect(await asked(follower, "GetMetrics", "OK")).toBeGreaterThan(0);
    expect(await asked(leader, "GetMetrics", "OK")).toBe(0);
    expect((await hpa()).spec.metrics.map(({ external }) => external.metric.name)).toEqual(["s0-predictive-replicas", "s1-prometheus"]);
  });

  test("with the operator stopped the plain trigger still raises, and scale-in waits", async () => {
    await Promise.all([leader.stop(), follower.stop()]);
    told = 30 * PER_REPLICA;
    await waitFor("the plain trigger raises", SOON_MS, async () => expect(await replicasNow()).toBe(30));
    told = 2 * PER_REPLICA;
    await pause(WAIT_MS);
    expect(record.of("web").at(-1)?.replicas).toBe(30);
    expect((await hpa()).status?.conditions?.find(({ type }) => type === "ScalingActive")).toMatchObject({ status: "False", reason: "FailedGetExternalMetric" });
    expect((await hpa()).spec.metrics).toHaveLength(2);
  });

  test("it was the unanswered trigger that it waited for: without it the plain trigger lowers at once", async () => {
    const patch = JSON.stringify([{ op: "remove", path: "/spec/triggers/0" }]);
    await kubectl("patch", "scaledobject", "web", "--namespace", NS, "--type=json", "-p", patch);
    await waitFor("the plain trigger lowers", SOON_MS, async () => expect(await replicasNow()).toBe(2));
  });
});
