// The pod that keeps room for one replica: it asks for what a pod of the target asks for, where the target's pods may run, and does nothing. Pure.
// Invariants: it has no label of the target's pods, so that no Service, budget or selector takes it for one; it passes the restricted Pod Security Standard.
import { parseQuantity } from "../api/index.ts";

type Amounts = Readonly<Record<string, string | number>>;

interface Resources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: Resources;
}

/** The fields of a workload's spec.template.spec that are read. */
export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  /** Of the pod as a whole. */
  readonly resources?: Resources;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: { readonly nodeAffinity?: unknown };
  readonly tolerations?: readonly unknown[];
  readonly runtimeClassName?: string;
  readonly schedulerName?: string;
  readonly imagePullSecrets?: readonly unknown[];
}

export interface PlaceholderOptions {
  readonly image: string;
  readonly priorityClassName: string;
  /** Of the placeholders' Deployment and its pods. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Resources that may be promised more often than they are there; of all others a pod's limit must be its request. */
const OVERCOMMITTED: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

/** spec.template of the placeholders of a target whose pods are `pod`; undefined if these ask for nothing that could be kept for them. */
export function placeholderTemplate(pod: PodSpec, { image, priorityClassName, labels }: PlaceholderOptions): object | undefined {
  const requests = podRequests(pod);
  if (requests.size === 0) return undefined;
  const written = Object.fromEntries([...requests].map(([name, amount]) => [name, amountText(name, amount)]));
  const limits = Object.fromEntries(Object.entries(written).filter(([name]) => !OVERCOMMITTED.has(name)));
  const { nodeSelector, affinity, tolerations, runtimeClassName, schedulerName, imagePullSecrets } = pod;
  const nodeAffinity = affinity?.nodeAffinity;
  const toNodes = nodeAffinity === undefined ? undefined : { nodeAffinity };
  const where = { nodeSelector, affinity: toNodes, tolerations, runtimeClassName, schedulerName, imagePullSecrets };
  return {
    metadata: { labels },
    spec: {
      ...Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined)),
      priorityClassName,
      // It has nothing to finish: its room is free at once.
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "placeholder",
          image,
          resources: { requests: written, ...(Object.keys(limits).length === 0 ? {} : { limits }) },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}

/**
 * What the scheduler counts for a pod, by resource, in base units: containers and sidecars together, or the largest moment of the start if that is more;
 * the pod's own resources where it states them. Source: the Kubernetes documentation, "Resource sharing within containers".
 */
function podRequests(pod: PodSpec): ReadonlyMap<string, number> {
  let sidecars: ReadonlyMap<string, number> = new Map();
  let largest: ReadonlyMap<string, number> = new Map();
  for (const container of pod.initContainers ?? []) {
    const started = joined(sidecars, requestsOf(container), (one, other) => one + other);
    if (container.restartPolicy === "Always") sidecars = started;
    largest = joined(largest, started, Math.max);
  }
  const running = (pod.containers ?? []).map(requestsOf).reduce((sum, own) => joined(sum, own, (one, other) => one + other), sidecars);
  return joined(joined(largest, running, Math.max), requestsOf(pod), (_parts, whole) => whole);
}

/** A limit stands for a request that is not written, as the API server has it. */
function requestsOf({ resources }: { readonly resources?: Resources | undefined }): ReadonlyMap<string, number> {
  const amounts = Object.entries({ ...resources?.limits, ...resources?.requests }).map(([name, amount]) => [name, parseQuantity(amount) ?? 0] as const);
  return new Map(amounts.filter(([, amount]) => amount > 0));
}

type Amount = ReadonlyMap<string, number>;

/** `join` is asked where both have the resource. */
function joined(first: Amount, second: Amount, join: (one: number, other: number) => number): Amount {
  const result = new Map(first);
  for (const [name, amount] of second) {
    const other = first.get(name);
    result.set(name, other === undefined ? amount : join(other, amount));
  }
  return result;
}

/** Sums of decimal fractions are a little off: a billionth is no further unit. */
function amountText(name: string, amount: number): string {
  if (name === "cpu") return `${Math.ceil(amount * 1000 - 1e-6)}m`;
  return String(Math.ceil(amount - 1e-6));
}
