// What the operator relies on at an API server, as tests: the real server and the playground's must both pass them.
// The PredictiveScaler CRD must be there already. Everything is made in a namespace of its own and left behind.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClock } from "../../src/clock.ts";
import { connect, KubeError } from "../../src/kube/index.ts";
import type { KubeConnection, KubeRequest } from "../../src/kube/index.ts";

/** Where the server is; give `server` (plain, no credentials) or `kubeconfig`. */
export interface ContractServer {
  readonly server?: string;
  readonly kubeconfig?: string;
  /** Forgets every version up to now, so that old versions and continue tokens are expired; tests that need it are skipped without. */
  readonly expireVersions?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly labels?: Record<string, string>;
  readonly creationTimestamp?: string;
  readonly continue?: string;
}
interface Thing {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Meta;
  readonly spec: { readonly replicas?: number; readonly holderIdentity?: string; readonly maxReplicas?: number };
  readonly status?: { readonly replicas?: number; readonly selector?: string; readonly desiredReplicas?: number; readonly currentReplicas?: number };
  readonly series?: { readonly count: number };
  readonly note?: string;
}
interface List {
  readonly kind: string;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly Thing[];
}
interface WatchEvent {
  readonly type: string;
  readonly object: Thing & { readonly code?: number; readonly reason?: string };
}

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const MISSING = "no-such-thing";

