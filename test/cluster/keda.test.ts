// Output External with the real KEDA and the real HPA controller: a ScaledObject that combines the forecast with a plain prometheus trigger.
// KEDA asks a replica of the operator that does not lead. The tests run in order along one accelerated morning whose demand rises from 08:00.
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
import { servePresent } from "./present-prometheus.ts";
import type { PresentPrometheus } from "./present-prometheus.ts";
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
  /** The Prometheus of the plain trigger. */
  let plain: PresentPrometheus;
  /** What the plain trigger is told instead of the demand. */
  let told: number | undefined;

  const replicasNow = async (name: string) => (await kubectl.get<ShownDeployment>("deployment", name, "--namespace", NS)).spec.replicas;
  const reaches = (name: string, replicas: number) => waitFor(`${name} has ${replicas}`, SOON_MS, async () => expect(await replicasNow(name)).toBe(replicas));
  const hpa = (name: string) => kubectl.get<ShownHpa>("hpa", `keda-hpa-${name}`, "--namespace", NS);
  const metricsOf = async (name: string) => (await hpa(name)).spec.metrics.map(({ external }) => external.metric.name);
  const isLeading = (operator: Operator) => operator.lines().some(({ msg }) => msg === "leading");
  const asked = async ({ metricsUrl }: Operator, method: string, code: string) => {
    const found = new RegExp(`^predictive_scaler_external_requests_total\\{method="${method}",code="${code}"\\} (\\d+)$`, "m").exec(await (await fetch(`${metricsUrl}/metrics`)).text());
    return Number(found?.[1] ?? 0);
  };

  /** `forecast`: the trigger that asks for it. */
  const scaledObject = (name: string, forecast: object, serverAddress: string) => {
    const policies = [{ type: "Pods", value: 100, periodSeconds: 1 }];
    const prometheus = { type: "prometheus", metadata: { serverAddress, query: queryOf("morning"), threshold: String(PER_REPLICA), ignoreNullValues: "false" } };
    return {
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name, namespace: NS },
      spec: {
        scaleTargetRef: { name },
        pollingInterval: 2,
        minReplicaCount: 1,
        maxReplicaCount: 40,
        advanced: { horizontalPodAutoscalerConfig: { behavior: { scaleUp: { tolerance: "0", policies }, scaleDown: { stabilizationWindowSeconds: 0, policies } } } },
        triggers: [forecast, prometheus],
      },
    };
  };

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    for (const name of ["web", "api"]) await kubectl.apply(deployment(NS, name, 3), scaler(NS, name, { service: "morning", spec: { output: { type: "External" } } }));
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
    follower = await start(other);
    plain = await servePresent({ prometheusUrl, nowMs: () => leader.nowMs(), told: () => told });
    const { url } = plain;
    const grpc = { type: "external", metadata: { scalerAddress: `127.0.0.1:${other}`, scalerName: "web", scaleUpTolerance: "0" } };
    const http = `${follower.metricsUrl}/scalers/${NS}/api/replicas?scaleUpTolerance=0`;
    await kubectl.apply(scaledObject("web", grpc, url), scaledObject("api", { type: "metrics-api", metadata: { url: http, valueLocation: "replicas", targetValue: "1" } }, url));
  }, 120_000);

  afterAll(async () => {
    record?.stop();
    await kubectl("delete", "scaledobject", "--all", "--namespace", NS, "--timeout=20s").catch(() => undefined);
    await keda?.stop();
    await Promise.all([leader?.stop(), follower?.stop()]);
    await plain?.stop();
    await kubectl("delete", "namespace", NS, "--wait=false");
  });

  test("the replicas of the peak are there before demand needs them, though the plain trigger sees only the present", async () => {
    let neededMs = clock(8);
    while (morningPeak(neededMs) <= (peak - 1) * PER_REPLICA) neededMs += MINUTE_MS / 4;
    await leader.until(neededMs - LEAD_MS);
    for (const name of ["web", "api"]) expect(record.of(name)).toContainEqual(record.of(name).find(({ replicas }) => replicas >= peak));
    expect(morningPeak(leader.nowMs()) / PER_REPLICA).toBeLessThan(peak * 0.75);
    expect(conditionOf(await kubectl.get<ShownScaler>("psc", "web", "--namespace", NS), "Ready")).toMatchObject({ status: "True" });
  });

  test("the replica that does not lead has answered, and the HPAs have both metrics", async () => {
    expect([isLeading(leader), isLeading(follower)]).toEqual([true, false]);
    expect(await asked(follower, "GetMetrics", "OK")).toBeGreaterThan(0);
    expect(await asked(follower, "HTTP", "OK")).toBeGreaterThan(0);
    expect(await asked(leader, "GetMetrics", "OK")).toBe(0);
    expect(await metricsOf("web")).toEqual(["s0-predictive-replicas", "s1-prometheus"]);
    expect(await metricsOf("api")).toEqual(["s0-metric-api-replicas", "s1-prometheus"]);
  });

  test("paused, no number is told: the plain trigger raises, and scale-in waits; where there is a number it does not", async () => {
    await kubectl("annotate", "psc", "web", "predictivescaler.io/paused=true", "--namespace", NS);
    told = 26 * PER_REPLICA;
    await Promise.all([reaches("web", 26), reaches("api", 26)]);
    told = 2 * PER_REPLICA;
    await waitFor("the other goes by the forecast again", SOON_MS, async () => expect(await replicasNow("api")).toBeLessThan(26));
    expect(await replicasNow("api")).toBeGreaterThanOrEqual(peak);
    expect(await replicasNow("web")).toBe(26);
    expect(await asked(follower, "GetMetrics", "FAILED_PRECONDITION")).toBeGreaterThan(0);
  });

  test("with the operator stopped, asked over HTTP, the plain trigger still raises, and scale-in waits", async () => {
    await Promise.all([leader.stop(), follower.stop()]);
    told = 30 * PER_REPLICA;
    await reaches("api", 30);
    told = 2 * PER_REPLICA;
    await pause(WAIT_MS);
    expect(record.of("api").at(-1)?.replicas).toBe(30);
    expect((await hpa("api")).status?.conditions?.find(({ type }) => type === "ScalingActive")).toMatchObject({ status: "False", reason: "FailedGetExternalMetric" });
    expect(await metricsOf("api")).toHaveLength(2);
  });

  test("an external scaler that is not reached takes the plain trigger with it: KEDA answers for neither, and nothing changes", async () => {
    expect(record.of("web").at(-1)?.replicas).toBe(26);
    expect((await hpa("web")).status?.conditions?.find(({ type }) => type === "ScalingActive")).toMatchObject({ status: "False", reason: "FailedGetExternalMetric" });
  });

  test("it was the unanswered trigger that scale-in waited for: without it the plain trigger lowers at once", async () => {
    const patch = JSON.stringify([{ op: "remove", path: "/spec/triggers/0" }]);
    await kubectl("patch", "scaledobject", "api", "--namespace", NS, "--type=json", "-p", patch);
    await reaches("api", 2);
    expect(await metricsOf("api")).toEqual(["s0-prometheus"]);
  });
});
