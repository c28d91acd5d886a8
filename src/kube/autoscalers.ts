// HorizontalPodAutoscalers whose minReplicas a scaler keeps as a floor: read, held by server-side apply, given back as they were found.
// Invariants: what was found stands in annotations of the HPA from the first write on, in the same write; every write carries the version that
// was read; what somebody else has set since is never written over here.
import type { ScaleTargetRef } from "../api/index.ts";
import { FIELD_MANAGER, GROUP } from "../api/index.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection } from "./kube.ts";
import { isOwnedByOperator, otherOwners, withOwners } from "./managed-fields.ts";
import type { FieldOwner, ManagedFields } from "./managed-fields.ts";

/** The name of the scaler that keeps the floor. */
export const FLOOR_HELD_BY = `${GROUP}/floor-held-by`;
/** minReplicas as it was found. */
export const ORIGINAL_MIN_REPLICAS = `${GROUP}/original-min-replicas`;
/** Who owned that field, as JSON. */
const ORIGINAL_OWNERS = `${GROUP}/original-owners`;
const OWN_ANNOTATIONS = [FLOOR_HELD_BY, ORIGINAL_MIN_REPLICAS, ORIGINAL_OWNERS];

const API_VERSION = "autoscaling/v2";
const KIND = "HorizontalPodAutoscaler";
/** The HPA controller writes the status every 15 s: to lose so many races is no chance. */
const TRIES = 6;

/** An HPA as a scaler sees it. */
export interface Autoscaler {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly target: ScaleTargetRef;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** The name of the scaler that keeps the floor; undefined: none does. */
  readonly heldBy: string | undefined;
  /** minReplicas is still as that scaler wrote it. */
  readonly isAsWritten: boolean;
  /** minReplicas without any scaler: as it was found, or as somebody has set it since. */
  readonly original: number;
  /** Who owns, or without any scaler would own, minReplicas. */
  readonly owners: readonly FieldOwner[];
}

export interface Autoscalers {
  /** Undefined: there is none. Throws KubeError. */
  read(namespace: string, name: string, signal: AbortSignal): Promise<Autoscaler | undefined>;
  /** Sets minReplicas for the scaler `holder`, only if the HPA is as it was read: KubeError (Conflict) otherwise. */
  hold(namespace: string, autoscaler: Autoscaler, holder: string, minReplicas: number, signal: AbortSignal): Promise<void>;
  /**
   * Makes the HPA what it was before `holder`: value, owners, annotations. A value that somebody else has set stays. `notHeld`: the scaler keeps
   * no floor there; `gone`: there is no such HPA. Throws KubeError.
   */
  giveBack(namespace: string, name: string, holder: string, signal: AbortSignal): Promise<"givenBack" | "notHeld" | "gone">;
}

/** autoscaling/v2, the fields that are read. */
interface Stored {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly ManagedFields[];
  };
  readonly spec: { readonly scaleTargetRef: ScaleTargetRef; readonly minReplicas?: number; readonly maxReplicas: number };
}

export function createAutoscalers({ connection }: { readonly connection: KubeConnection }): Autoscalers {
  const get = async (path: string, signal: AbortSignal): Promise<Stored | undefined> => {
    try {
      return (await connection.request({ method: "GET", path, signal })) as Stored;
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  };
  const merge = async (path: string, body: object, signal: AbortSignal): Promise<Stored> => {
    const request = { method: "PATCH", path: `${path}?fieldManager=${FIELD_MANAGER}`, body, contentType: "application/merge-patch+json", signal } as const;
    return (await connection.request(request)) as Stored;
  };
  /** One attempt: the value first, its owners and our marks afterwards, so that one that is cut off is taken up again. */
  const restore = async (path: string, holder: string, signal: AbortSignal) => {
    let stored = await get(path, signal);
    if (stored === undefined) return "gone";
    const { heldBy, isAsWritten, original, owners, minReplicas, maxReplicas } = seen(stored);
    if (heldBy !== holder) return "notHeld";
    const value = Math.min(original, maxReplicas);
    if (value !== minReplicas) stored = await merge(path, { metadata: identity(stored), spec: { minReplicas: value } }, signal);
    const annotations = Object.fromEntries(OWN_ANNOTATIONS.map((name) => [name, null]));
    const managedFields = withOwners(stored.metadata.managedFields ?? [], isAsWritten ? owners : []);
    await merge(path, { metadata: { ...identity(stored), annotations, managedFields } }, signal);
    return "givenBack";
  };
  return {
    async read(namespace, name, signal) {
      const stored = await get(pathOf(namespace, name), signal);
      return stored === undefined ? undefined : seen(stored);
    },
    async hold(namespace, { name, uid, resourceVersion, original, owners }, holder, minReplicas, signal) {
      const annotations = { [FLOOR_HELD_BY]: holder, [ORIGINAL_MIN_REPLICAS]: String(original), [ORIGINAL_OWNERS]: JSON.stringify(owners) };
      const body = { apiVersion: API_VERSION, kind: KIND, metadata: { name, namespace, uid, resourceVersion, annotations }, spec: { minReplicas } };
      // Another owner is the ordinary case: it is written down above, and gets the field back.
      const path = `${pathOf(namespace, name)}?fieldManager=${FIELD_MANAGER}&force=true`;
      await connection.request({ method: "PATCH", path, body, contentType: "application/apply-patch+yaml", signal });
    },
    async giveBack(namespace, name, holder, signal) {
      for (let tries = 1; ; tries++) {
        try {
          return await restore(pathOf(namespace, name), holder, signal);
        } catch (error) {
          if (!(error instanceof KubeError) || error.status !== 409 || tries === TRIES) throw error;
        }
      }
    },
  };
}

function pathOf(namespace: string, name: string): string {
  return `/apis/${API_VERSION}/namespaces/${encodeURIComponent(namespace)}/horizontalpodautoscalers/${encodeURIComponent(name)}`;
}

function identity({ metadata: { uid, resourceVersion } }: Stored): object {
  return { uid, resourceVersion };
}

function seen({ metadata, spec }: Stored): Autoscaler {
  const { name, uid = "", resourceVersion = "", annotations = {}, managedFields = [] } = metadata;
  // The API's default.
  const { minReplicas = 1, maxReplicas, scaleTargetRef } = spec;
  const heldBy = annotations[FLOOR_HELD_BY];
  const isAsWritten = heldBy !== undefined && isOwnedByOperator(managedFields);
  const { apiVersion, kind, name: targetName } = scaleTargetRef;
  return {
    name,
    uid,
    resourceVersion,
    target: { apiVersion, kind, name: targetName },
    minReplicas,
    maxReplicas,
    heldBy,
    isAsWritten,
    original: isAsWritten ? originalValue(annotations[ORIGINAL_MIN_REPLICAS]) : minReplicas,
    owners: isAsWritten ? originalOwners(annotations[ORIGINAL_OWNERS]) : otherOwners(managedFields),
  };
}

/** An annotation that somebody has edited or removed stands for the API's default. */
function originalValue(text = ""): number {
  return /^\d{1,6}$/.test(text) ? Number(text) : 1;
}

function originalOwners(text = "[]"): FieldOwner[] {
  try {
    const owners: unknown = JSON.parse(text);
    return Array.isArray(owners) ? owners.filter((owner): owner is FieldOwner => typeof owner === "object" && owner !== null && "manager" in owner) : [];
  } catch {
    return [];
  }
}