/** Defines the tests under `name`. `connectTo` is called once, before the first of them. */
export function kubeContract(name: string, connectTo: () => Promise<ContractServer>): void {
  describe(`Contract of ${name}`, () => {
    let at: ContractServer;
    let kube: KubeConnection;
    const ns = `contract-${createClock().nowMs().toString(36)}`;
    const deployments = `/apis/apps/v1/namespaces/${ns}/deployments`;
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${ns}/leases`;
    const scalers = `/apis/predictivescaler.io/v1alpha1/namespaces/${ns}/predictivescalers`;
    const events = `/apis/events.k8s.io/v1/namespaces/${ns}/events`;

    const ask = async <T = Thing>(method: KubeRequest["method"], path: string, body?: unknown, contentType?: string) =>
      (await kube.request({ method, path, ...(body === undefined ? {} : { body }), ...(contentType === undefined ? {} : { contentType }) })) as T;
    const refusal = async (method: KubeRequest["method"], path: string, body?: unknown, contentType?: string): Promise<KubeError> => {
      const error: unknown = await ask(method, path, body, contentType).then(
        () => new Error(`${method} ${path} was accepted`),
        (error: unknown) => error,
      );
      if (error instanceof KubeError) return error;
      throw error;
    };
    /** Events of a watch until `enough` says so, or the server closes. */
    const watch = async (path: string, enough: (seen: readonly WatchEvent[]) => boolean, begun?: () => Promise<unknown>): Promise<WatchEvent[]> => {
      const seen: WatchEvent[] = [];
      const stop = new AbortController();
      const doing = begun?.();
      for await (const event of kube.watch(path, stop.signal)) {
        seen.push(event as WatchEvent);
        if (enough(seen)) stop.abort();
      }
      await doing;
      return seen;
    };
    const versionOf = async (path: string) => (await ask<List>("GET", path)).metadata.resourceVersion;
    const never = () => false;

    beforeAll(async () => {
      at = await connectTo();
      kube = connect({ ...(at.server === undefined ? {} : { server: at.server }), ...(at.kubeconfig === undefined ? {} : { kubeconfig: at.kubeconfig }) });
      await ask("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: ns } });
      await ask("POST", deployments, deployment("web", 2));
    });
    afterAll(async () => {
      await kube?.close();
      await at?.close?.();
    });

    describe("objects", () => {
      test("a created object has name, namespace, uid, version, generation and creation time", async () => {
        const made = await ask("POST", deployments, deployment("made", 1));
        expect(made).toMatchObject({ kind: "Deployment", apiVersion: "apps/v1", metadata: { name: "made", namespace: ns, generation: 1 } });
        expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(made.metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
        expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(await ask("GET", `${deployments}/made`)).toMatchObject({ metadata: { uid: made.metadata.uid }, spec: { replicas: 1 } });
      });
      test("generateName makes a name", async () => {
        const made = await ask("POST", leases, { ...lease("x"), metadata: { generateName: "made-" } });
        expect(made.metadata.name).toMatch(/^made-[a-z0-9]{5,}$/);
      });
      test("generation rises with the specification only", async () => {
        await ask("POST", deployments, deployment("aging", 1));
        expect((await ask("PATCH", `${deployments}/aging`, { spec: { replicas: 3 } }, MERGE_PATCH)).metadata.generation).toBe(2);
        expect((await ask("PATCH", `${deployments}/aging`, { metadata: { labels: { a: "b" } } }, MERGE_PATCH)).metadata.generation).toBe(2);
      });
      test("a merge patch sets, keeps, and removes by null", async () => {
        await ask("POST", leases, { ...lease("merge"), metadata: { name: "merge", labels: { keep: "1", drop: "1" } } });
        const patched = await ask("PATCH", `${leases}/merge`, { metadata: { labels: { drop: null, add: "1" } } }, MERGE_PATCH);
        expect(patched.metadata.labels).toEqual({ keep: "1", add: "1" });
        expect(patched.spec.holderIdentity).toBe("me");
      });
      test("a JSON patch applies when its tests hold, and nothing of it when one does not (422)", async () => {
        await ask("POST", leases, lease("jsonpatch"));
        const replace = { op: "replace", path: "/spec/holderIdentity", value: "you" };
        const wrong = [replace, { op: "test", path: "/spec/holderIdentity", value: "nobody" }];
        expect((await refusal("PATCH", `${leases}/jsonpatch`, wrong, JSON_PATCH)).status).toBe(422);
        expect((await ask("GET", `${leases}/jsonpatch`)).spec.holderIdentity).toBe("me");
        const right = [{ op: "test", path: "/spec/holderIdentity", value: "me" }, replace];
        expect((await ask("PATCH", `${leases}/jsonpatch`, right, JSON_PATCH)).spec.holderIdentity).toBe("you");
      });
      test("an update with an old version is a conflict, with the current one it passes", async () => {
        const first = await ask("POST", leases, lease("update"));
        const second = await ask("PUT", `${leases}/update`, { ...first, spec: { holderIdentity: "second" } });
        expect(second.spec.holderIdentity).toBe("second");
        const conflict = await refusal("PUT", `${leases}/update`, { ...first, spec: { holderIdentity: "late" } });
        expect(conflict).toMatchObject({ status: 409, reason: "Conflict", statusReason: "Conflict" });
        expect(conflict.message).toContain("the object has been modified");
      });
      test("a patch that changes nothing makes no new version", async () => {
        const before = await ask("POST", leases, lease("same"));
        const after = await ask("PATCH", `${leases}/same`, { spec: { holderIdentity: "me" } }, MERGE_PATCH);
        expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
      });
      test("a deleted object is gone, and made again it has a new uid", async () => {
        const first = await ask("POST", leases, lease("again"));
        await ask("DELETE", `${leases}/again`);
        expect((await refusal("GET", `${leases}/again`)).status).toBe(404);
        expect((await ask("POST", leases, lease("again"))).metadata.uid).not.toBe(first.metadata.uid);
      });
    });

    describe("refusals", () => {
      test("404 for an object that is not there names it", async () => {
        const error = await refusal("GET", `${deployments}/${MISSING}`);
        expect(error).toMatchObject({ status: 404, reason: "TargetNotFound", statusReason: "NotFound" });
        expect(error.message).toContain(`deployments.apps "${MISSING}" not found`);
      });
      test("404 for patches of what is not there", async () => {
        for (const path of [`${deployments}/${MISSING}/scale`, `${scalers}/${MISSING}/status`])
          expect((await refusal("PATCH", path, { spec: { replicas: 1 } }, MERGE_PATCH)).status).toBe(404);
      });
      test("404 for resources, groups and subresources that the server does not know", async () => {
        const unknown = [`/apis/apps/v1/namespaces/${ns}/nothings`, "/apis/nothing.example/v1", "/nothing", `${leases}/x/scale`];
        for (const path of unknown) expect({ path, status: (await refusal("GET", path)).status }).toEqual({ path, status: 404 });
      });
      test("409 AlreadyExists for a second object of the same name", async () => {
        await ask("POST", leases, lease("twice"));
        const error = await refusal("POST", leases, lease("twice"));
        expect(error).toMatchObject({ status: 409, statusReason: "AlreadyExists" });
        expect(error.message).toContain('leases.coordination.k8s.io "twice" already exists');
      });
      test("422 Invalid for an object without a name", async () => {
        const error = await refusal("POST", leases, { ...lease("x"), metadata: {} });
        expect(error).toMatchObject({ status: 422, reason: "KubernetesRejected", statusReason: "Invalid" });
        expect(error.message).toContain("name or generateName is required");
      });
      test("422 Invalid for replicas below zero", async () => {
        const error = await refusal("PATCH", `${deployments}/web/scale`, { spec: { replicas: -1 } }, MERGE_PATCH);
        expect(error).toMatchObject({ status: 422, statusReason: "Invalid" });
        expect(error.message).toContain("must be greater than or equal to 0");
      });
      test("415 for a patch type that nobody knows", async () => {
        expect((await refusal("PATCH", `${leases}/twice`, {}, "text/plain")).status).toBe(415);
      });
    });

    describe("lists", () => {
      test("a list carries a version and its items, of one namespace or of all", async () => {
        const list = await ask<List>("GET", deployments);
        expect(list).toMatchObject({ kind: "DeploymentList" });
        expect(list.metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
        expect(list.items.map((item) => item.metadata.name)).toContain("web");
        const all = await ask<List>("GET", "/apis/apps/v1/deployments?resourceVersion=0");
        expect(all.items.some((item) => item.metadata.namespace === ns && item.metadata.name === "web")).toBe(true);
      });
      test("limit and continue walk every item once, at one version", async () => {
        for (let i = 0; i < 5; i++) await ask("POST", scalers, scaler(`page-${i}`));
        const names: string[] = [];
        const versions = new Set<string>();
        let token: string | undefined;
        let pages = 0;
        do {
          const list: List = await ask<List>("GET", `${scalers}?limit=2${token === undefined ? "" : `&continue=${encodeURIComponent(token)}`}`);
          expect(list.items.length).toBeLessThanOrEqual(2);
          names.push(...list.items.map((item) => item.metadata.name));
          versions.add(list.metadata.resourceVersion);
          token = list.metadata.continue === "" ? undefined : list.metadata.continue;
          if (pages === 0) await ask("POST", scalers, scaler("page-late"));
          pages++;
        } while (token !== undefined && pages < 10);
        expect(pages).toBe(3);
        expect(versions.size).toBe(1);
        expect(names).toEqual(["page-0", "page-1", "page-2", "page-3", "page-4"]);
      });
      test("a label selector narrows a list", async () => {
        await ask("POST", leases, { ...lease("labelled"), metadata: { name: "labelled", labels: { pick: "me" } } });
        const list = await ask<List>("GET", `${leases}?labelSelector=${encodeURIComponent("pick=me")}`);
        expect(list.items.map((item) => item.metadata.name)).toEqual(["labelled"]);
      });
      test("an unusable continue token is refused", async () => {
        expect((await refusal("GET", `${leases}?limit=1&continue=nonsense`)).status).toBe(400);
      });
      test("an expired continue token is 410, or still shows its old version", async (context) => {
        if (at.expireVersions === undefined) return context.skip();
        for (let i = 0; i < 3; i++) await ask("POST", leases, lease(`expire-${i}`));
        const { metadata } = await ask<List>("GET", `${leases}?limit=1`);
        await ask("POST", leases, lease("expire-more"));
        await at.expireVersions();
        const next = { method: "GET", path: `${leases}?limit=100&continue=${encodeURIComponent(metadata.continue ?? "")}` } as const;
        const outcome = await kube.request(next).catch((error: unknown) => error);
        // Newer real servers answer from a snapshot that they keep.
        const found = outcome instanceof KubeError ? `${outcome.status} ${outcome.statusReason}` : `version ${(outcome as List).metadata.resourceVersion}`;
        expect(["410 Expired", `version ${metadata.resourceVersion}`]).toContain(found);
      });
    });

    describe("watches", () => {
      test("a watch from a list's version tells what happened since, in order, then goes on", async () => {
        const version = await versionOf(leases);
        await ask("POST", leases, lease("watched"));
        await ask("PATCH", `${leases}/watched`, { spec: { holderIdentity: "other" } }, MERGE_PATCH);
        const path = `${leases}?watch=true&resourceVersion=${version}&timeoutSeconds=10`;
        const seen = await watch(path, (events) => events.length === 3, async () => ask("DELETE", `${leases}/watched`));
        expect(seen.map((event) => [event.type, event.object.metadata.name])).toEqual([
          ["ADDED", "watched"],
          ["MODIFIED", "watched"],
          ["DELETED", "watched"],
        ]);
        const versions = seen.map((event) => Number(event.object.metadata.resourceVersion));
        expect(versions).toEqual(versions.toSorted((a, b) => a - b));
        expect(new Set(versions).size).toBe(3);
        expect(seen[1]?.object).toMatchObject({ kind: "Lease", apiVersion: "coordination.k8s.io/v1", spec: { holderIdentity: "other" } });
      });
      test("a watch of one resource does not hear of others", async () => {
        const version = await versionOf(scalers);
        await ask("POST", leases, lease("elsewhere"));
        await ask("POST", scalers, scaler("heard"));
        const seen = await watch(`${scalers}?watch=true&resourceVersion=${version}&timeoutSeconds=10`, (events) => events.length === 1);
        expect(seen.map((event) => event.object.metadata.name)).toEqual(["heard"]);
      });
      test("bookmarks bring a version without an object before the watch's time is up, and the server closes it then", { timeout: 20_000 }, async () => {
        const version = await versionOf(scalers);
        const path = `/apis/predictivescaler.io/v1alpha1/predictivescalers?watch=true&allowWatchBookmarks=true&resourceVersion=${version}&timeoutSeconds=4`;
        let changed = "";
        // A change elsewhere moves the version on; the list makes the real server's cache of scalers notice.
        const seen = await watch(path, never, async () => {
          changed = (await ask("POST", leases, lease("moves-on"))).metadata.resourceVersion;
          await versionOf(scalers);
        });
        const last = seen.at(-1);
        expect(last).toMatchObject({ type: "BOOKMARK", object: { kind: "PredictiveScaler" } });
        expect(last?.object.metadata.name).toBeUndefined();
        expect(Number(last?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(changed));
      });
      test("a watch from an expired version ends with 410", async (context) => {
        if (at.expireVersions === undefined) return context.skip();
        const version = await versionOf(leases);
        await ask("POST", leases, lease("newer"));
        await ask("POST", leases, lease("newest"));
        await at.expireVersions();
        // The real server keeps recent changes in memory, whatever etcd has forgotten: only the first version of all is surely too old.
        let code: number | undefined;
        for (const old of [version, "1"]) {
          try {
            const seen = await watch(`${leases}?watch=true&resourceVersion=${old}&timeoutSeconds=2`, (events) => events.length > 0);
            code = seen[0]?.type === "ERROR" ? seen[0].object.code : undefined;
          } catch (error) {
            code = error instanceof KubeError ? error.status : undefined;
          }
          if (code === 410) break;
        }
        expect(code).toBe(410);
      });
    });

    describe("subresources", () => {
      test("/scale of a Deployment shows replicas, selector, and the Deployment's own uid and version", async () => {
        const target = await ask("GET", `${deployments}/web`);
        const scale = await ask("GET", `${deployments}/web/scale`);
        expect(scale).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", metadata: { name: "web", namespace: ns, uid: target.metadata.uid } });
        expect(scale.spec.replicas).toBe(target.spec.replicas);
        expect(scale.status?.selector).toBe("app=web");
      });
      test("a patch of /scale sets the Deployment's replicas", async () => {
        await ask("POST", deployments, deployment("scaled", 2));
        expect((await ask("PATCH", `${deployments}/scaled/scale`, { spec: { replicas: 5 } }, MERGE_PATCH)).spec.replicas).toBe(5);
        expect((await ask("GET", `${deployments}/scaled`)).spec.replicas).toBe(5);
      });
      test("a patch of /scale with the current version passes, with an old one it is a conflict and changes nothing", async () => {
        const made = await ask("POST", deployments, deployment("guarded", 2));
        const patch = (version: string, replicas: number) => ({ metadata: { resourceVersion: version }, spec: { replicas } });
        const { metadata } = await ask("GET", `${deployments}/guarded/scale`);
        await ask("PATCH", `${deployments}/guarded/scale`, patch(metadata.resourceVersion, 3), MERGE_PATCH);
        const error = await refusal("PATCH", `${deployments}/guarded/scale`, patch(made.metadata.resourceVersion, 9), MERGE_PATCH);
        expect(error).toMatchObject({ status: 409, reason: "Conflict", statusReason: "Conflict" });
        expect((await ask("GET", `${deployments}/guarded`)).spec.replicas).toBe(3);
      });
      test("a status patch changes status alone, and a patch of the object does not change status", async () => {
        const made = await ask("POST", scalers, scaler("stated"));
        const stated = await ask("PATCH", `${scalers}/stated/status`, { spec: { maxReplicas: 99 }, status: { desiredReplicas: 7, currentReplicas: 3 } }, MERGE_PATCH);
        expect(stated).toMatchObject({ status: { desiredReplicas: 7, currentReplicas: 3 }, spec: { maxReplicas: 10 }, metadata: { generation: made.metadata.generation } });
        expect(stated.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion);
        const again = await ask("PATCH", `${scalers}/stated/status`, { status: { currentReplicas: null } }, MERGE_PATCH);
        expect(again.status).toEqual({ desiredReplicas: 7 });
        const object = await ask("PATCH", `${scalers}/stated`, { spec: { maxReplicas: 12 }, status: { desiredReplicas: 1 } }, MERGE_PATCH);
        expect(object).toMatchObject({ status: { desiredReplicas: 7 }, spec: { maxReplicas: 12 }, metadata: { generation: 2 } });
      });
      test("a patch of /status with the current version passes, with an old one it is a conflict and changes nothing", async () => {
        const made = await ask("POST", scalers, scaler("versioned"));
        const patch = (resourceVersion: string, desiredReplicas: number) =>
          [`${scalers}/versioned/status`, { metadata: { resourceVersion }, status: { desiredReplicas } }, MERGE_PATCH] as const;
        const first = await ask("PATCH", ...patch(made.metadata.resourceVersion, 3));
        expect(await refusal("PATCH", ...patch(made.metadata.resourceVersion, 9))).toMatchObject({ status: 409, reason: "Conflict" });
        expect((await ask("PATCH", ...patch(first.metadata.resourceVersion, 4))).status?.desiredReplicas).toBe(4);
      });
      test("a PredictiveScaler has no /scale", async () => {
        expect((await refusal("GET", `${scalers}/stated/scale`)).status).toBe(404);
      });
    });

    describe("discovery", () => {
      test("a group's resources and subresources are listed with their kinds", async () => {
        const { resources } = await ask<{ resources: { name: string; kind: string; namespaced: boolean }[] }>("GET", "/apis/apps/v1");
        expect(resources).toContainEqual(expect.objectContaining({ name: "deployments", kind: "Deployment", namespaced: true }));
        expect(resources).toContainEqual(expect.objectContaining({ name: "deployments/scale", kind: "Scale" }));
        const own = await ask<{ resources: { name: string; kind: string }[] }>("GET", "/apis/predictivescaler.io/v1alpha1");
        expect(own.resources).toContainEqual(expect.objectContaining({ name: "predictivescalers", kind: "PredictiveScaler" }));
        expect(own.resources.map((resource) => resource.name)).not.toContain("predictivescalers/scale");
      });
    });

    describe("events", () => {
      test("an event can be made, and patched into a series", async () => {
        const made = await ask("POST", events, event("web.1", ns));
        expect(made).toMatchObject({ kind: "Event", apiVersion: "events.k8s.io/v1", note: "contract" });
        const series = { count: 2, lastObservedTime: "2026-01-01T00:01:00.000000Z" };
        expect((await ask("PATCH", `${events}/web.1`, { series }, MERGE_PATCH)).series?.count).toBe(2);
        expect((await ask<List>("GET", events)).items).toHaveLength(1);
      });
    });
  });
}

function deployment(name: string, replicas: number) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image: "example.org/none" }] } },
    },
  };
}

function lease(name: string) {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name }, spec: { holderIdentity: "me" } };
}

function scaler(name: string) {
  return {
    apiVersion: "predictivescaler.io/v1alpha1",
    kind: "PredictiveScaler",
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      maxReplicas: 10,
      metric: { query: "sum(rate(http_requests_total[2m]))", targetPerReplica: "50" },
    },
  };
}

function event(name: string, namespace: string) {
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name },
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingController: "predictivescaler.io/operator",
    reportingInstance: "contract",
    action: "Scale",
    reason: "ForecastDemand",
    regarding: { apiVersion: "apps/v1", kind: "Deployment", namespace, name: "web" },
    note: "contract",
    type: "Normal",
  };
}
