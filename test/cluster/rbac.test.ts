// The operator's permissions on the real authorizer. One operator works in many namespaces: in "rbac-all" it has every rule of OPERATOR_RULES,
// in each of the others all but one verb. A row says what stops there and where the missing rule is named; the same is done in "rbac-all" and is not refused.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, createEvents, createHeadrooms, createLeases, createScales, createStatuses, HEADROOM_RULES, KubeError, LEADER_RULES, OPERATOR_RULES } from "../../src/kube/index.ts";
import type { KubeConnection, KubeObject, PolicyRule } from "../../src/kube/index.ts";
import { createClock } from "../../src/clock.ts";
import { HOUR_MS } from "./demand.ts";
import { externalAutoscaler } from "./external-metrics.ts";
import { deployment, namespaceOf, scaler } from "./manifests.ts";
import type { ShownDeployment, ShownScaler } from "./manifests.ts";
import { accountKubeconfig, operatorKubeconfig } from "./operator-account.ts";
import { startOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { describeCluster, surroundings } from "./surroundings.ts";
import { waitFor } from "./wait-for.ts";

const ACCOUNT = "rbac-operator";
const ALL = "rbac-all";
const SOON_MS = 60_000;
const TOKEN = "t0ken-of-prometheus";
const LEASE_MS = 5_000;

/** One verb of the rules; `target` is the kind whose scaler needs it, `breaks` what stops working. */
interface Row {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly breaks: string;
  readonly seen: "AbleToScale" | "MetricAvailable" | "log";
  readonly target: "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" | "Secret" | "HorizontalPodAutoscaler";
  /** The resource as a refusal names it; `resource` if not given. */
  readonly named?: string;
}

const SCALERS = { group: "predictivescaler.io", resource: "predictivescalers" };
const ROWS: readonly Row[] = [
  { ...SCALERS, verb: "list", breaks: "no scaler of the namespace is known", seen: "log", target: "Deployment" },
  { ...SCALERS, verb: "watch", breaks: "changes are seen only at the next list", seen: "log", target: "Deployment" },
  { ...SCALERS, verb: "get", breaks: "a status is not written when somebody labelled the scaler meanwhile", seen: "log", target: "Deployment" },
  { group: SCALERS.group, resource: "predictivescalers/status", verb: "patch", breaks: "the status stays empty", seen: "log", target: "Deployment" },
  { group: "apps", resource: "deployments", verb: "get", breaks: "Deployments wait for the watch after each scaling", seen: "log", target: "Deployment" },
  { group: "apps", resource: "deployments", verb: "list", breaks: "Deployments are read one by one", seen: "log", target: "Deployment" },
  { group: "apps", resource: "deployments", verb: "watch", breaks: "Deployments are read one by one", seen: "log", target: "Deployment" },
  { group: "apps", resource: "replicasets", verb: "get", breaks: "ReplicaSets wait for the watch after each scaling", seen: "log", target: "ReplicaSet" },
  { group: "apps", resource: "replicasets", verb: "list", breaks: "ReplicaSets are read one by one", seen: "log", target: "ReplicaSet" },
  { group: "apps", resource: "replicasets", verb: "watch", breaks: "ReplicaSets are read one by one", seen: "log", target: "ReplicaSet" },
  { group: "apps", resource: "statefulsets", verb: "get", breaks: "StatefulSets wait for the watch after each scaling", seen: "log", target: "StatefulSet" },
  { group: "apps", resource: "statefulsets", verb: "list", breaks: "StatefulSets are read one by one", seen: "log", target: "StatefulSet" },
  { group: "apps", resource: "statefulsets", verb: "watch", breaks: "StatefulSets are read one by one", seen: "log", target: "StatefulSet" },
  { group: "*", resource: "*/scale", verb: "get", breaks: "other kinds are not scaled", seen: "AbleToScale", target: "ReplicationController", named: "replicationcontrollers/scale" },
  { group: "*", resource: "*/scale", verb: "patch", breaks: "nothing is scaled", seen: "AbleToScale", target: "Deployment", named: "deployments/scale" },
  { group: "autoscaling", resource: "horizontalpodautoscalers", verb: "list", breaks: "an HPA on a target is noticed only once it changes the replicas", seen: "log", target: "Deployment" },
  { group: "autoscaling", resource: "horizontalpodautoscalers", verb: "watch", breaks: "an HPA on a target is noticed only at the next list, or once it changes the replicas", seen: "log", target: "Deployment" },
  { group: "autoscaling", resource: "horizontalpodautoscalers", verb: "get", breaks: "floors of HPAs are not kept", seen: "AbleToScale", target: "HorizontalPodAutoscaler" },
  { group: "autoscaling", resource: "horizontalpodautoscalers", verb: "patch", breaks: "floors of HPAs are not kept, nor given back", seen: "AbleToScale", target: "HorizontalPodAutoscaler" },
  { ...SCALERS, verb: "patch", breaks: "floors of HPAs are not kept, for a scaler cannot be marked as one that keeps something", seen: "AbleToScale", target: "HorizontalPodAutoscaler" },
  { group: "", resource: "pods", verb: "list", breaks: "ready pods of other kinds are not known", seen: "log", target: "ReplicationController" },
  { group: "", resource: "secrets", verb: "get", breaks: "a Prometheus that wants credentials is not asked", seen: "MetricAvailable", target: "Secret" },
];
/** A scaler is read by itself only if it changed between being seen and being written: that moment is made here, not waited for. */
const READ_ROW = ROWS.find(({ group, resource, verb }) => group === SCALERS.group && resource === SCALERS.resource && verb === "get") as Row;
/** Targets are read only where the watch has not yet told them: that moment too. */
const TARGET_ROWS = ROWS.filter(({ group, verb }) => group === "apps" && verb === "get");
/** The verbs on events: the operator uses one group of the two, so both are asked for without it. */
const EVENT_ROWS = ["events.k8s.io", ""].flatMap((group) => ["create", "patch"].map((verb) => ({ group, resource: "events", verb })));
/** What `nodeHeadroom` adds where the chart allows it. */
const HEADROOM_ROWS: readonly (Grant & { readonly breaks: string })[] = [
  { group: "apps", resource: "deployments", verb: "create", breaks: "there are no placeholder pods" },
  { group: "apps", resource: "deployments", verb: "delete", breaks: "placeholder pods stay when `nodeHeadroom` is taken out, until their scaler is deleted" },
];
const LEASE_ROWS = ["get", "create", "patch"].map((verb) => ({ group: "coordination.k8s.io", resource: "leases", verb }));

type Grant = Pick<Row, "group" | "resource" | "verb">;
const textOf = ({ verb, group, resource }: Grant) => `${verb} ${resource} of "${group}"`;
const namespaceWithout = (row: Grant) => `rbac-no-${row.verb}-${row.resource.replace("*/", "").replace("/", "-")}-${row.group === "" ? "core" : row.group.replace("*", "any").replaceAll(".", "-")}`;

/** Every grant of the rules by itself. */
function grantsOf(rules: readonly PolicyRule[]): Grant[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) => apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb })))));
}

