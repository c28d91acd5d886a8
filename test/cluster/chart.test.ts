// The chart and deploy/ as a stranger uses them, on an API server of their own: installed, tested, upgraded, uninstalled.
// The pods' process is the built program, run by kubelet.ts with what is rendered. The tests run in order.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { startCluster } from "../control-plane/cluster.ts";
import type { Cluster } from "../control-plane/cluster.ts";
import { SCALER_CRD, untilServed } from "../control-plane/crds.ts";
import { startPrometheus } from "../control-plane/prometheus-server.ts";
import type { PrometheusServer } from "../control-plane/prometheus-server.ts";
import { startGateway } from "../prometheus/gateway.ts";
import type { Gateway } from "../prometheus/gateway.ts";
import { DAY_MS, HOUR_MS, liveDay, MINUTE_MS, morningPeak } from "./demand.ts";
import { createHelm } from "./helm.ts";
import type { Helm, Rendered } from "./helm.ts";
import { createKubelet } from "./kubelet.ts";
import type { Kubelet } from "./kubelet.ts";
import { conditionOf, deployment, namespaceOf } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHART = join(ROOT, "charts/predictive-scaler");
const RELEASE = "predictive-scaler";
const NS = "predictive-scaler";
const CRD_OBJECT = `customresourcedefinition.apiextensions.k8s.io/${SCALER_CRD}`;
const HISTORY_MS = 10 * DAY_MS;
const RATE = 120;
const SOON_MS = 60_000;
/** Enough for the quiet hours. */
const START_REPLICAS = 3;
const TOKEN = "let-me-in";

/** The manifest that the README tells a stranger to apply. */
function readmeManifest(): Rendered {
  const blocks = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^```yaml[^\n]*\n(.*?)^```/gms)].map(([, text = ""]) => text);
  const objects = blocks.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Rendered));
  return objects.find(({ kind }) => kind === "PredictiveScaler") ?? expect.fail("README.md shows no PredictiveScaler");
}

/** A counter whose rate is the morning's demand: what `rate(http_requests_total{service="checkout"}[2m])` is asked of. */
function checkoutRequests(liveDayMs: number) {
  let total = 0;
  const value = (ms: number) => (total += (morningPeak(ms) * MINUTE_MS) / 1000);
  return { name: "http_requests_total", labels: { service: "checkout" }, value, fromMs: liveDayMs - HISTORY_MS, toMs: liveDayMs + DAY_MS, stepMs: MINUTE_MS };
}

