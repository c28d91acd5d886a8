// The chart rendered with many sets of values: what the real API server and the restricted Pod Security Standard say to every object.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { deployManifest, PLACEHOLDER_URL } from "../../scripts/deploy-manifest.ts";
import { runCommand } from "../../src/cli/run.ts";
import { captureIo } from "../cli/capture.ts";
import { untilServed } from "../control-plane/crds.ts";
import { createHelm } from "./helm.ts";
import type { Helm, Rendered } from "./helm.ts";
import { namespaceOf } from "./manifests.ts";
import { monitoringCrds } from "./monitoring-crds.ts";
import { describeCluster, surroundings } from "./surroundings.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHART = join(ROOT, "charts/predictive-scaler");
const NS = "chart-check";
const URL = "http://prometheus-operated.monitoring:9090";
const LONG = "a-name-as-long-as-helm-lets-a-release-have-it-53-char";

const inNamespace = (name: string) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } });
const needed = { prometheus: { url: URL } };
/** Everything on, everything given: each flag and each object is there. */
const everything = {
  prometheus: {
    url: "https://mimir.monitoring:8443/prometheus",
    allowedUrls: ["https://*.monitoring.svc:9090", "http://other:9090"],
    enforceNamespaceLabel: "namespace",
    bearerTokenSecret: { name: "token", key: "bearer" },
    ca: { secretName: "authority" },
  },
  watchNamespaces: ["chart-a", "chart-b"],
  replicas: 3,
  leaderElection: { namespace: "chart-a" },
  log: { level: "debug" },
  image: { digest: `sha256:${"0".repeat(64)}`, pullPolicy: "Always" },
  imagePullSecrets: [{ name: "registry" }],
  serviceAccount: { name: "own", annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x" } },
  metrics: {
    port: 9091,
    service: { annotations: { "prometheus.io/scrape": "true" } },
    serviceMonitor: { enabled: true, labels: { release: "stack" } },
    podMonitor: { enabled: true },
  },
  externalScaler: { enabled: true, port: 9443, tls: { secretName: "external-tls", clientCaKey: "ca.crt" } },
  prometheusRule: { enabled: true, labels: { release: "stack" } },
  dashboards: { enabled: true, namespace: "chart-b", annotations: { grafana_folder: "Autoscaling" } },
  podDisruptionBudget: { maxUnavailable: "50%" },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { a: "b" } } }],
  networkPolicy: { enabled: true, scrapers: [inNamespace("monitoring")], externalClients: [inNamespace("keda")] },
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "rack", labelSelector: { matchLabels: { a: "b" } } }] } },
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }],
  priorityClassName: "system-cluster-critical",
  podLabels: { "app.kubernetes.io/name": "cannot-win", team: "pods" },
  podAnnotations: { "a.example/pod": "1" },
  commonLabels: { "app.kubernetes.io/instance": "cannot-win-either", team: "all" },
  commonAnnotations: { "a.example/all": "1" },
  extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }],
  extraVolumes: [{ name: "extra", emptyDir: {} }],
  extraVolumeMounts: [{ name: "extra", mountPath: "/extra" }],
};

interface Case {
  readonly name: string;
  readonly release?: string;
  readonly values: object;
}
const without = { rbac: { secrets: false, aggregate: false }, podDisruptionBudget: { enabled: false }, releaseHook: { enabled: false } };
const chosenUser = { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } };
const single = { ...needed, replicas: 1, leaderElection: { enabled: false } };
const renamed = { ...needed, fullnameOverride: "scaler", dashboards: { enabled: true }, metrics: { host: "::" } };
const longest = { ...needed, watchNamespaces: ["chart-a"], nameOverride: "n".repeat(63), networkPolicy: { enabled: true } };
const CASES: readonly Case[] = [
  { name: "the defaults", values: needed },
  { name: "everything", values: everything },
  { name: "one pod without leader election", values: single },
  { name: "roles, account and CRD of one's own", values: { ...needed, rbac: { create: false }, serviceAccount: { create: false }, crds: { enabled: false } } },
  { name: "no Secrets, no aggregated roles, no budget, no hook", values: { ...needed, ...without } },
  { name: "names as long as they get", release: LONG, values: longest },
  { name: "another name", values: renamed },
  { name: "a user that the platform chooses", values: { prometheus: { url: URL, ca: { configMapName: "authority" } }, crds: { keep: false }, ...chosenUser } },
];

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers: readonly { readonly args: readonly string[]; readonly env?: unknown; readonly image: string }[];
  readonly [key: string]: unknown;
}
interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations?: object };
  readonly spec: PodSpec;
}

