// What a placeholder pod asks for: the scheduler's own count of a pod of the target, and where that pod may run. Nothing else of the target is taken over.
import { expect, test } from "vitest";
import { placeholderTemplate } from "../../src/kube/headroom-pods.ts";
import type { PodSpec } from "../../src/kube/headroom-pods.ts";

const OPTIONS = { image: "pause", priorityClassName: "low", labels: { a: "b" } };
const requests = (cpu?: string | number, memory?: string) => ({ requests: { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) } });

interface Template {
  readonly metadata: { readonly labels: object };
  readonly spec: { readonly containers: readonly { readonly resources: object }[]; readonly affinity?: object };
}
const template = (pod: PodSpec) => placeholderTemplate(pod, OPTIONS) as Template | undefined;
const resources = (pod: PodSpec) => template(pod)?.spec.containers[0]?.resources;

test("the containers of a pod count together, in thousandths of a core and in bytes", () => {
  const pod = { containers: [{ resources: requests("100m", "64Mi") }, { resources: requests(0.2, "1M") }, {}] };
  expect(resources(pod)).toEqual({ requests: { cpu: "300m", memory: String(64 * 2 ** 20 + 1_000_000) } });
});

test("a limit stands for a request that is not written", () => {
  const container = { resources: { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "500m" } } };
  expect(resources({ containers: [container] })).toEqual({ requests: { cpu: "500m", memory: String(2 ** 30) } });
});

test("a start that asks for more than the run counts, with the sidecars that run by then; sidecars count for the run too", () => {
  const initContainers = [
    { resources: requests("50m") },
    { restartPolicy: "Always", resources: requests("100m") },
    { resources: requests("700m", "32Mi") },
    { restartPolicy: "Always", resources: requests("10m") },
  ];
  const memory = String(32 * 2 ** 20);
  expect(resources({ initContainers, containers: [{ resources: requests("200m") }] })).toEqual({ requests: { cpu: "800m", memory } });
  expect(resources({ initContainers, containers: [{ resources: requests("2") }] })).toEqual({ requests: { cpu: "2110m", memory } });
});

test("what the pod asks for as a whole wins over its parts", () => {
  const pod = { resources: requests("1"), containers: [{ resources: requests("3", "1Mi") }] };
  expect(resources(pod)).toEqual({ requests: { cpu: "1000m", memory: String(2 ** 20) } });
});

test("a device that cannot be promised twice has its request as limit", () => {
  const pod = { containers: [{ resources: { limits: { "nvidia.com/gpu": 1, cpu: "1" } } }] };
  expect(resources(pod)).toEqual({ requests: { cpu: "1000m", "nvidia.com/gpu": "1" }, limits: { "nvidia.com/gpu": "1" } });
});

test("pods that ask for nothing have no placeholders", () => {
  expect(template({ containers: [{}, { resources: { requests: { cpu: "0" } } }] })).toBeUndefined();
  expect(template({})).toBeUndefined();
});

test("it runs where the target's pods may run, and is none of them", () => {
  const where = { nodeSelector: { pool: "web" }, tolerations: [{ key: "web" }], runtimeClassName: "gvisor", schedulerName: "other", imagePullSecrets: [{ name: "r" }] };
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: {} };
  const own = { ...where, affinity: { nodeAffinity, podAntiAffinity: { x: 1 } }, serviceAccountName: "web", volumes: [{ name: "data" }], priorityClassName: "high" };
  const made = template({ ...own, containers: [{ resources: requests("1") }] });
  expect(made?.metadata.labels).toEqual({ a: "b" });
  expect(made?.spec).toMatchObject({ ...where, affinity: { nodeAffinity }, priorityClassName: "low", terminationGracePeriodSeconds: 0, automountServiceAccountToken: false });
  expect(made?.spec.affinity).toEqual({ nodeAffinity });
  expect(Object.keys(made?.spec ?? {})).not.toEqual(expect.arrayContaining(["serviceAccountName"]));
  expect(Object.keys(made?.spec ?? {})).not.toEqual(expect.arrayContaining(["volumes"]));
});
