// Node headroom on the real scheduler: a node that holds twelve pods of the target, filled up with placeholder pods before the morning peak, which give way at once.
import { afterAll, beforeAll, expect, test } from "vitest";
import { HEADROOM_RULES, OPERATOR_RULES } from "../../src/kube/index.ts";
import { HOUR_MS, MINUTE_MS, morningPeak, PER_REPLICA } from "./demand.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const NS = "headroom-shop";
const NODE = "node-headroom";
const PRIORITY_CLASS = "predictive-scaler-headroom";
const POOL = { "test.predictivescaler.io/pool": "headroom" };
const TAINT = { key: "test.predictivescaler.io/pool", value: "headroom", effect: "NoSchedule" };
/** The node has room for so many pods of the target. */
const ROOM = 12;
const START_REPLICAS = 3;
/** Pods that are added by hand, where there is no room but that of placeholders. */
const ADDED = 4;
/** Slow: the test is about minutes in which replicas hardly change yet. */
const RATE = 10;
const SOON_MS = 60_000;
/** The API server's times are whole seconds, and the machine is busy. */
const AT_ONCE_SECONDS = 5;
const HORIZON_MS = 50 * MINUTE_MS;

interface Pod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly nodeName?: string; readonly priority?: number; readonly preemptionPolicy?: string };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[] };
}

/** Its pods ask for a twelfth of the node, and are Ready half a second after they are scheduled. `where`: the node that they may run on, any other if not given. */
function target(name: string, where: object = {}): object {
  const made = deployment(NS, name, START_REPLICAS) as { readonly spec: { readonly template: { readonly spec: { readonly containers: readonly object[] } } } };
  const { spec, ...rest } = made;
  const containers = spec.template.spec.containers.map((container) => ({ ...container, resources: { requests: { cpu: "100m" } } }));
  const pods = { ...spec.template.spec, containers, ...where };
  return { ...rest, spec: { ...spec, template: { ...spec.template, spec: pods } } };
}

