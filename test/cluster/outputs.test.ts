// The floor of an HPA on real servers: the real HPA controller, its demand served by an extension API server, and the forecast that moves minReplicas.
// First the give-back by itself, for every way in which an HPA may be owned; then a morning with the operator.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, createAutoscalers, createClaims } from "../../src/kube/index.ts";
import type { KubeConnection, KubeObject } from "../../src/kube/index.ts";
import { HOUR_MS, MINUTE_MS, morningPeak, PER_REPLICA } from "./demand.ts";
import { externalAutoscaler, serveExternalMetrics } from "./external-metrics.ts";
import type { ExternalMetrics } from "./external-metrics.ts";
import { conditionOf, deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import { operatorKubeconfig } from "./operator-account.ts";
import { BUNDLE, startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const NS = "floor-shop";
const RATE = 80;
const SOON_MS = 40_000;
/** What the HPA has before anybody keeps its floor, and may have. */
const [FOUND, MOST] = [2, 30] as const;
const PAUSED = "predictivescaler.io/paused";

interface ShownAutoscaler {
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields: readonly { readonly manager: string; readonly subresource?: string }[];
  };
  readonly spec: { readonly minReplicas: number };
}

/** All of an HPA that its users wrote, and who owns it. */
const written = ({ metadata: { annotations = {}, managedFields }, spec }: ShownAutoscaler) => ({
  annotations,
  spec,
  managedFields: managedFields.filter(({ subresource }) => subresource === undefined).toSorted((a, b) => a.manager.localeCompare(b.manager)),
});

describeCluster("an HPA whose floor was kept", () => {
  const { binaries, folder, kubectl } = surroundings();
  const signal = AbortSignal.timeout(SOON_MS);
  let connection: KubeConnection;
  const live = async (name: string) =>
    (await connection.request({ method: "GET", path: `/apis/autoscaling/v2/namespaces/${NS}/horizontalpodautoscalers/${name}` })) as ShownAutoscaler;
  const withoutFloor = (name: string) => {
    const { spec, ...rest } = externalAutoscaler(NS, name, "demand", 50, [FOUND, MOST]) as { readonly spec: object };
    return { ...rest, spec: { ...spec, minReplicas: undefined } };
  };
  const serverSide = (manifest: object, ...flags: string[]) => kubectl.said(["apply", "--server-side", "--field-manager=argocd-controller", ...flags, "-f", "-"], JSON.stringify(manifest));

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS));
    connection = connect({ kubeconfig: kubectl.kubeconfig });
  });
  afterAll(async () => {
    await connection?.close();
    await kubectl("delete", "hpa", "--all", "--namespace", NS);
  });

  /** As a pass does it: read anew where the HPA controller has written the status in between. */
  const hold = (name: string, floor: number) =>
    waitFor(`the floor of ${name}`, SOON_MS, async () => {
      const autoscalers = createAutoscalers({ connection });
      const found = await autoscalers.read(NS, name, signal);
      if (found === undefined) throw new Error(`${name} is not there`);
      await autoscalers.hold(NS, found, "checkout", floor, signal);
    });
  const giveBack = (name: string) => createAutoscalers({ connection }).giveBack(NS, name, "checkout", signal);

  test.each([
    ["kubectl apply", (name: string) => kubectl.apply(externalAutoscaler(NS, name, "demand", 50, [FOUND, MOST]))],
    ["kubectl apply without minReplicas", (name: string) => kubectl.apply(withoutFloor(name))],
    ["Argo CD's server-side apply", (name: string) => serverSide(externalAutoscaler(NS, name, "demand", 50, [FOUND, MOST]))],
    ["kubectl autoscale", async (name: string) => kubectl("create", "-f", await jsonFile(externalAutoscaler(NS, name, "demand", 50, [FOUND, MOST])))],
    [
      "kubectl patch, which owns nothing but minReplicas",
      async (name: string) => {
        await kubectl.apply(withoutFloor(name));
        await kubectl("patch", "hpa", name, "--namespace", NS, "--type=merge", "-p", JSON.stringify({ spec: { minReplicas: 3 } }));
      },
    ],
  ])("made by %s it is as it was, whatever the floor was last", async (how, make) => {
    const name = how.toLowerCase().replaceAll(/[^a-z]+/g, "-").replaceAll(/^-|-$/g, "");
    await make(name);
    const before = written(await live(name));
    for (const floors of [[7, 12], [9, before.spec.minReplicas], [before.spec.minReplicas]]) {
      for (const floor of floors) {
        await hold(name, floor);
        const { spec, metadata } = await live(name);
        expect(spec.minReplicas).toBe(floor);
        expect(metadata.annotations).toMatchObject({ "predictivescaler.io/floor-held-by": "checkout", "predictivescaler.io/original-min-replicas": String(before.spec.minReplicas) });
      }
      expect(await giveBack(name)).toBe("givenBack");
      expect(written(await live(name))).toEqual(before);
    }
    expect(await giveBack(name)).toBe("notHeld");
  });

  test("what somebody else has set since stays theirs", async () => {
    await kubectl.apply(externalAutoscaler(NS, "taken", "demand", 50, [FOUND, MOST]));
    await hold("taken", 7);
    await kubectl("patch", "hpa", "taken", "--namespace", NS, "--type=merge", "-p", JSON.stringify({ spec: { minReplicas: 5 } }));
    const theirs = await live("taken");
    expect(await giveBack("taken")).toBe("givenBack");
    const { metadata, spec } = await live("taken");
    expect(spec.minReplicas).toBe(5);
    expect(Object.keys(metadata.annotations ?? {}).filter((name) => name.startsWith("predictivescaler.io"))).toEqual([]);
    expect(metadata.managedFields.map(({ manager }) => manager)).toEqual(theirs.metadata.managedFields.map(({ manager }) => manager).filter((manager) => manager !== "predictive-scaler"));
  });

  test("a write that was decided on an older HPA is refused", async () => {
    await kubectl.apply(externalAutoscaler(NS, "stale", "demand", 50, [FOUND, MOST]));
    const autoscalers = createAutoscalers({ connection });
    const found = await autoscalers.read(NS, "stale", signal);
    if (found === undefined) throw new Error("it is not there");
    await kubectl("patch", "hpa", "stale", "--namespace", NS, "--type=merge", "-p", JSON.stringify({ spec: { maxReplicas: MOST + 1 } }));
    await expect(autoscalers.hold(NS, found, "checkout", 7, signal)).rejects.toMatchObject({ reason: "Conflict" });
    expect((await live("stale")).spec.minReplicas).toBe(FOUND);
  });

  test("without an operator it is given back by hand as docs/outputs.md says", async () => {
    await kubectl.apply(externalAutoscaler(NS, "by-hand", "demand", 50, [FOUND, MOST]), scaler(NS, "checkout", { service: "morning", spec: { mode: "Recommend" } }));
    const before = await live("by-hand");
    await hold("by-hand", 7);
    await createClaims({ connection }).set(await kubectl.get<KubeObject>("psc", "checkout", "--namespace", NS), "by-hand", signal);
    const page = readFileSync(new URL("../../docs/outputs.md", import.meta.url), "utf8");
    const block = [...page.matchAll(/^```sh\n(NAMESPACE=.*?)^```/gms)][0]?.[1] ?? "false # docs/outputs.md has no such block";
    const script = `kubectl() { "${binaries.kubectl}" --kubeconfig "${kubectl.kubeconfig}" "$@"; }\n${block.replace(/^NAMESPACE=.*$/m, `NAMESPACE=${NS} HPA=by-hand SCALER=checkout`)}`;
    await new Promise<void>((resolve, reject) => void execFile("bash", ["-e", "-c", script], (error, _stdout, stderr) => (error === null ? resolve() : reject(new Error(stderr)))));
    const { spec, metadata } = await live("by-hand");
    expect({ spec, annotations: metadata.annotations }).toEqual({ spec: before.spec, annotations: before.metadata.annotations });
    expect(metadata.managedFields.map(({ manager }) => manager)).not.toContain("predictive-scaler");
    await kubectl("delete", "psc", "checkout", "--namespace", NS, "--timeout=10s");
  });

  async function jsonFile(object: object): Promise<string> {
    const file = `${folder}/hpa-created.json`;
    await writeFile(file, JSON.stringify(object));
    return file;
  }
});

