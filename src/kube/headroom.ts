// The placeholder pods of scalers: one Deployment each, named after its scaler and owned by it, so that it goes with it.
// Invariants: nothing is changed or deleted that the scaler does not own; each write carries the uid of what was looked at.
import { createHash } from "node:crypto";
import type { ScaleTargetRef } from "../api/index.ts";
import { GROUP, KIND, VERSION } from "../api/index.ts";
import { KubeError } from "./failure.ts";
import { placeholderTemplate } from "./headroom-pods.ts";
import type { PodSpec } from "./headroom-pods.ts";
import type { HeadroomOwner, Headrooms, KubeConnection, KubeObject, PlaceholdersWanted } from "./kube.ts";
import { readyReplicas, wantedReplicas, WORKLOAD_PLURALS } from "./workloads.ts";
import type { Workload } from "./workloads.ts";

export const HEADROOM_LABEL = `${GROUP}/headroom`;
/** What the pods were made from: a target that asks for other things needs others. */
const TEMPLATE_ANNOTATION = `${GROUP}/headroom-template`;
const SUFFIX = "-headroom";
/** A name that leaves room for what is added to the names of ReplicaSets and pods. */
const MOST_NAME = 63;
const UID_LENGTH = 8;
const GRANT_HINT = "In the chart nodeHeadroom.enabled=true grants it.";