function rulesBut(rules: readonly PolicyRule[], row: Grant): PolicyRule[] {
  const kept = grantsOf(rules).filter((grant) => textOf(grant) !== textOf(row));
  return kept.map(({ group, resource, verb }) => ({ apiGroups: [group], resources: [resource], verbs: [verb] }));
}

/** A Role of the account in a namespace. */
function roleIn(namespace: string, rules: readonly PolicyRule[]): object[] {
  const metadata = { name: ACCOUNT, namespace };
  const apiVersion = "rbac.authorization.k8s.io/v1";
  return [
    { apiVersion, kind: "Role", metadata, rules },
    { apiVersion, kind: "RoleBinding", metadata, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: ACCOUNT }, subjects: [{ kind: "ServiceAccount", name: ACCOUNT, namespace: ACCOUNT }] },
  ];
}

/** The target and its scaler, which wants more replicas than there are. */
function objectsOf(namespace: string, kind: Row["target"]): { readonly before: object[]; readonly after: object } {
  const name = kind.toLowerCase();
  const base = deployment(namespace, name, 2) as { readonly spec: { readonly template: { readonly spec: object } } };
  const labelled = { ...base.spec.template, metadata: { ...(base.spec.template as { metadata?: object }).metadata, labels: { app: name } } };
  const spec = { ...base.spec, template: labelled };
  switch (kind) {
    case "Deployment":
      return { before: [base], after: scaler(namespace, name, { service: "morning" }) };
    case "ReplicaSet":
    case "StatefulSet":
      return { before: [{ ...base, kind, spec: { ...spec, ...(kind === "StatefulSet" ? { serviceName: name } : {}) } }], after: scaler(namespace, name, { service: "morning", target: { apiVersion: "apps/v1", kind, name } }) };
    case "ReplicationController":
      return { before: [{ apiVersion: "v1", kind, metadata: { name, namespace }, spec: { replicas: 2, selector: { app: name }, template: labelled } }], after: scaler(namespace, name, { service: "morning", target: { apiVersion: "v1", kind, name } }) };
    case "HorizontalPodAutoscaler": {
      const output = { type: kind, horizontalPodAutoscaler: { name } };
      return { before: [base, externalAutoscaler(namespace, name, "nothing", 1, [2, 40])], after: scaler(namespace, name, { service: "morning", spec: { output } }) };
    }
    case "Secret": {
      const access = { auth: { bearer: { secretKeyRef: { name: "prometheus", key: "token" } } } };
      const made = scaler(namespace, name, { service: "morning" }) as { readonly spec: { readonly metric: object } };
      const secret = { apiVersion: "v1", kind, metadata: { name: "prometheus", namespace }, stringData: { token: TOKEN } };
      return { before: [base, secret], after: { ...made, spec: { ...made.spec, metric: { ...made.spec.metric, prometheus: access } } } };
    }
  }
}

