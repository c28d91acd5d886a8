// Others who scale the same target, on the real API server and with the real HPA controller: each makes one change at most before the operator stops and
// says who it is. Pauses and schedules beside them, as users set them.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/kube/index.ts";
import type { KubeConnection } from "../../src/kube/index.ts";
import { earlyFall, HOUR_MS, PER_REPLICA } from "./demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { BUNDLE, startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const NS = "neighbours";
const SOON_MS = 60_000;
/** Demand stands still from 02:00 to 07:20: five minutes of the wall clock. */
const RATE = 60;
const START_HOUR = 2;
const MINUTE_MS = 60_000;

describeCluster("others who scale the same target", () => {
  const { folder, prometheusUrl, liveDayMs, kubeconfig: admin, kubectl } = surroundings();
  const needed = Math.ceil(earlyFall(liveDayMs + START_HOUR * HOUR_MS) / PER_REPLICA);
  let operator: Operator;

  let connection: KubeConnection;
  // Asked often: a kubectl process for each would take the machine.
  const read = (group: string, plural: string, name: string) => connection.request({ method: "GET", path: `/apis/${group}/namespaces/${NS}/${plural}/${name}` });
  const shown = async (name: string) => (await read("predictivescaler.io/v1alpha1", "predictivescalers", name)) as ShownScaler;
  const replicas = async (name: string) => ((await read("apps/v1", "deployments", name)) as ShownDeployment).spec.replicas;
  const conflict = (name: string, status: string, reason: string) =>
    waitFor(`${name} has Conflict=${status} ${reason}`, SOON_MS, async () => {
      const found = conditionOf(await shown(name), "Conflict");
      expect(found).toMatchObject({ status, reason });
      return found.message;
    });
  const scaled = (name: string) => waitFor(`${name} is scaled`, SOON_MS, async () => expect(await replicas(name)).toBeGreaterThanOrEqual(needed));
  /** Changes of the operator's so far. */
  const writes = (name: string) => operator.lines().filter((line) => line["name"] === name && line["to"] !== undefined && line["to"] !== line["from"]).length;
  const hpa = (name: string, count: number) => ({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace: NS },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: count,
      maxReplicas: count,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
    },
  });

  beforeAll(async () => {
    connection = connect({ kubeconfig: admin });
    await kubectl.apply(namespaceOf(NS));
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-neighbours");
    operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: liveDayMs + START_HOUR * HOUR_MS, clockRate: RATE });
  });
  afterAll(async () => {
    await operator?.stop();
    await connection?.close();
    await kubectl("delete", "psc,hpa", "--all", "--namespace", NS);
    await kubectl("delete", "namespace", NS, "--wait=false");
  });

  test.concurrent("a second manager that sets its number back after each of our writes: one change each, then ten minutes, then twenty", async () => {
    const name = "fought-over";
    const inGit = JSON.stringify(deployment(NS, name, 3));
    const applyGit = () => kubectl.said(["apply", "--server-side", "--field-manager=argocd-controller", "--force-conflicts", "-f", "-"], inGit);
    await applyGit();
    await kubectl.apply(scaler(NS, name, { service: "early" }));
    let theirs = 0;
    const setBack = async () => {
      if ((await replicas(name)) === 3) return;
      await applyGit();
      theirs++;
    };
    for (const [round, minutes] of [[1, 10], [2, 20]] as const) {
      await waitFor(`change ${round} of ours is set back`, SOON_MS, async () => {
        await setBack();
        expect(theirs).toBe(round);
      });
      const message = await conflict(name, "True", "ChangedByOther");
      expect(message).toMatch(/argocd-controller set Deployment fought-over to 3 after this scaler had set it to \d+/);
      const oursThen = writes(name);
      const untilMs = Date.parse(/before (\S+):/.exec(message)?.[1] ?? "") || operator.nowMs();
      expect(untilMs - operator.nowMs()).toBeLessThanOrEqual(minutes * MINUTE_MS);
      await operator.until(operator.nowMs() + 4 * MINUTE_MS);
      await setBack();
      expect([theirs, writes(name)]).toEqual([round, oursThen]);
    }
  }, 150_000);

  test.concurrent("an HPA that was there first: we never write, and say which HPA", async () => {
    const name = "has-an-hpa";
    await kubectl.apply(deployment(NS, name, 3), hpa(name, 3));
    await kubectl.apply(scaler(NS, name, { service: "early" }));
    expect(await conflict(name, "True", "AnotherAutoscaler")).toContain(`HorizontalPodAutoscaler ${name} scales Deployment ${name} too`);
    expect(conditionOf(await shown(name), "Ready")).toMatchObject({ status: "False", reason: "AnotherAutoscaler" });
    await operator.until(operator.nowMs() + 5 * MINUTE_MS);
    expect([writes(name), await replicas(name)]).toEqual([0, 3]);
    await kubectl("delete", "hpa", name, "--namespace", NS);
    await scaled(name);
    await conflict(name, "False", "NoConflict");
  }, 150_000);

  test.concurrent("an HPA that comes later: it makes its change, and we none after it", async () => {
    const name = "gets-an-hpa";
    await kubectl.apply(deployment(NS, name, 3), scaler(NS, name, { service: "early" }));
    await scaled(name);
    await kubectl.apply(hpa(name, 3));
    await conflict(name, "True", "AnotherAutoscaler");
    const ours = writes(name);
    await waitFor("the HPA has made its change", SOON_MS, async () => expect(await replicas(name)).toBe(3));
    await operator.until(operator.nowMs() + 5 * MINUTE_MS);
    expect([writes(name), await replicas(name)]).toEqual([ours, 3]);
  }, 150_000);

  test.concurrent("of two scalers the older one scales; when it goes the younger takes over", async () => {
    const name = "shared";
    const target = { apiVersion: "apps/v1", kind: "Deployment", name };
    await kubectl.apply(deployment(NS, name, 3), scaler(NS, "elder", { service: "early", target }));
    await scaled(name);
    await kubectl.apply(scaler(NS, "younger", { service: "early", target, spec: { minReplicas: 20 } }));
    expect(await conflict("younger", "True", "AnotherScaler")).toContain("older PredictiveScaler elder");
    await operator.until(operator.nowMs() + 3 * MINUTE_MS);
    expect(writes("younger")).toBe(0);
    expect(conditionOf(await shown("elder"), "Conflict").status).toBe("False");
    await kubectl("delete", "psc", "elder", "--namespace", NS);
    await waitFor("the younger has taken over", SOON_MS, async () => expect(await replicas(name)).toBeGreaterThanOrEqual(20));
  }, 150_000);

  test.concurrent("pause and resume, in both directions and in one", async () => {
    const psc = (...args: string[]) => promisify(execFile)(process.execPath, [BUNDLE, ...args, "--kubeconfig", admin, "-n", NS]);
    const annotations = { "predictivescaler.io/paused": "true" };
    const [up, down] = ["pausing-up", "pausing-down"];
    await kubectl.apply(deployment(NS, up, 3), { ...scaler(NS, up, { service: "early" }), metadata: { name: up, namespace: NS, annotations } });
    await kubectl.apply(deployment(NS, down, 30), scaler(NS, down, { service: "early" }));
    await psc("pause", down, "--direction", "in");
    await kubectl("patch", "psc", down, "--namespace", NS, "--type=merge", "-p", '{"spec":{"maxReplicas":20}}');
    for (const name of [up, down])
      await waitFor(`${name} says Paused`, SOON_MS, async () => expect(conditionOf(await shown(name), "Paused")).toMatchObject({ status: "True", reason: "Paused" }));
    await operator.until(operator.nowMs() + 4 * MINUTE_MS);
    expect(await replicas(up)).toBe(3);
    expect((await psc("resume", up)).stdout).toContain("scales in both directions");
    await psc("resume", down);
    await scaled(up);
    await waitFor(`${down} is within its bounds`, SOON_MS, async () => expect(await replicas(down)).toBeLessThanOrEqual(20));
  }, 150_000);
});
