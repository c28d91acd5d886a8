// Who else scales a target: HPAs as a scripted server lists and watches them, and the scalers that the cache reports.
import { afterEach, expect, test } from "vitest";
import { createClock } from "../../src/clock.ts";
import { createNeighbours, KubeError } from "../../src/kube/index.ts";
import type { KubeConnection, KubeObject, Neighbours } from "../../src/kube/index.ts";
import { lastManager } from "../../src/kube/writers.ts";

const TARGET = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const stop: AbortController[] = [];
afterEach(() => stop.splice(0).forEach((each) => each.abort()));

const hpa = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, namespace: "shop", uid: name, resourceVersion: "1", ...metadata },
  spec: { scaleTargetRef: TARGET, ...spec },
});

/** Lists `items`, or fails with `error`; the watch brings `events` and stays open. */
function start(items: readonly object[], { events = [], error }: { readonly events?: readonly object[]; readonly error?: Error } = {}) {
  const refused: string[] = [];
  const connection: KubeConnection = {
    server: "", namespace: "", close: async () => {},
    async request() {
      if (error !== undefined) throw error;
      return { items, metadata: { resourceVersion: "1" } };
    },
    async *watch(_path, signal) {
      yield* events;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
  const ended = new AbortController();
  stop.push(ended);
  const neighbours = createNeighbours({ connection, clock: createClock(), namespaces: ["shop"], onRefused: ({ message }) => void refused.push(message), onError: () => {} });
  void neighbours.run(ended.signal);
  return { neighbours, refused };
}
const listed = async (neighbours: Neighbours) => {
  for (let i = 0; i < 200 && neighbours.autoscalersOf("shop", TARGET) === undefined; i++) await new Promise((resolve) => setImmediate(resolve));
  return neighbours.autoscalersOf("shop", TARGET)?.map(({ name }) => name);
};

test("HPAs are found by their target, whatever the version of its group; KEDA's by the ScaledObject", async () => {
  const owned = { ownerReferences: [{ kind: "ScaledObject", name: "web" }] };
  const { neighbours } = start([
    hpa("plain", { scaleTargetRef: { ...TARGET, apiVersion: "apps/v1beta2" } }),
    hpa("keda-hpa-web", {}, owned),
    hpa("of-another", { scaleTargetRef: { ...TARGET, name: "api" } }),
    hpa("of-another-kind", { scaleTargetRef: { ...TARGET, kind: "StatefulSet" } }),
    hpa("elsewhere", {}, { namespace: "other" }),
    hpa("switched-off", { behavior: { scaleUp: { selectPolicy: "Disabled" }, scaleDown: { selectPolicy: "Disabled" } } }),
    hpa("only-grows", { behavior: { scaleDown: { selectPolicy: "Disabled" } } }),
  ]);
  expect(neighbours.autoscalersOf("shop", TARGET)).toBeUndefined();
  expect(await listed(neighbours)).toEqual(["plain", "keda-hpa-web", "only-grows"]);
  expect(neighbours.autoscalersOf("shop", TARGET)?.[1]).toMatchObject({ scaledObject: "web" });
});

test("an HPA that is deleted or given another target is one no more", async () => {
  const moved = hpa("moves", { scaleTargetRef: { ...TARGET, name: "api" } }, { resourceVersion: "2" });
  const events = [{ type: "DELETED", object: hpa("goes") }, { type: "MODIFIED", object: moved }];
  const { neighbours } = start([hpa("goes"), hpa("moves"), hpa("stays")], { events });
  await listed(neighbours);
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(await listed(neighbours)).toEqual(["stays"]);
});

test("where HPAs may not be listed that is said once, and nobody is known", async () => {
  const { neighbours, refused } = start([], { error: new KubeError("may not list", { reason: "Forbidden", retry: "backoff", status: 403 }) });
  expect(await listed(neighbours)).toEqual([]);
  expect(refused).toHaveLength(1);
});

test("of scalers the older is told to the younger; of one age the lesser uid is older; who only watches does not count", () => {
  const { neighbours } = start([]);
  const scaler = (name: string, second: number, spec: object = {}): KubeObject & { readonly spec: object } => ({
    metadata: { name, namespace: "shop", uid: `uid-${name}`, creationTimestamp: `2026-03-02T08:00:0${second}Z` },
    spec: { scaleTargetRef: TARGET, ...spec },
  });
  const [first, second, third, watcher, other] = [scaler("z", 1), scaler("a", 2), scaler("b", 2), scaler("w", 0, { mode: "Recommend" }), scaler("o", 0, { scaleTargetRef: { ...TARGET, name: "api" } })];
  for (const each of [third, first, watcher, second, other]) neighbours.changed(`shop/${each.metadata.name}`, each);
  expect([first, second, third, other].map((each) => neighbours.olderScalerOf(each))).toEqual([undefined, "z", "z", undefined]);
  neighbours.changed("shop/z", undefined);
  expect([second, third].map((each) => neighbours.olderScalerOf(each))).toEqual([undefined, "a"]);
  neighbours.changed("shop/a", scaler("a", 2, { mode: "Recommend" }));
  expect(neighbours.olderScalerOf(third)).toBeUndefined();
});

test("of the owners of spec.replicas the one that wrote last is named; owners of other fields are not asked", () => {
  const entry = (manager: string, time: string, field: string) => ({ manager, time, fieldsV1: { "f:spec": { [field]: {} } } });
  const entries = [entry("argocd-controller", "2026-03-02T08:00:02Z", "f:replicas"), entry("kubectl", "2026-03-02T08:00:01Z", "f:replicas"), entry("helm", "2026-03-02T08:00:09Z", "f:template")];
  expect(lastManager(entries)).toBe("argocd-controller");
  expect(lastManager([])).toBeUndefined();
});