describe("the table of permissions", () => {
  test("it has a row for each verb that is granted, and none beside", () => {
    const sorted = (grants: readonly Grant[]) => grants.map(textOf).sort();
    expect(sorted([...ROWS, ...EVENT_ROWS])).toEqual(sorted(grantsOf(OPERATOR_RULES)));
    expect(sorted(LEASE_ROWS)).toEqual(sorted(grantsOf(LEADER_RULES)));
    expect(sorted(HEADROOM_ROWS)).toEqual(sorted(grantsOf(HEADROOM_RULES)));
  });

  test("SECURITY.md has the same rows", () => {
    const page = readFileSync(new URL("../../SECURITY.md", import.meta.url), "utf8");
    const groupOf = (group: string) => (group === "" ? "core" : `\`${group}\``);
    for (const { group, resource, verb, breaks, seen } of ROWS) expect(page).toContain(`| ${groupOf(group)} | \`${resource}\` | \`${verb}\` | ${breaks} | ${seen} |`);
    for (const { group, resource, verb, breaks } of HEADROOM_ROWS) expect(page).toContain(`| \`${group}\` | \`${resource}\` | \`${verb}\` | ${breaks} | NodeHeadroom |`);
    for (const { group, resource, verb } of EVENT_ROWS) expect(page).toContain(`| ${groupOf(group)} | \`${resource}\` | \`${verb}\` |`);
    expect(page.match(/^\| .* \| (log|AbleToScale|MetricAvailable) \|$/gm)).toHaveLength(ROWS.length + EVENT_ROWS.length);
  });
});