interface Placeholders extends KubeObject, Workload {
  readonly metadata: KubeObject["metadata"] & {
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly uid?: string }[];
  };
  readonly status?: Workload["status"] & { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

/** `image` of the pods. Throws KubeError: HeadroomUnsupported, HeadroomRefused, TargetNotFound, and those of every call. */
export function createHeadrooms({ connection, image }: { readonly connection: KubeConnection; readonly image: string }): Headrooms {
  return {
    async keep(owner, target, wanted, signal) {
      try {
        return await keep(connection, image, { owner, target, wanted, signal });
      } catch (error) {
        throw withGrant(error);
      }
    },
    async remove(owner, signal) {
      try {
        const path = pathOf(owner);
        const found = await read(connection, path, signal);
        if (found === undefined || !isOwned(found, owner)) return false;
        await remove(connection, path, found, signal);
        return true;
      } catch (error) {
        throw withGrant(error);
      }
    },
  };
}

interface Job {
  readonly owner: HeadroomOwner;
  readonly target: ScaleTargetRef;
  readonly wanted: PlaceholdersWanted;
  readonly signal: AbortSignal;
}

async function keep(connection: KubeConnection, image: string, { owner, target, wanted, signal }: Job) {
  const path = pathOf(owner);
  const found = await read(connection, path, signal);
  if (found !== undefined && !isOwned(found, owner)) throw nameTaken(owner);
  // What is being deleted cannot be made again before it is gone.
  if (found?.metadata.deletionTimestamp !== undefined) return { replicas: 0, ready: 0, refused: undefined };
  const state = { replicas: wanted.replicas, ready: found === undefined ? 0 : readyReplicas(found) || 0, refused: refusalOf(found) };
  if (wanted.replicas === 0) {
    if (found !== undefined && wantedReplicas(found) > 0) await scale(connection, path, found, 0, signal);
    return { ...state, refused: undefined };
  }
  const deployment = await deploymentFor(connection, image, { owner, target, wanted, signal });
  if (found !== undefined && found.metadata.annotations?.[TEMPLATE_ANNOTATION] === deployment.metadata.annotations[TEMPLATE_ANNOTATION]) {
    if (wantedReplicas(found) !== wanted.replicas) await scale(connection, path, found, wanted.replicas, signal);
    return state;
  }
  // A template is changed by making all anew: that needs no leave to change Deployments of others.
  if (found !== undefined) await remove(connection, path, found, signal);
  await connection.request({ method: "POST", path: deploymentsPath(owner.namespace), body: deployment, signal });
  return { ...state, ready: 0, refused: undefined };
}

/** The Deployment's name: the scaler's, cut where it is long and then told apart by its uid. */
export function headroomName({ name, uid }: Pick<HeadroomOwner, "name" | "uid">): string {
  if (name.length + SUFFIX.length <= MOST_NAME) return name + SUFFIX;
  const end = `-${uid.slice(0, UID_LENGTH)}${SUFFIX}`;
  return name.slice(0, MOST_NAME - end.length).replace(/[.-]+$/, "") + end;
}

function deploymentsPath(namespace: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments`;
}

function pathOf(owner: HeadroomOwner): string {
  return `${deploymentsPath(owner.namespace)}/${headroomName(owner)}`;
}

function isOwned({ metadata }: Placeholders, { uid }: HeadroomOwner): boolean {
  return metadata.labels?.[HEADROOM_LABEL] === uid && (metadata.ownerReferences ?? []).some((reference) => reference.uid === uid);
}

async function read(connection: KubeConnection, path: string, signal: AbortSignal): Promise<Placeholders | undefined> {
  try {
    return (await connection.request({ method: "GET", path, signal })) as Placeholders;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

async function scale(connection: KubeConnection, path: string, { metadata: { uid } }: Placeholders, replicas: number, signal: AbortSignal): Promise<void> {
  const body = { metadata: { uid }, spec: { replicas } };
  await connection.request({ method: "PATCH", path: `${path}/scale`, body, contentType: "application/merge-patch+json", signal });
}

async function remove(connection: KubeConnection, path: string, { metadata: { uid } }: Placeholders, signal: AbortSignal): Promise<void> {
  const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid }, propagationPolicy: "Background" };
  try {
    await connection.request({ method: "DELETE", path, body, signal });
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 404) throw error;
  }
}

async function deploymentFor(connection: KubeConnection, image: string, { owner, target, wanted, signal }: Job) {
  const { uid } = owner;
  const labels = { "app.kubernetes.io/component": "node-headroom", "app.kubernetes.io/managed-by": "predictive-scaler", [HEADROOM_LABEL]: uid };
  const pod = await podOf(connection, owner.namespace, target, signal);
  const template = placeholderTemplate(pod, { image, priorityClassName: wanted.priorityClassName, labels });
  if (template === undefined) {
    const message = `The pods of ${nameOf(target)} request no cpu or memory, so there is nothing to keep room for.`;
    throw unsupported(message, "Give its containers requests.");
  }
  const hash = createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 16);
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: headroomName(owner),
      namespace: owner.namespace,
      labels,
      annotations: { [TEMPLATE_ANNOTATION]: hash },
      ownerReferences: [{ apiVersion: `${GROUP}/${VERSION}`, kind: KIND, name: owner.name, uid, controller: true }],
    },
    spec: {
      replicas: wanted.replicas,
      revisionHistoryLimit: 0,
      strategy: { type: "Recreate" },
      selector: { matchLabels: { [HEADROOM_LABEL]: uid } },
      template,
    },
  };
}

/** What the target's pods ask for. */
async function podOf(connection: KubeConnection, namespace: string, target: ScaleTargetRef, signal: AbortSignal): Promise<PodSpec> {
  const plural = target.apiVersion === "apps/v1" ? WORKLOAD_PLURALS[target.kind] : undefined;
  if (plural === undefined) {
    const kinds = Object.keys(WORKLOAD_PLURALS).join(", ");
    throw unsupported(`What the pods of ${nameOf(target)} ask for is not known: nodeHeadroom needs a target of apps/v1 (${kinds}).`, "Leave nodeHeadroom out.");
  }
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(target.name)}`;
  const object = (await connection.request({ method: "GET", path, signal })) as { readonly spec?: { readonly template?: { readonly spec?: PodSpec } } };
  return object.spec?.template?.spec ?? {};
}

/** What keeps pods from being made, in the API server's words: no such PriorityClass, a quota, a policy. */
function refusalOf(found: Placeholders | undefined): string | undefined {
  const failure = found?.status?.conditions?.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  return failure === undefined ? undefined : (failure.message ?? "no reason was given");
}

function nameOf({ kind, name }: ScaleTargetRef): string {
  return `${kind} "${name}"`;
}

function nameTaken(owner: HeadroomOwner): KubeError {
  const message = `There is a Deployment "${headroomName(owner)}" in namespace "${owner.namespace}" that this scaler does not own; it is left alone.`;
  return new KubeError(message, { reason: "HeadroomRefused", retry: "nextInterval", hint: "Rename it, or the scaler." });
}

function unsupported(message: string, hint: string): KubeError {
  return new KubeError(message, { reason: "HeadroomUnsupported", retry: "nextInterval", hint });
}

/** The chart grants these permissions only when asked. */
function withGrant(error: unknown): unknown {
  if (!(error instanceof KubeError) || error.status !== 403 || !error.message.startsWith("The operator may not")) return error;
  const { message, status, statusReason, causes, cause } = error;
  return new KubeError(message, { status, statusReason, causes, cause, reason: error.reason, retry: error.retry, hint: `${error.hint ?? ""} ${GRANT_HINT}` });
}
