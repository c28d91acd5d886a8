// Who else scales a target: the HorizontalPodAutoscalers that name it, and the other PredictiveScalers that do. Looking costs nothing: all is kept by watches.
// Invariant: what may not be seen is left out, said once, and asked for again; it never stops the operator.
import type { ScaleTargetRef } from "../api/index.ts";
import type { Clock } from "../clock.ts";
import type { OperatorError } from "../errors.ts";
import type { KubeConnection, KubeObject } from "./kube.ts";
import { createReflector } from "./reflector.ts";

/** A HorizontalPodAutoscaler. */
export interface RivalAutoscaler {
  readonly name: string;
  /** The KEDA ScaledObject that made it. */
  readonly scaledObject: string | undefined;
}

export interface Neighbours {
  /** Watches until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
  /** HPAs that scale the target now, by name; undefined while they have not been listed yet. */
  autoscalersOf(namespace: string, target: ScaleTargetRef): readonly RivalAutoscaler[] | undefined;
  /** A PredictiveScaler was added, changed or (undefined) deleted. Give every one that is seen, whoever works on it. */
  changed(key: string, scaler: KubeObject | undefined): void;
  /** The name of the oldest other scaler of the same target that writes and is older than this one; of the same age the lesser uid is older. */
  olderScalerOf(scaler: KubeObject): string | undefined;
}

export interface NeighbourOptions {
  readonly connection: KubeConnection;
  /** The wall clock: the API server lives there. */
  readonly clock: Clock;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Told once of each verb in each namespace that HPAs may not be seen with. */
  readonly onRefused: (error: OperatorError) => void;
  /** Told of every other failure of the watch. */
  readonly onError: (error: OperatorError) => void;
}

interface Rival extends RivalAutoscaler {
  readonly target: string;
}

export function createNeighbours(options: NeighbourOptions): Neighbours {
  const autoscalers = createIndex<Rival>(({ target }) => target);
  const refused = new Set<string>();
  const onError = (error: OperatorError) => {
    if (error.reason !== "Forbidden") return options.onError(error);
    if (!refused.has(error.message)) options.onRefused(error);
    refused.add(error.message);
  };
  const handlers = { changed: (key: string, rival: Rival | undefined) => autoscalers.set(key, rival?.target === "" ? undefined : rival) };
  const reflectors = pathsOf(options.namespaces).map((path) =>
    createReflector<Rival>({ connection: options.connection, clock: options.clock, path, prune: rivalOf, handlers, onError }),
  );
  const scalers = createIndex<KubeObject>(targetOfScaler);
  return {
    run: async (signal) => void (await Promise.all(reflectors.map((reflector) => reflector.run(signal)))),
    autoscalersOf(namespace, target) {
      const found = autoscalers.at(targetKey(namespace, target));
      return found.length === 0 && refused.size === 0 && !reflectors.every((reflector) => reflector.synced()) ? undefined : found;
    },
    changed: (key, scaler) => scalers.set(key, scaler === undefined || !isWriting(scaler) ? undefined : scaler),
    olderScalerOf(scaler) {
      const others = scalers.at(targetOfScaler(scaler)).filter((other) => other.metadata.name !== scaler.metadata.name && isOlder(other, scaler));
      return others.toSorted((a, b) => (isOlder(a, b) ? -1 : 1))[0]?.metadata.name;
    },
  };
}

function pathsOf(namespaces: readonly string[] | undefined): string[] {
  const group = "/apis/autoscaling/v2";
  const all = namespaces?.map((namespace) => `${group}/namespaces/${encodeURIComponent(namespace)}/horizontalpodautoscalers`);
  return all ?? [`${group}/horizontalpodautoscalers`];
}

/** The version of a group may differ: it is the same object. */
function targetKey(namespace: string, { apiVersion, kind, name }: ScaleTargetRef): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return [namespace, group, kind, name].join("/");
}

interface Autoscaler extends KubeObject {
  readonly metadata: KubeObject["metadata"] & { readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[] };
  readonly spec?: {
    readonly scaleTargetRef?: Partial<ScaleTargetRef>;
    readonly behavior?: Readonly<Partial<Record<"scaleUp" | "scaleDown", { readonly selectPolicy?: string }>>>;
  };
}

/** One that is disabled both ways scales nothing: its target is "". */
function rivalOf(object: KubeObject): Rival {
  const { metadata, spec } = object as Autoscaler;
  const { apiVersion = "", kind = "", name = "" } = spec?.scaleTargetRef ?? {};
  const isIdle = spec?.behavior?.scaleUp?.selectPolicy === "Disabled" && spec.behavior.scaleDown?.selectPolicy === "Disabled";
  const scaledObject = metadata.ownerReferences?.find((owner) => owner.kind === "ScaledObject")?.name;
  return { name: metadata.name, scaledObject, target: isIdle ? "" : targetKey(metadata.namespace ?? "", { apiVersion, kind, name }) };
}

interface Scaler extends KubeObject {
  readonly spec?: { readonly mode?: string; readonly scaleTargetRef?: Partial<ScaleTargetRef> };
}

function targetOfScaler(scaler: KubeObject): string {
  const { apiVersion = "", kind = "", name = "" } = (scaler as Scaler).spec?.scaleTargetRef ?? {};
  return targetKey(scaler.metadata.namespace ?? "", { apiVersion, kind, name });
}

function isWriting(scaler: KubeObject): boolean {
  return (scaler as Scaler).spec?.mode !== "Recommend" && scaler.metadata.deletionTimestamp === undefined;
}

/** Creation is in whole seconds, as RFC 3339 in UTC: text in order. */
function isOlder({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  const [first = "", second = ""] = [a.creationTimestamp, b.creationTimestamp];
  return first === second ? (a.uid ?? "") < (b.uid ?? "") : first < second;
}

/** Values by their key, found by what `of` says of them. */
function createIndex<T>(of: (value: T) => string) {
  const places = new Map<string, string>();
  const groups = new Map<string, Map<string, T>>();
  return {
    at: (place: string): readonly T[] => [...(groups.get(place)?.values() ?? [])],
    set(key: string, value: T | undefined) {
      const before = places.get(key);
      if (before !== undefined) {
        groups.get(before)?.delete(key);
        if (groups.get(before)?.size === 0) groups.delete(before);
        places.delete(key);
      }
      if (value === undefined) return;
      const place = of(value);
      places.set(key, place);
      const group = groups.get(place) ?? new Map<string, T>();
      groups.set(place, group.set(key, value));
    },
  };
}