describeCluster("the chart, as a stranger uses it", () => {
  const { binaries } = surroundings();
  const day = liveDay(Date.now());
  const simulated = { clockStartMs: day + 7 * HOUR_MS + 40 * MINUTE_MS, clockRate: RATE };
  const manifest = readmeManifest();
  const { name, namespace: shop = "default" } = manifest.metadata;
  const running: Operator[] = [];
  let cluster: Cluster;
  let prometheus: PrometheusServer;
  let gateway: Gateway;
  let helm: Helm;
  let kubelet: Kubelet;
  let archive = "";
  let operator: Operator;

  const start = async (namespace: string, deploymentName: string) => {
    const started = await kubelet.startDeployment(namespace, deploymentName, simulated);
    running.push(started);
    return started;
  };
  const shown = (namespace = shop) => cluster.kubectl.get<ShownScaler>("psc", name, "--namespace", namespace);
  const replicas = async (namespace = shop) => (await cluster.kubectl.get<ShownDeployment>("deployment", name, "--namespace", namespace)).spec.replicas;
  const forecasts = () => waitFor("it forecasts", SOON_MS, async () => expect(conditionOf(await shown(), "Forecasting")).toMatchObject({ status: "True" }));
  const scalesUp = () => waitFor("it scales", SOON_MS, async () => expect(await replicas()).toBeGreaterThan(START_REPLICAS));
  /** What must never be in a log. */
  const failures = (one: Operator) => one.lines().filter(({ reason }) => reason === "InternalError" || reason === "Forbidden");
  /** Objects of a release, whatever they are. */
  const objectsOf = async (release: string): Promise<string[]> => {
    const kinds = (await cluster.kubectl("api-resources", "--verbs=list", "-o", "name")).trim().split("\n").join(",");
    const selector = `app.kubernetes.io/instance=${release}`;
    const found = await cluster.kubectl("get", kinds, "--all-namespaces", "--selector", selector, "-o", "name", "--ignore-not-found");
    return found.split("\n").filter((line) => line !== "");
  };
  const isGone = (release: string, but: readonly string[]) =>
    waitFor(`everything of ${release} is gone`, SOON_MS, async () => expect(await objectsOf(release)).toEqual(but));
  const values = (url: string) => ({ prometheus: { url, bearerTokenSecret: { name: "prometheus" } }, extraEnv: [{ name: "NODE_NO_WARNINGS", value: "1" }] });

  beforeAll(async () => {
    [cluster, prometheus] = await Promise.all([startCluster(binaries), startPrometheus(binaries, [checkoutRequests(day)])]);
    gateway = await startGateway({ target: prometheus.url, isRight: ({ headers }) => headers.authorization === `Bearer ${TOKEN}` });
    helm = createHelm(binaries.helm, cluster.folder, cluster.kubeconfig);
    kubelet = createKubelet(cluster.kubectl, cluster.folder);
    const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
    await cluster.kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NS, labels: restricted } }, ...[shop, "elsewhere"].map(namespaceOf));
    await cluster.kubectl.apply(
      { apiVersion: "v1", kind: "Secret", metadata: { name: "prometheus", namespace: NS }, stringData: { token: TOKEN } },
      deployment(shop, name, START_REPLICAS),
      deployment("elsewhere", name, START_REPLICAS),
    );
    await helm(["package", CHART, "--destination", cluster.folder]);
    archive = join(cluster.folder, "predictive-scaler-0.1.0.tgz");
  });
  afterAll(async () => {
    for (const one of running) await one.stop();
    await gateway?.close();
    await prometheus?.stop();
    await cluster?.stop();
  });

  test("helm install, and the README's manifest is forecast and scaled", async () => {
    const notes = await helm(["install", RELEASE, archive, "--namespace", NS], values(gateway.url));
    expect(notes).toContain(`reads demand from ${gateway.url}`);
    await untilServed(cluster.kubectl, SCALER_CRD);
    operator = await start(NS, RELEASE);
    await cluster.kubectl.apply(manifest);
    await forecasts();
    expect(gateway.answers.length).toBeGreaterThan(0);
    expect(gateway.answers.filter((status) => status !== 200)).toEqual([]);
    expect(operator.lines().map(({ msg }) => msg)).toContain("Scalers of all namespaces are seen.");
    await scalesUp();
    expect(failures(operator)).toEqual([]);
  });

  test("helm test asks the operator", async () => {
    const [said, ran] = await Promise.all([
      helm(["test", RELEASE, "--namespace", NS]),
      kubelet.runToEnd(NS, "app.kubernetes.io/component=test", ([command = "", url = ""]) => {
        expect(url).toBe(`http://${RELEASE}-metrics.${NS}.svc:8080`);
        return [command, operator.metricsUrl];
      }),
    ]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(said).toMatch(/Phase:\s+Succeeded/);
  });

  test("the Lease is the chart's and the operator's: each leaves the other's part as it is", async () => {
    const lease = await cluster.kubectl.get<{ metadata: object; spec: object }>("lease", RELEASE, "--namespace", NS);
    expect(lease.metadata).toMatchObject({ labels: { "app.kubernetes.io/managed-by": "Helm" }, annotations: { "meta.helm.sh/release-name": RELEASE } });
    expect(lease.spec).toMatchObject({ holderIdentity: expect.stringMatching(/_/), leaseDurationSeconds: 15 });
    await helm(["upgrade", RELEASE, archive, "--namespace", NS, "--reuse-values"], { log: { level: "debug" }, commonLabels: { team: "x" } });
    const after = await cluster.kubectl.get<{ metadata: object; spec: object }>("lease", RELEASE, "--namespace", NS);
    expect(after).toMatchObject({ metadata: { labels: { team: "x" } }, spec: { holderIdentity: (lease.spec as { holderIdentity: string }).holderIdentity } });
    expect((await cluster.kubectl.get<{ spec: object }>("deployment", RELEASE, "--namespace", NS)).spec).toMatchObject({
      template: { spec: { containers: [{ args: expect.arrayContaining(["--log-level=debug", `--prometheus-url=${gateway.url}`]) }] } },
    });
  });

  test("uninstall stops the operator first, says so in every status, and leaves nothing of its own behind", async () => {
    await cluster.kubectl("annotate", "psc", name, "--namespace", shop, "test=kept");
    const [, ran] = await Promise.all([
      helm(["uninstall", RELEASE, "--namespace", NS]),
      kubelet.runToEnd(NS, "app.kubernetes.io/component=release"),
    ]);
    expect(ran.stdout).toMatch(/Took the lease predictive-scaler\/predictive-scaler from \S+, and wait/);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    // The renew deadline: a holder that cannot be reached has stopped by then.
    expect(ran.ms).toBeGreaterThan(10_000);
    const before = await replicas();
    // Still running, as a pod that has not ended yet: it leads no more, and writes no more.
    expect(await (await fetch(`${operator.metricsUrl}/metrics`)).text()).toMatch(/^predictive_scaler_leader 0$/m);
    expect(await operator.stop()).toBe(0);
    expect(conditionOf(await shown(), "Ready")).toMatchObject({ status: "Unknown", reason: "OperatorRemoved" });
    expect(await replicas()).toBe(before);
    expect(before).toBeGreaterThan(START_REPLICAS);
    await isGone(RELEASE, [CRD_OBJECT]);
    const left = await cluster.kubectl("get", "lease,secret,serviceaccount,role,rolebinding", "--namespace", NS, "-o", "name");
    expect(left).toBe("secret/prometheus\nserviceaccount/default\n");
  });

  test("upgrading from a chart with an older CRD keeps scalers and their status, and brings the new fields", async () => {
    const older = join(mkdtempSync(join(cluster.folder, "older-")), "predictive-scaler");
    cpSync(CHART, older, { recursive: true });
    const file = join(older, "files/crd.yaml");
    writeFileSync(file, stringify(withoutStatus(parse(readFileSync(file, "utf8")), "accuracy")));
    // The CRD was kept: the same release takes it up again.
    await helm(["install", RELEASE, older, "--namespace", NS], values(gateway.url));
    await cluster.kubectl.apply(scalerLike(manifest, "older", shop));
    const accuracy = { window: "7d", wape: "6.1%" };
    await writeStatus("older", { desiredReplicas: 7, accuracy });
    const before = await cluster.kubectl.get<Rendered & { status: object }>("psc", "older", "--namespace", shop);
    // As the older CRD has it.
    expect(before.status).toEqual({ desiredReplicas: 7 });
    await helm(["upgrade", RELEASE, archive, "--namespace", NS, "--reuse-values"]);
    const after = await cluster.kubectl.get<Rendered & { status: object }>("psc", "older", "--namespace", shop);
    expect(after).toEqual(before);
    expect(await shown()).toMatchObject({ metadata: { annotations: { test: "kept" } } });
    await waitFor("the new field is served", SOON_MS, async () => {
      await writeStatus("older", { accuracy });
      const { status } = await cluster.kubectl.get<{ status: object }>("psc", "older", "--namespace", shop);
      expect(status).toEqual({ desiredReplicas: 7, accuracy });
    });
    await helm(["uninstall", RELEASE, "--namespace", NS, "--no-hooks"]);
    await cluster.kubectl("delete", "psc", "older", "--namespace", shop);
  });

  test("with watchNamespaces it works there with no permission for the whole cluster, and says what it does not see", async () => {
    const account = "system:serviceaccount:scoped:scoped-predictive-scaler";
    await cluster.kubectl.apply(namespaceOf("scoped"));
    const only = { prometheus: { url: prometheus.url }, watchNamespaces: [shop], crds: { enabled: false } };
    await helm(["install", "scoped", archive, "--namespace", "scoped"], only);
    expect((await objectsOf("scoped")).filter((one) => one.startsWith("cluster"))).toEqual([]);
    const { items } = await cluster.kubectl.get<{ items: readonly { subjects?: readonly { name: string }[] }[] }>("clusterrolebindings");
    expect(items.flatMap(({ subjects = [] }) => subjects).filter((subject) => subject.name.startsWith("scoped"))).toEqual([]);
    const may = async (...what: readonly string[]) => (await cluster.kubectl.said(["auth", "can-i", ...what, "--as", account])).stdout.trim();
    expect(await may("list", "psc", "--namespace", shop)).toBe("yes");
    expect(await may("patch", "deployments.apps", "--subresource=scale", "--namespace", shop)).toBe("yes");
    expect(await may("list", "psc", "--all-namespaces")).toBe("no");
    expect(await may("get", "secrets", "--namespace", "elsewhere")).toBe("no");
    expect(await may("create", "leases", "--namespace", "scoped")).toBe("no");

    await cluster.kubectl.apply(deployment(shop, name, START_REPLICAS), scalerLike(manifest, name, shop), scalerLike(manifest, name, "elsewhere"));
    const scoped = await start("scoped", "scoped-predictive-scaler");
    await forecasts();
    await scalesUp();
    expect((await shown("elsewhere")).status).toBeUndefined();
    expect(await replicas("elsewhere")).toBe(START_REPLICAS);
    const { msg } = scoped.lines().find(({ namespaces }) => namespaces !== undefined) ?? { msg: "" };
    expect(msg).toMatch(new RegExp(`^Only scalers in ${shop} are seen .* Those in other namespaces are not`));
    expect(failures(scoped)).toEqual([]);
    const hook = kubelet.runToEnd("scoped", "app.kubernetes.io/component=release");
    const [ran] = await Promise.all([hook, helm(["uninstall", "scoped", "--namespace", "scoped"])]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(conditionOf(await shown(), "Ready")).toMatchObject({ status: "Unknown", reason: "OperatorRemoved" });
    expect((await shown("elsewhere")).status).toBeUndefined();
    await scoped.stop();
    await isGone("scoped", []);
  });

  test("kubectl apply -f deploy/ with the URL set is forecast and scaled; removed as it says, scalers stay", async () => {
    await cluster.kubectl("delete", "namespace", NS);
    await cluster.kubectl("apply", "-f", join(ROOT, "deploy"));
    // The overlay that deploy/Kustomization shows.
    const overlay = mkdtempSync(join(cluster.folder, "overlay-"));
    cpSync(join(ROOT, "deploy"), join(overlay, "deploy"), { recursive: true });
    const patch = stringify([{ op: "replace", path: "/spec/template/spec/containers/0/args/1", value: `--prometheus-url=${prometheus.url}` }]);
    const patches = [{ target: { kind: "Deployment", name: RELEASE }, patch }];
    writeFileSync(join(overlay, "kustomization.yaml"), stringify({ resources: ["deploy"], patches }));
    await cluster.kubectl("apply", "-k", overlay);
    await cluster.kubectl.apply(deployment(shop, name, START_REPLICAS), scalerLike(manifest, name, shop));
    const applied = await start(NS, RELEASE);
    await waitFor("it leads", SOON_MS, async () => expect(applied.lines().map(({ msg }) => msg)).toContain("leading"));
    await forecasts();
    await scalesUp();
    expect(failures(applied)).toEqual([]);
    await applied.stop();
    await cluster.kubectl("delete", "namespace", NS);
    await cluster.kubectl("delete", "clusterrole,clusterrolebinding", "-l", `app.kubernetes.io/instance=${RELEASE}`);
    await isGone(RELEASE, [CRD_OBJECT]);
    expect(await replicas()).toBeGreaterThan(START_REPLICAS);
    await shown();
  });

  test("only crds.keep=false takes the CRD and the scalers along, and the workloads stay even so", async () => {
    const before = await replicas();
    const all = { prometheus: { url: prometheus.url }, crds: { keep: false } };
    await helm(["install", RELEASE, archive, "--namespace", NS, "--create-namespace", "--take-ownership"], all);
    await helm(["uninstall", RELEASE, "--namespace", NS, "--no-hooks"]);
    await waitFor("the CRD is gone", SOON_MS, async () => expect(await cluster.kubectl("get", "crd", "--ignore-not-found", SCALER_CRD)).toBe(""));
    expect(await replicas()).toBe(before);
  });

  async function writeStatus(one: string, status: object): Promise<void> {
    await cluster.kubectl("patch", "psc", one, "--namespace", shop, "--subresource=status", "--type=merge", "--patch", JSON.stringify({ status }));
  }
});

/** The scaler with another name and place, in mode Active. */
function scalerLike({ apiVersion, kind, spec }: Rendered, name: string, namespace: string): object {
  return { apiVersion, kind, metadata: { name, namespace }, spec: { ...spec, mode: "Active" } };
}

/** The CRD as it was before `field` of the status came. */
function withoutStatus(crd: unknown, field: string): object {
  interface Version {
    readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly status: { readonly properties: Record<string, unknown> } } } };
  }
  const older = structuredClone(crd) as { readonly spec: { readonly versions: readonly Version[] } };
  for (const { schema } of older.spec.versions) Reflect.deleteProperty(schema.openAPIV3Schema.properties.status.properties, field);
  return older;
}