describeCluster("permissions", () => {
  const { folder, prometheusUrl, liveDayMs, kubectl } = surroundings();
  let operator: Operator;
  let account: KubeConnection;
  let admin: KubeConnection;

  beforeAll(async () => {
    const namespaces = [ALL, ...ROWS.map(namespaceWithout)];
    const kubeconfig = await accountKubeconfig(kubectl, folder, ACCOUNT);
    await kubectl.apply(...[...namespaces, ...[...EVENT_ROWS, ...LEASE_ROWS, ...HEADROOM_ROWS].map(namespaceWithout)].map(namespaceOf));
    await kubectl.apply(
      ...roleIn(ACCOUNT, LEADER_RULES),
      ...roleIn(ALL, [...OPERATOR_RULES, ...LEADER_RULES, ...HEADROOM_RULES]),
      ...[...ROWS, ...EVENT_ROWS].flatMap((row) => roleIn(namespaceWithout(row), rulesBut(OPERATOR_RULES, row))),
      ...LEASE_ROWS.flatMap((row) => roleIn(namespaceWithout(row), rulesBut(LEADER_RULES, row))),
      ...HEADROOM_ROWS.flatMap((row) => roleIn(namespaceWithout(row), rulesBut([...OPERATOR_RULES, ...HEADROOM_RULES], row))),
    );
    const inAll = [...new Set(ROWS.map(({ target }) => target))].map((target) => objectsOf(ALL, target));
    const objects = [...inAll, ...ROWS.map((row) => objectsOf(namespaceWithout(row), row.target))];
    await kubectl.apply(...objects.flatMap(({ before }) => before));
    const args = ["run", "--prometheus-url", prometheusUrl, "--metrics-addr", "127.0.0.1:0", "--log-level", "debug", "--watch-namespaces", namespaces.join(",")];
    operator = await startOperator({ kubeconfig, args, clockStartMs: liveDayMs + 9 * HOUR_MS, clockRate: 60 });
    await kubectl.apply(...objects.map(({ after }) => after));
    account = connect({ kubeconfig });
    admin = connect({ kubeconfig: kubectl.kubeconfig });
  });
  afterAll(async () => {
    await operator?.stop();
    await Promise.all([account?.close(), admin?.close()]);
    // What a finalizer keeps goes with the cluster.
    await kubectl("delete", "namespace", ALL, ...[...ROWS, ...EVENT_ROWS, ...LEASE_ROWS, ...HEADROOM_ROWS].map(namespaceWithout), "--wait=false");
  });

  const shown = (namespace: string, row: Row) => kubectl.get<ShownScaler>("psc", row.target.toLowerCase(), "--namespace", namespace);
  /** What a person sees about the namespace: conditions of its scaler, and lines of the log. */
  const said = async (namespace: string, row: Row) => {
    if (row.seen === "log") return operator.lines().map(({ msg }) => msg).filter((msg) => msg.includes(`"${namespace}"`));
    return ((await shown(namespace, row)).status?.conditions ?? []).filter(({ type, status }) => type === row.seen && status === "False").map(({ message }) => message);
  };
  const refusals = async (namespace: string, { named, resource, ...row }: Row) =>
    (await said(namespace, { named, resource, ...row } as Row)).filter((text) => text.includes(`may not ${row.verb} ${named ?? resource} in`));

  test.each(ROWS.filter((row) => row !== READ_ROW && !TARGET_ROWS.includes(row)).map((row) => [textOf(row), row.breaks, row] as const))("without %s %s", async (_grant, _breaks, row) => {
    const namespace = namespaceWithout(row);
    const refusal = await waitFor(`the refusal of ${textOf(row)}`, SOON_MS, async () => {
      const [found] = await refusals(namespace, row);
      if (found === undefined) throw new Error(JSON.stringify([await said(namespace, row), (await shown(namespace, row)).status?.conditions]));
      return found;
    });
    const group = row.group === "*" ? (row.target === "Deployment" ? "apps" : "") : row.group;
    expect(refusal).toContain(`system:serviceaccount:${ACCOUNT}:${ACCOUNT}`);
    expect(refusal).toContain(`apiGroups ["${group}"], resources ["${row.named ?? row.resource}"], verbs ["${row.verb}"]`);
    await waitFor(`${row.target} with all rules is decided on`, SOON_MS, async () => {
      const { status } = await shown(ALL, row);
      for (const type of ["AbleToScale", "MetricAvailable"]) expect(status?.conditions?.find((one) => one.type === type)).toMatchObject({ status: "True" });
      expect((await kubectl.get<ShownDeployment>(["Secret", "HorizontalPodAutoscaler"].includes(row.target) ? "Deployment" : row.target, row.target.toLowerCase(), "--namespace", ALL)).spec.replicas).toBeGreaterThan(2);
    });
    expect(await refusals(ALL, row)).toEqual([]);
    if (row.group !== "apps") return;
    await waitFor(`${row.target} is scaled all the same`, SOON_MS, async () =>
      expect((await kubectl.get<ShownDeployment>(row.target, row.target.toLowerCase(), "--namespace", namespace)).spec.replicas).toBeGreaterThan(2),
    );
  });

  test("with all rules nothing was refused", () => {
    const lines = operator.lines().filter(({ msg, namespace }) => namespace === ALL || msg.includes(`"${ALL}"`));
    expect(lines.filter(({ msg }) => msg.includes("may not"))).toEqual([]);
  });

  test.each(TARGET_ROWS.map((row) => [textOf(row), row.breaks, row] as const))("without %s %s", async (_grant, _breaks, { target, resource }) => {
    const scales = createScales({ connection: account, clock: createClock() });
    const read = async (namespace: string) => scales.read(namespace, { apiVersion: "apps/v1", kind: target, name: target.toLowerCase() }, AbortSignal.timeout(SOON_MS));
    const refusal = await read(namespaceWithout({ group: "apps", resource, verb: "get" })).catch((error: unknown) => error);
    expect((refusal as KubeError).sentence).toContain(`may not get ${resource} in`);
    expect((refusal as KubeError).sentence).toContain(`apiGroups ["apps"], resources ["${resource}"], verbs ["get"]`);
    expect((await read(ALL)).replicas).toBeGreaterThanOrEqual(2);
  });

  test(`without ${textOf(READ_ROW)} ${READ_ROW.breaks}`, async () => {
    const signal = AbortSignal.timeout(SOON_MS);
    const write = async (namespace: string) => {
      const seen = await kubectl.get<KubeObject>("psc", READ_ROW.target.toLowerCase(), "--namespace", namespace);
      await kubectl("label", "psc", seen.metadata.name, "--namespace", namespace, "--overwrite", `test/at=${Date.now()}`);
      return createStatuses({ connection: account }).patch(seen, { observedGeneration: 1 }, signal);
    };
    const refusal = await write(namespaceWithout(READ_ROW)).catch((error: unknown) => error);
    expect((refusal as KubeError).sentence).toContain(`may not get predictivescalers in`);
    // The operator writes the same status, now and then in between.
    await waitFor("a status is written with all rules", SOON_MS, async () => expect(await write(ALL)).toBe("written"));
  });

  test("the token that was read and sent is in no line of the log at debug level, in no status and not in /metrics", async () => {
    const texts = [JSON.stringify(operator.lines()), await (await fetch(`${operator.metricsUrl}/metrics`)).text(), await kubectl("get", "psc,events", "--namespace", ALL, "-o", "json")];
    for (const text of texts) for (const secret of [TOKEN, Buffer.from(TOKEN).toString("base64")]) expect(text).not.toContain(secret);
  });

  test.each(EVENT_ROWS.map((row) => [textOf(row), row] as const))("without %s an event is given up, and the log says why", async (_grant, row) => {
    /** A server without events.k8s.io, if it is the core group that is to be seen. */
    const connection: KubeConnection = {
      ...account,
      request: async (request) => {
        if (row.group === "" && request.path.startsWith("/apis/events.k8s.io")) throw new KubeError("Not there.", { status: 404, reason: "TargetNotFound", retry: "nextInterval" });
        return account.request(request);
      },
    };
    const send = async (namespace: string) => {
      const lines: string[] = [];
      let nowMs = Date.parse("2026-03-02T08:00:00Z");
      const events = createEvents({ connection, clock: { nowMs: () => nowMs, delay: () => Promise.resolve() }, log: { warn: (_fields, message) => void lines.push(message) } });
      const regarding = { apiVersion: "predictivescaler.io/v1alpha1", kind: "PredictiveScaler", namespace, name: "web", uid: "1" };
      for (let i = 0; i < 4; i++) {
        events.emit({ regarding, type: "Normal", reason: "Scaled", action: "Scale", note: "Replicas 2 -> 3." });
        await events.flush();
        nowMs += 60_000 * 3;
      }
      return lines;
    };
    const namespace = namespaceWithout(row);
    expect((await send(namespace)).join("\n")).toContain(`apiGroups ["${row.group}"], resources ["events"], verbs ["${row.verb}"]`);
    expect(await send(ALL)).toEqual([]);
  });

  test.each(HEADROOM_ROWS.map((row) => [textOf(row), row.breaks, row] as const))("without %s %s", async (_grant, _breaks, row) => {
    const headrooms = createHeadrooms({ connection: account, image: "pause" });
    const signal = AbortSignal.timeout(SOON_MS);
    /** Everything that is ever done with placeholder pods. */
    const walk = async (namespace: string) => {
      const target = deployment(namespace, "roomy", 1) as { readonly spec: { readonly template: { readonly spec: { readonly containers: readonly object[] } } } };
      const containers = target.spec.template.spec.containers.map((container) => ({ ...container, resources: { requests: { cpu: "1m" } } }));
      const template = { ...target.spec.template, spec: { ...target.spec.template.spec, containers } };
      // An owner that is not there would have the garbage collector take them.
      await kubectl.apply({ ...target, spec: { ...target.spec, template } }, scaler(namespace, "roomy", { service: "morning", spec: { mode: "Recommend" } }));
      const { uid = "" } = (await kubectl.get<KubeObject>("psc", "roomy", "--namespace", namespace)).metadata;
      const owner = { namespace, name: "roomy", uid };
      const ref = { apiVersion: "apps/v1", kind: "Deployment", name: "roomy" };
      for (const replicas of [1, 2, 0]) await headrooms.keep(owner, ref, { replicas, priorityClassName: "none" }, signal);
      return headrooms.remove(owner, signal);
    };
    const refusal = await walk(namespaceWithout(row)).catch((error: unknown) => error);
    expect((refusal as KubeError).sentence).toContain(`apiGroups ["apps"], resources ["deployments"], verbs ["${row.verb}"]. In the chart nodeHeadroom.enabled=true grants it.`);
    await expect(walk(ALL)).resolves.toBe(true);
  });

  test.each(LEASE_ROWS.map((row) => [textOf(row), row] as const))("without %s no lease is held, and the failure says why", async (_grant, row) => {
    const leases = createLeases(account, LEASE_MS);
    const record = { holderIdentity: "me", leaseDurationSeconds: 15, acquireTimeMs: 0, renewTimeMs: 0, leaseTransitions: 0 };
    const walk = async (namespace: string) => {
      const signal = AbortSignal.timeout(SOON_MS);
      const name = { namespace, name: "predictive-scaler" };
      await leases.read(name, signal);
      const made = await leases.write(name, record, undefined, signal);
      await leases.write(name, record, made?.resourceVersion, signal);
    };
    const refusal = await walk(namespaceWithout(row)).catch((error: unknown) => error);
    expect((refusal as KubeError).sentence).toContain(`resources ["leases"], verbs ["${row.verb}"]`);
    await kubectl("delete", "lease", "predictive-scaler", "--namespace", ALL, "--ignore-not-found");
    await expect(walk(ALL)).resolves.toBeUndefined();
  });

  test("nothing else is granted: every other verb on every resource of the cluster is refused", async () => {
    const [bound, plain] = ["rbac-bound", "rbac-plain"];
    await operatorKubeconfig(kubectl, folder, bound);
    await accountKubeconfig(kubectl, folder, plain);
    const asked = await everyAttribute(admin);
    const allowed = async (name: string) => {
      const found: string[] = [];
      await Promise.all(
        Array.from({ length: 8 }, async (_, worker) => {
          for (let i = worker; i < asked.length; i += 8) if (await isAllowed(admin, name, asked[i] as Attributes)) found.push(JSON.stringify(asked[i]));
        }),
      );
      return found;
    };
    const [ours, anybody] = [await allowed(bound), new Set(await allowed(plain))];
    const isOurs = ({ namespace, group, resource, verb }: Attributes) =>
      (namespace === bound && LEADER_RULES.some((rule) => covers(rule, group, resource, verb))) || OPERATOR_RULES.some((rule) => covers(rule, group, resource, verb));
    const expected = asked.filter((one) => one.group !== undefined && isOurs(one)).map((one) => JSON.stringify(one));
    expect(asked.length).toBeGreaterThan(1_500);
    expect(expected.length).toBeGreaterThan(20);
    expect(ours.filter((one) => !anybody.has(one)).sort()).toEqual(expected.sort());
  });
});

