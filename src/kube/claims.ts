// What a scaler keeps besides its target, written on the scaler itself before anything is taken: a finalizer, so that it cannot be deleted before
// all is given back, and an annotation that says what there is to give back.
// Invariant: nothing but these two is written; the specification of a scaler is its user's.
import { GROUP } from "../api/index.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection, KubeObject } from "./kube.ts";
import { scalersPath } from "./scaler-cache.ts";

export const OUTPUT_FINALIZER = `${GROUP}/output`;
/** The HorizontalPodAutoscaler whose floor the scaler keeps. */
export const FLOOR_OF = `${GROUP}/floor-of`;

/** Other writers of metadata are rare: to lose so many races is no chance. */
const TRIES = 4;

type Claimant = Pick<KubeObject, "metadata">;

export interface Claims {
  /** The HPA whose floor a scaler may keep, "" if it is not known which, undefined if none. */
  of(scaler: Claimant): string | undefined;
  /** Notes on the scaler that it keeps the floor of this HPA (undefined: of none any more). A scaler that is gone claims nothing. Throws KubeError. */
  set(scaler: Claimant, autoscaler: string | undefined, signal: AbortSignal): Promise<void>;
  /** Whether the scaler of this name keeps, or may keep, the floor of this HPA. Throws KubeError. */
  holds(namespace: string, name: string, autoscaler: string, signal: AbortSignal): Promise<boolean>;
}

function claimOf(scaler: Claimant): string | undefined {
  const { finalizers = [], annotations = {} } = scaler.metadata;
  // Without the annotation, which somebody has removed, it is most likely what the manifest names.
  const { spec } = scaler as { readonly spec?: { readonly output?: { readonly horizontalPodAutoscaler?: { readonly name?: string } } } };
  return annotations[FLOOR_OF] ?? (finalizers.includes(OUTPUT_FINALIZER) ? (spec?.output?.horizontalPodAutoscaler?.name ?? "") : undefined);
}

export function createClaims({ connection }: { readonly connection: KubeConnection }): Claims {
  const pathOf = (namespace: string, name: string) => `${scalersPath(namespace)}/${encodeURIComponent(name)}`;
  const read = async (path: string, signal: AbortSignal) => (await connection.request({ method: "GET", path, signal })) as KubeObject;
  return {
    of: claimOf,
    async set({ metadata }, autoscaler, signal) {
      const path = pathOf(metadata.namespace ?? "", metadata.name);
      let now = metadata;
      for (let tries = 1; ; tries++) {
        try {
          await connection.request({ method: "PATCH", path, body: { metadata: claim(now, autoscaler) }, contentType: "application/merge-patch+json", signal });
          return;
        } catch (error) {
          if (!(error instanceof KubeError)) throw error;
          if (error.status === 404 && autoscaler === undefined) return;
          if (error.status !== 409 || tries === TRIES) throw error;
          now = (await read(path, signal)).metadata;
          // Another scaler of the same name has claims of its own.
          if (now.uid !== metadata.uid) throw error;
        }
      }
    },
    async holds(namespace, name, autoscaler, signal) {
      try {
        const claimed = claimOf(await read(pathOf(namespace, name), signal));
        return claimed === autoscaler || claimed === "";
      } catch (error) {
        if (error instanceof KubeError && error.status === 404) return false;
        throw error;
      }
    },
  };
}

function claim({ uid, resourceVersion, finalizers = [] }: KubeObject["metadata"], autoscaler: string | undefined): object {
  const others = finalizers.filter((finalizer) => finalizer !== OUTPUT_FINALIZER);
  return {
    uid,
    resourceVersion,
    finalizers: autoscaler === undefined ? others : [...others, OUTPUT_FINALIZER],
    annotations: { [FLOOR_OF]: autoscaler ?? null },
  };
}