describeCluster("a morning with a forecast below an HPA", () => {
  const { folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  const clock = (hour: number, minute = 0) => liveDayMs + hour * HOUR_MS + minute * MINUTE_MS;
  /** What a stretch of demand beyond every forecast adds. */
  let surge = 0;
  let operator: Operator;
  let metrics: ExternalMetrics;
  let kubeconfig = "";
  let found: ReturnType<typeof written>;

  const output = { type: "HorizontalPodAutoscaler", horizontalPodAutoscaler: { name: "web" } };
  const psc = (name: string, spec: object = {}) => scaler(NS, name, { service: "morning", target: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, spec: { output, ...spec } });
  const live = async () => JSON.parse(await kubectl("get", "hpa", "web", "--namespace", NS, "--show-managed-fields", "-o", "json")) as ShownAutoscaler;
  const replicas = async () => (await kubectl.get<ShownDeployment>("deployment", "web", "--namespace", NS)).spec.replicas;
  const shown = (name: string) => kubectl.get<ShownScaler & { metadata: { finalizers?: string[] } }>("psc", name, "--namespace", NS);
  const hasFloor = (least: number) =>
    waitFor(`a floor of at least ${least}`, SOON_MS, async () => {
      const { spec } = await live();
      expect(spec.minReplicas).toBeGreaterThanOrEqual(least);
      return spec.minReplicas;
    });
  const isGivenBack = () => waitFor("the HPA is as it was found", SOON_MS, async () => expect(written(await live())).toEqual(found));
  const says = (name: string, type: string, wanted: object) => waitFor(`${name}: ${type}`, SOON_MS, async () => expect(conditionOf(await shown(name), type)).toMatchObject(wanted));

  beforeAll(async () => {
    await kubectl.apply(namespaceOf(NS), deployment(NS, "web", FOUND, 500), deployment(NS, "other", FOUND, 500));
    metrics = await serveExternalMetrics(kubectl, { demand: () => morningPeak(operator?.nowMs() ?? clock(3)) + surge });
    await kubectl.apply(externalAutoscaler(NS, "web", "demand", PER_REPLICA, [FOUND, MOST]));
    found = written(await live());
    kubeconfig = await operatorKubeconfig(kubectl, folder, "operator-floor");
    operator = await startOperator({ kubeconfig, prometheusUrl, namespaces: [NS], clockStartMs: clock(7, 30), clockRate: RATE });
    // Of two scalers of one target only the older writes: these are of another.
    await kubectl.apply(
      psc("web"),
      psc("no-hpa", { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "other" }, output: { ...output, horizontalPodAutoscaler: { name: "nowhere" } } }),
      psc("mismatch", { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "other" } }),
    );
  });
  afterAll(async () => {
    await operator?.stop();
    await kubectl("delete", "psc", "--all", "--namespace", NS);
    await metrics?.close();
    await kubectl("delete", "namespace", NS, "--wait=false");
  });

  test("the floor rises before the peak, and the HPA follows it while the demand asks for less", async () => {
    // Demand rises from 08:00 on; 20 minutes earlier it asks for no more than at night.
    const floor = await hasFloor(8);
    expect(operator.nowMs()).toBeLessThan(clock(8, 6));
    expect(Math.ceil(morningPeak(operator.nowMs()) / PER_REPLICA)).toBeLessThan(floor);
    await waitFor("the Deployment has the floor", SOON_MS, async () => expect(await replicas()).toBeGreaterThanOrEqual(floor));
    const { metadata } = await shown("web");
    expect(metadata.finalizers).toEqual(["predictivescaler.io/output"]);
    const { status } = await shown("web");
    expect(status?.decision?.message).toContain("This is the floor of HorizontalPodAutoscaler web.");
    expect(conditionOf(await shown("web"), "AbleToScale")).toMatchObject({ status: "True", message: expect.stringContaining("floor of HorizontalPodAutoscaler web") as string });
  });

  test("what cannot work says who, what and what to do", async () => {
    await says("no-hpa", "AbleToScale", { status: "False", reason: "OutputNotFound", message: expect.stringContaining('"nowhere"') as string });
    await says("mismatch", "AbleToScale", { status: "False", reason: "OutputMismatch", message: expect.stringMatching(/scales Deployment "web".*this scaler is for Deployment "other"/) as string });
    await kubectl.apply(psc("second"));
    await says("second", "AbleToScale", { status: "False", reason: "OutputTaken", message: expect.stringContaining('PredictiveScaler "web"') as string });
    await kubectl("delete", "psc", "no-hpa", "mismatch", "second", "--namespace", NS);
  });

  test("above the floor the HPA goes on reacting", async () => {
    // More than the floor comes to at the peak.
    const needed = 27;
    surge = needed * PER_REPLICA - morningPeak(operator.nowMs());
    await waitFor("the HPA has raised", SOON_MS, async () => expect(await replicas()).toBeGreaterThan(needed - 2));
    expect((await live()).spec.minReplicas).toBeLessThan(needed - 2);
    surge = 0;
  });

  test("paused both ways it is given back, and taken again afterwards", async () => {
    await kubectl("annotate", "psc", "web", "--namespace", NS, `${PAUSED}=true`);
    await isGivenBack();
    await kubectl("annotate", "psc", "web", "--namespace", NS, `${PAUSED}-`);
    expect(await hasFloor(8)).toBeLessThanOrEqual(MOST);
  });

  test("in mode Recommend it is given back", async () => {
    await kubectl("patch", "psc", "web", "--namespace", NS, "--type=merge", "-p", JSON.stringify({ spec: { mode: "Recommend" } }));
    await isGivenBack();
    await waitFor("its finalizer goes", SOON_MS, async () => expect((await shown("web")).metadata.finalizers ?? []).toEqual([]));
    await kubectl("patch", "psc", "web", "--namespace", NS, "--type=merge", "-p", JSON.stringify({ spec: { mode: "Active" } }));
    await hasFloor(8);
  });

  test("deleted, the scaler goes when all is given back", async () => {
    await kubectl("delete", "psc", "web", "--namespace", NS);
    expect(written(await live())).toEqual(found);
  });

  test("a value that somebody else sets is left alone for a while and said; then it counts as what was found", async () => {
    await kubectl.apply(psc("web"));
    await hasFloor(8);
    await kubectl("patch", "hpa", "web", "--namespace", NS, "--type=merge", "--field-manager=somebody", "-p", JSON.stringify({ spec: { minReplicas: 4 } }));
    const message = expect.stringContaining("somebody set minReplicas of HorizontalPodAutoscaler web to 4") as string;
    await says("web", "Conflict", { status: "True", reason: "ChangedByOther", message });
    expect((await live()).spec.minReplicas).toBe(4);
    await hasFloor(5);
    expect((await live()).metadata.annotations).toMatchObject({ "predictivescaler.io/original-min-replicas": "4" });
    await kubectl("delete", "psc", "web", "--namespace", NS);
    const { spec, metadata } = await live();
    expect(spec.minReplicas).toBe(4);
    expect(metadata.managedFields.map(({ manager }) => manager)).toContain("somebody");
  });

  test("uninstalled, the HPA is given back and the scaler may go without an operator", async () => {
    await kubectl("delete", "hpa", "web", "--namespace", NS);
    await kubectl.apply(externalAutoscaler(NS, "web", "demand", PER_REPLICA, [FOUND, MOST]));
    found = written(await live());
    await kubectl.apply(psc("web"));
    await hasFloor(8);
    await operator.stop();
    const out = await new Promise<string>((resolve, reject) =>
      void execFile(process.execPath, [BUNDLE, "release", "--kubeconfig", kubeconfig, "--watch-namespaces", NS], (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr)))),
    );
    expect(out).toContain("minReplicas back: 1 of 1");
    expect(written(await live())).toEqual(found);
    await kubectl("delete", "psc", "web", "--namespace", NS, "--timeout=10s");
  });
});