interface Attributes {
  readonly namespace?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly verb: string;
  readonly path?: string;
}

const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
const SPECIAL = ["bind", "escalate", "impersonate", "approve", "sign", "attest", "use"];
/** What is asked of the namespace that the account lives in, of another, and of the cluster. */
const SCOPES = ["rbac-bound", "default", ""];

/** All verbs on all resources that the server knows, and on everything at once. */
async function everyAttribute(connection: KubeConnection): Promise<Attributes[]> {
  const groups = (await connection.request({ method: "GET", path: "/apis" })) as { groups: { name: string; preferredVersion: { groupVersion: string } }[] };
  const versions = [{ name: "", path: "/api/v1" }, ...groups.groups.map(({ name, preferredVersion }) => ({ name, path: `/apis/${preferredVersion.groupVersion}` }))];
  const resources: { group: string; resource: string }[] = [{ group: "*", resource: "*" }, { group: "", resource: "users" }, { group: "", resource: "groups" }];
  for (const { name, path } of versions) {
    const list = (await connection.request({ method: "GET", path })) as { resources: { name: string }[] };
    for (const one of list.resources) resources.push({ group: name, resource: one.name });
  }
  const ofResources = resources.flatMap((one) => [...VERBS, ...SPECIAL].flatMap((verb) => SCOPES.map((namespace) => ({ ...one, verb, namespace }))));
  const ofPaths = ["/metrics", "/logs", "/debug/pprof", "/configz", "/"].flatMap((path) => ["get", "post", "put", "delete"].map((verb) => ({ path, verb })));
  return [...ofResources, ...ofPaths];
}

function covers({ apiGroups, resources, verbs }: PolicyRule, group = "", resource = "", verb = ""): boolean {
  const isGroup = apiGroups.includes(group) || (apiGroups.includes("*") && group !== "*");
  const isResource = resources.includes(resource) || (resources.includes("*/scale") && resource.endsWith("/scale"));
  return isGroup && isResource && verbs.includes(verb);
}

async function isAllowed(connection: KubeConnection, account: string, { path, verb, group = "", resource = "", namespace = "" }: Attributes): Promise<boolean> {
  const [name, subresource = ""] = resource.split("/");
  const who = { user: `system:serviceaccount:${account}:${account}`, groups: ["system:serviceaccounts", `system:serviceaccounts:${account}`, "system:authenticated"] };
  const what = path === undefined ? { resourceAttributes: { namespace, group, resource: name, subresource, verb } } : { nonResourceAttributes: { path, verb } };
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec: { ...who, ...what } };
  const review = await connection.request({ method: "POST", path: "/apis/authorization.k8s.io/v1/subjectaccessreviews", body });
  return (review as { status: { allowed: boolean } }).status.allowed;
}