describeCluster("node headroom", () => {
  const { folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  const startMs = liveDayMs + 7 * HOUR_MS + 31 * MINUTE_MS;
  let operator: Operator;
  /** The target's pods once it was scaled by hand. */
  let wanted = 0;

  const podsOf = async (name: string, isPlaceholder: boolean) => {
    const { items } = await kubectl.get<{ items: Pod[] }>("pods", "--namespace", NS);
    const prefix = isPlaceholder ? `${name}-headroom-` : `${name}-`;
    return items.filter(({ metadata }) => metadata.name.startsWith(prefix) && (isPlaceholder || !metadata.name.startsWith(`${name}-headroom-`)));
  };
  const running = (pods: readonly Pod[]) => pods.filter(({ spec, status }) => spec.nodeName === NODE && status?.phase === "Running");
  const placeholders = (name: string) => kubectl.get<ShownDeployment>("deployment", `${name}-headroom`, "--namespace", NS);
  const isGone = async (name: string) => (await kubectl.said(["get", "deployment", `${name}-headroom`, "--namespace", NS])).stderr.includes("not found");
  const headroom = async (name: string) => conditionOf(await kubectl.get<ShownScaler>("psc", name, "--namespace", NS), "NodeHeadroom");

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS), { apiVersion: "v1", kind: "Node", metadata: { name: NODE, labels: { ...POOL, "kubernetes.io/hostname": NODE } }, spec: { taints: [TAINT] } }, {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: PRIORITY_CLASS },
      value: -10,
      preemptionPolicy: "Never",
    });
    await waitFor("the node is ready", SOON_MS, async () => {
      const node = await kubectl.get<Pod>("node", NODE);
      if (!node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True")) throw new Error(JSON.stringify(node.status));
    });
    const amount = { cpu: `${ROOM * 100}m`, memory: "64Gi", pods: "100" };
    await kubectl("patch", "node", NODE, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status: { allocatable: amount, capacity: amount } }));
    await kubectl.apply(target("room", { nodeSelector: POOL, tolerations: [{ ...TAINT, operator: "Equal" }] }), target("refused"), target("dropped"));
    const kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-headroom", [...OPERATOR_RULES, ...HEADROOM_RULES]);
    operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: startMs, clockRate: RATE });
    const asked = (name: string, nodeHeadroom: object) => scaler(NS, name, { service: "morning", spec: { maxReplicas: 20, nodeHeadroom } });
    await kubectl.apply(asked("room", { ahead: "30m" }), asked("refused", { priorityClassName: "nowhere" }), asked("dropped", {}));
  });
  afterAll(async () => {
    await operator?.stop();
    await kubectl("delete", "psc", "--all", "--namespace", NS, "--ignore-not-found");
    await kubectl("delete", "namespace", NS, "--wait=false");
    await kubectl("delete", "node", NODE);
    await kubectl("delete", "priorityclass", PRIORITY_CLASS);
  });

  test("well before the peak placeholder pods fill the node, and more of them wait for another one", async () => {
    await waitFor("the node is full", SOON_MS, async () => {
      const [real, all] = [running(await podsOf("room", false)), await podsOf("room", true)];
      expect(real.length + running(all).length).toBe(ROOM);
      expect(all.length).toBeGreaterThan(running(all).length);
      const { spec } = await placeholders("room");
      // What the end of the horizon needed at the start, or more; never more than maxReplicas with those there are.
      expect(real.length + spec.replicas).toBeGreaterThanOrEqual(Math.floor(morningPeak(startMs + HORIZON_MS) / PER_REPLICA));
      expect(real.length + spec.replicas).toBeLessThanOrEqual(20);
      for (const { spec: pod } of all) expect(pod).toMatchObject({ priority: -10, preemptionPolicy: "Never" });
    });
    await waitFor("the condition", SOON_MS, async () => {
      expect(await headroom("room")).toMatchObject({ status: "True", reason: "HeadroomKept", message: expect.stringMatching(/placeholder pods, .* needed within 50m/) });
    });
  });

  test("a PriorityClass that is not there is said in the API server's words", async () => {
    await waitFor("the refusal", SOON_MS, async () => {
      expect(await headroom("refused")).toMatchObject({ status: "False", reason: "HeadroomRefused", message: expect.stringMatching(/no PriorityClass with name nowhere was found/) });
    });
    expect((await podsOf("refused", true)).length).toBe(0);
  });

  test("taking the field out removes them", async () => {
    await waitFor("there are some", SOON_MS, async () => expect((await placeholders("dropped")).spec.replicas).toBeGreaterThan(0));
    await kubectl("patch", "psc", "dropped", "--namespace", NS, "--type=merge", "-p", '{"spec":{"nodeHeadroom":null}}');
    await waitFor("they are gone", SOON_MS, async () => expect(await isGone("dropped")).toBe(true));
  });

  test("pods of the target take the room of placeholder pods at once", async () => {
    await operator.stop();
    const before = new Set((await podsOf("room", false)).map(({ metadata }) => metadata.name));
    wanted = before.size + ADDED;
    expect(wanted).toBeLessThanOrEqual(ROOM);
    await kubectl("scale", "deployment", "room", `--replicas=${wanted}`, "--namespace", NS);
    await waitFor("all pods of the target run", 2 * SOON_MS, async () => {
      const pods = await podsOf("room", false);
      if (running(pods).length !== wanted) throw new Error(JSON.stringify(pods.filter(({ status }) => status?.phase !== "Running").map(({ status }) => status)));
    });
    for (const { metadata, status } of await podsOf("room", false)) {
      if (before.has(metadata.name)) continue;
      const scheduled = status?.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "True");
      expect((Date.parse(scheduled?.lastTransitionTime ?? "") - Date.parse(metadata.creationTimestamp)) / 1000).toBeLessThanOrEqual(AT_ONCE_SECONDS);
    }
    await waitFor("the rest of the node is theirs", SOON_MS, async () => expect(running(await podsOf("room", true)).length).toBe(ROOM - wanted));
    const preempted = await kubectl("get", "events", "--namespace", NS, "--field-selector", "reason=Preempted");
    expect(preempted).toContain("room-headroom-");
  });

  test("they go with their scaler, with no operator there", async () => {
    await kubectl("delete", "psc", "room", "--namespace", NS);
    await waitFor("they are gone", SOON_MS, async () => expect(await isGone("room")).toBe(true));
    await waitFor("their pods are gone", SOON_MS, async () => expect((await podsOf("room", true)).length).toBe(0));
    expect(running(await podsOf("room", false)).length).toBe(wanted);
  });
});