/** What a pod is made of, for the kinds that have one. */
function templateOf({ spec, metadata, kind }: Rendered): Template | undefined {
  if (kind === "Pod") return { metadata: { labels: metadata.labels ?? {} }, spec: spec as PodSpec };
  return kind === "Deployment" || kind === "Job" ? (spec?.["template"] as Template) : undefined;
}
const one = (objects: readonly Rendered[], kind: string, part = "") => objects.find((object) => object.kind === kind && object.metadata.name.endsWith(part));
const must = <T>(value: T | undefined): T => value ?? expect.fail("it is not there");
const argsOf = (objects: readonly Rendered[]) => must(templateOf(must(one(objects, "Deployment")))).spec.containers[0]?.args ?? [];

describeCluster("the chart's templates", () => {
  const { binaries, folder, kubectl } = surroundings();
  let helm: Helm;
  const render = ({ release = "ps", values }: Pick<Case, "release" | "values">) => helm.template(release, CHART, NS, values);
  const dryRun = (items: readonly object[]) =>
    kubectl.said(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));

  beforeAll(async () => {
    helm = createHelm(binaries.helm, folder);
    const crds = monitoringCrds();
    await kubectl.apply(...crds);
    const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
    await kubectl.apply(...[NS, "chart-a", "chart-b"].map((name) => ({ ...namespaceOf(name), metadata: { name, labels: restricted } })));
    await untilServed(kubectl, ...crds.map(({ metadata }) => metadata.name));
  });
  afterAll(async () => {
    await kubectl("delete", "crd", "-l", "test.predictivescaler.io/minimal=true", "--wait=false");
    await kubectl("delete", "namespace", NS, "chart-a", "chart-b", "--wait=false");
  });

  describe.each(CASES)("$name", ({ release, values }) => {
    test("helm lint has nothing to say", async () => {
      const { code, stdout, stderr } = await helm.said(["lint", "--strict", CHART], values);
      expect(stdout + stderr).not.toMatch(/\[(WARNING|ERROR)\]/);
      expect(code).toBe(0);
    });

    test("the API server takes every object, and every pod in a restricted namespace", async () => {
      const objects = await render({ ...(release === undefined ? {} : { release }), values });
      const { code, stderr } = await dryRun(objects);
      // The CRD is there already, applied by a client.
      expect(stderr.replaceAll(/^Warning: failed to migrate .*\n/gm, "")).toBe("");
      expect(code).toBe(0);
      const pods = objects.flatMap((object) => {
        const template = templateOf(object);
        if (template === undefined) return [];
        // A pod whose account is not there yet is refused for that alone.
        const spec = { ...template.spec, serviceAccountName: "default" };
        return [{ apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name: object.metadata.name, namespace: NS }, spec }];
      });
      expect(pods.length).toBeGreaterThanOrEqual(2);
      await kubectl("wait", "--for=create", "serviceaccount/default", "--namespace", NS, "--timeout=20s");
      const answer = await dryRun(pods);
      expect(answer.stderr).toBe("");
      expect(answer.code).toBe(0);
    });

    test("only the operator's pods are selected, and no name but the chart's own is fixed", async () => {
      const objects = await render({ ...(release === undefined ? {} : { release }), values });
      const deployment = must(one(objects, "Deployment"));
      const selector = must(deployment.spec?.["selector"] as { matchLabels: Record<string, string> } | undefined).matchLabels;
      const matches = (labels: Readonly<Record<string, string>>) => Object.entries(selector).every(([key, value]) => labels[key] === value);
      for (const object of objects) {
        const labels = templateOf(object)?.metadata.labels;
        expect(labels !== undefined && matches(labels)).toBe(object === deployment);
        expect(object.metadata.labels).toMatchObject({ "app.kubernetes.io/instance": release ?? "ps", "app.kubernetes.io/part-of": "predictive-scaler" });
      }
      expect(one(objects, "Service")?.spec?.["selector"]).toEqual(selector);
      for (const { metadata } of objects.filter(({ kind }) => kind.startsWith("Cluster"))) expect(metadata.name).toContain(deployment.metadata.name);
    });
  });

  test("the defaults, as they are", async () => {
    const objects = await render({ values: needed });
    const small = objects.map((object) => (object.kind === "CustomResourceDefinition" ? { ...object, spec: "as in crds/" } : object));
    const text = small.map((object) => stringify(object, { lineWidth: 0 })).join("---\n");
    await expect(text).toMatchFileSnapshot(join(ROOT, "test/chart/snapshots/default.yaml"));
  });

  test("the CRD is that of crds/, whatever helm makes of its numbers", async () => {
    const file = parse(readFileSync(join(ROOT, "crds/predictivescaler.io_predictivescalers.yaml"), "utf8")) as Rendered;
    const crd = must(one(await render({ values: needed }), "CustomResourceDefinition"));
    expect(crd.spec).toEqual(file.spec);
    expect(crd.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
    const loose = must(one(await render({ values: { ...needed, crds: { keep: false } } }), "CustomResourceDefinition"));
    expect(loose.metadata.annotations).toBeUndefined();
  });

  test("everything on: each flag of `run` is given, and says what the value says", async () => {
    const args = argsOf(await render({ values: everything }));
    const known = runCommand(captureIo().io, () => undefined).options.map(({ long }) => long ?? "");
    const given = args.slice(1).map((arg) => arg.split("=")[0] ?? "");
    expect(args[0]).toBe("run");
    expect(given.toSorted()).toEqual(known.filter((flag) => !/^--(kubeconfig|context|clock-.*)$/.test(flag)).toSorted());
    expect(args).toEqual(
      expect.arrayContaining([
        "--prometheus-url=https://mimir.monitoring:8443/prometheus",
        "--prometheus-allowed-urls=https://*.monitoring.svc:9090,http://other:9090",
        "--prometheus-bearer-token-file=/etc/predictive-scaler/token/bearer",
        "--prometheus-ca-file=/etc/predictive-scaler/ca/ca.crt",
        "--metrics-addr=0.0.0.0:9091",
        "--external-scaler-addr=0.0.0.0:9443",
        "--external-scaler-client-ca-file=/etc/predictive-scaler/external/ca.crt",
        "--watch-namespaces=chart-a,chart-b",
        "--leader-elect-namespace=chart-a",
        "--log-level=debug",
      ]),
    );
  });

  test("everything on: objects are where they belong, and what is given arrives", async () => {
    const objects = await render({ values: everything });
    const kinds = new Set(objects.map(({ kind }) => kind));
    const optional = ["ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Lease", "Job"];
    expect([...kinds]).toEqual(expect.arrayContaining(optional));
    expect([...kinds].filter((kind) => kind.startsWith("Cluster"))).toEqual([]);
    const placesOf = (wanted: string) => objects.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata.namespace ?? "").join(" ");
    expect(placesOf("Role")).toMatch(/^chart-a chart-b chart-a$|^chart-a chart-a chart-b$/);
    expect(placesOf("ConfigMap")).toMatch(/^chart-b( chart-b)+$/);
    expect(placesOf("Lease")).toBe("chart-a");
    const egress = one(objects, "NetworkPolicy")?.spec?.["egress"] as { ports: { port: number }[] }[] | undefined;
    expect(egress?.[0]?.ports.map(({ port }) => port)).toContain(8443);
    for (const object of objects) expect(object.metadata).toMatchObject({ labels: { team: "all" }, annotations: { "a.example/all": "1" } });
    const { spec, metadata } = must(templateOf(must(one(objects, "Deployment"))));
    expect(metadata.labels).toMatchObject({ team: "pods", "app.kubernetes.io/name": "predictive-scaler", "app.kubernetes.io/instance": "ps" });
    expect(metadata.annotations).toMatchObject({ "a.example/pod": "1", "a.example/all": "1" });
    expect(spec.containers[0]).toMatchObject({ image: expect.stringContaining("@sha256:000"), env: everything.extraEnv });
    const { imagePullSecrets, nodeSelector, tolerations } = everything;
    const pods = ["Deployment", "Job", "Pod"].map((kind) => templateOf(must(one(objects, kind)))?.spec);
    for (const pod of pods) expect(pod).toMatchObject({ imagePullSecrets, nodeSelector, tolerations });
    for (const kind of ["ServiceMonitor", "PodMonitor"]) expect(JSON.stringify(one(objects, kind)?.spec)).toContain('"honorLabels":true');
  });

  test("the external scaler: a Service of all pods, and only its clients are let in; off, nothing of it is there", async () => {
    const objects = await render({ values: everything });
    const service = must(one(objects, "Service", "-external"));
    expect(service.spec).toMatchObject({ selector: one(objects, "Service", "-metrics")?.spec?.["selector"], ports: [{ port: 9443, targetPort: "external" }] });
    const ingress = one(objects, "NetworkPolicy")?.spec?.["ingress"];
    expect(ingress).toContainEqual({ ports: [{ port: "external", protocol: "TCP" }], from: [inNamespace("keda")] });
    expect(must(templateOf(must(one(objects, "Deployment")))).spec["volumes"]).toContainEqual({ name: "external", secret: { secretName: "external-tls" } });
    const usual = await render({ values: needed });
    expect(one(usual, "Service", "-external")).toBeUndefined();
    expect(argsOf(usual).filter((arg) => arg.startsWith("--external"))).toEqual([]);
  });

  test("without leader election there is no Lease and never a second pod", async () => {
    const objects = await render({ values: single });
    expect(one(objects, "Deployment")?.spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    expect(objects.filter(({ kind }) => kind === "Lease" || kind === "Job")).toEqual([]);
    expect(argsOf(objects)).toContain("--leader-elect=false");
  });

  test("an address of IPv6 is written in brackets; another name is the name of all", async () => {
    const objects = await render({ values: renamed });
    expect(argsOf(objects)).toContain("--metrics-addr=[::]:8080");
    const others = objects.filter(({ metadata }) => !/^scaler(-|$)/.test(metadata.name)).map(({ kind }) => kind);
    expect(others.toSorted()).toEqual(["CustomResourceDefinition", "Lease"]);
  });

  test("without Secrets, the role does not name them", async () => {
    const rules = (objects: readonly Rendered[]) => JSON.stringify(one(objects, "ClusterRole"));
    expect(rules(await render({ values: needed }))).toContain('"secrets"');
    expect(rules(await render({ values: { ...needed, ...without } }))).not.toContain('"secrets"');
  });

  test.each([
    { found: "a value that is none", values: { ...needed, promethius: {} }, says: /promethius/ },
    { found: "a value that is none, further in", values: { prometheus: { url: URL, urls: "x" } }, says: /urls/ },
    { found: "a URL that is none", values: { prometheus: { url: "prometheus:9090" } }, says: /prometheus.*url|url.*pattern/s },
    { found: "no URL", values: {}, says: /prometheus\.url is required/ },
    { found: "two pods that would both scale", values: { ...single, replicas: 2 }, says: /replicas is 2 and leaderElection\.enabled is false/ },
    { found: "one port for two", values: { ...needed, externalScaler: { enabled: true, port: 8080 } }, says: /both 8080/ },
    { found: "an authority without a certificate", values: { ...needed, externalScaler: { tls: { clientCaKey: "ca.crt" } } }, says: /needs externalScaler\.tls\.secretName/ },
    { found: "two authorities", values: { prometheus: { url: URL, ca: { secretName: "a", configMapName: "b" } } }, says: /configMapName, not both/ },
  ])("is refused with what to do: $found", async ({ values, says }) => {
    const { code, stderr } = await helm.said(["template", "ps", CHART], values);
    expect(stderr).toMatch(says);
    expect(code).not.toBe(0);
  });

  test("deploy/ is rendered from the chart as it is, and kustomize sets the URL in it", async () => {
    expect(readFileSync(join(ROOT, "deploy/predictive-scaler.yaml"), "utf8"), "stale: run `npm run generate`").toBe(deployManifest(binaries.helm, CHART));
    const all = await kubectl("kustomize", join(ROOT, "deploy"));
    expect(all).toContain(`--prometheus-url=${PLACEHOLDER_URL}`);
  });
});
