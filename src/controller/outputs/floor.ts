// Output HorizontalPodAutoscaler: minReplicas of an HPA on the same target, as a floor that moves with the forecast.
// Invariants: the floor stays between what was found and the HPA's maxReplicas; before the first write the scaler says that it keeps something,
// so that it cannot be deleted without giving it back; a value that somebody else has set since is left alone and said.
import { OperatorError } from "../../errors.ts";
import type { Autoscaler, Autoscalers, Claims } from "../../kube/index.ts";
import type { Plan } from "../plan.ts";
import type { StoredScaler } from "../stored-scaler.ts";
import type { Output, OutputState } from "./output.ts";

export interface FloorParts {
  readonly autoscalers: Autoscalers;
  readonly claims: Claims;
  /** What this process wrote last by scaler (`namespace/name`): an HPA that was replaced as a whole has lost its marks. */
  readonly written: Map<string, { readonly uid: string; readonly minReplicas: number }>;
}

/** `wasClaimed`: the scaler is marked as one that keeps this HPA's floor. */
export function floorOutput({ autoscalers, claims, written }: FloorParts, name: string, wasClaimed: boolean): Output {
  return {
    async read(pass, signal) {
      const { stored, plan, scale } = pass;
      let isClaimed = wasClaimed;
      const found = await autoscalers.read(plan.namespace, name, signal);
      if (found === undefined) throw notFound(plan, name);
      if (!isSameTarget(found, plan)) throw mismatch(found, plan);
      if (found.heldBy !== undefined && found.heldBy !== plan.name && (await claims.holds(plan.namespace, found.heldBy, name, signal))) throw held(found, plan);
      const claim = async () => {
        if (!isClaimed) await claims.set(stored, name, signal);
        isClaimed = true;
      };
      // A scaler that was replaced as a whole has lost its mark.
      if (found.heldBy === plan.name) await claim();
      const last = written.get(plan.key);
      const isReplaced = found.heldBy === undefined && last?.uid === found.uid && last.minReplicas !== found.minReplicas;
      return {
        // Who switches a target off means its HPA too. A floor of 0 is one of 1 as long as the target runs.
        replicas: scale.replicas === 0 ? 0 : Math.max(1, found.minReplicas),
        autoscaler: { name: `HorizontalPodAutoscaler ${name}`, minReplicas: found.original, maxReplicas: found.maxReplicas },
        changed: isReplaced || (found.heldBy === plan.name && !found.isAsWritten) ? changeOf(found) : undefined,
        async write(replicas, writeSignal) {
          await claim();
          await autoscalers.hold(plan.namespace, found, plan.name, replicas, writeSignal);
          written.set(plan.key, { uid: found.uid, minReplicas: replicas });
        },
      };
    },
  };
}

/** Gives back the floor that the scaler keeps, if it keeps one, and takes its mark off. */
export async function giveBackFloor({ autoscalers, claims, written }: FloorParts, stored: StoredScaler, floorOf: string, signal: AbortSignal): Promise<void> {
  const { namespace = "", name } = stored.metadata;
  written.delete(`${namespace}/${name}`);
  if (floorOf !== "") await autoscalers.giveBack(namespace, floorOf, name, signal);
  await claims.set(stored, undefined, signal);
}

/** The version of a group may differ: it is the same object. */
function isSameTarget({ target }: Autoscaler, plan: Plan): boolean {
  const groupOf = (apiVersion: string) => (apiVersion.includes("/") ? apiVersion.split("/")[0] : "");
  return target.kind === plan.target.kind && target.name === plan.target.name && groupOf(target.apiVersion) === groupOf(plan.target.apiVersion);
}

function notFound({ namespace }: Plan, name: string): OperatorError {
  return new OperatorError(`The HorizontalPodAutoscaler "${name}" does not exist in namespace "${namespace}".`, {
    reason: "OutputNotFound",
    retry: "nextInterval",
    hint: "Create it, or correct spec.output.horizontalPodAutoscaler.name.",
  });
}

function mismatch({ name, target }: Autoscaler, plan: Plan): OperatorError {
  const message = `HorizontalPodAutoscaler "${name}" scales ${target.kind} "${target.name}", and this scaler is for ${plan.target.kind} "${plan.target.name}".`;
  return new OperatorError(message, { reason: "OutputMismatch", retry: "nextInterval", hint: "Name an HPA whose scaleTargetRef is the scaler's." });
}

function held({ name, heldBy }: Autoscaler, { namespace }: Plan): OperatorError {
  return new OperatorError(`PredictiveScaler "${heldBy}" in namespace "${namespace}" already keeps the floor of HorizontalPodAutoscaler "${name}".`, {
    reason: "OutputTaken",
    retry: "nextInterval",
    hint: "Delete one of the two, or give it another output.",
  });
}

function changeOf({ name, minReplicas, owners }: Autoscaler): NonNullable<OutputState["changed"]> {
  const [newest] = owners.toSorted((a, b) => (b.time ?? "").localeCompare(a.time ?? ""));
  const manager = newest?.manager ?? "somebody";
  return { manager, change: `${manager} set minReplicas of HorizontalPodAutoscaler ${name} to ${minReplicas} after this scaler had set it` };
}
