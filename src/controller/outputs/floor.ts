// Output HorizontalPodAutoscaler: minReplicas of an HPA on the same target, as a floor that moves with the forecast.
// Invariants: the floor stays between what was found and the HPA's maxReplicas; before the first write the scaler says that it keeps something,
// so that it cannot be deleted without giving it back; a value that somebody else has set since is left alone and said.
import { OperatorError } from "../../errors.ts";
import type { Autoscaler, Autoscalers, Claims } from "../../kube/index.ts";
import type { Plan } from "../plan.ts";
import type { Output, OutputPass } from "./output.ts";

export interface FloorParts {
  readonly autoscalers: Autoscalers;
  readonly claims: Claims;
}

export function floorOutput({ autoscalers, claims }: FloorParts, name: string): Output {
  return {
    async read(pass, signal) {
      const { stored, plan, scale } = pass;
      const found = await autoscalers.read(plan.namespace, name, signal);
      if (found === undefined) throw notFound(plan, name);
      if (!isSameTarget(found, plan)) throw mismatch(found, plan);
      if (found.heldBy !== undefined && found.heldBy !== plan.name && (await claims.holds(plan.namespace, found.heldBy, name, signal))) throw held(found, plan);
      if (found.heldBy === plan.name && !found.isAsWritten) throw changed(found, plan);
      let isClaimed = claims.of(stored) === name;
      const claim = async () => {
        if (!isClaimed) await claims.set(stored, name, signal);
        isClaimed = true;
      };
      // A scaler that was replaced as a whole has lost its mark.
      if (found.heldBy === plan.name) await claim();
      return {
        // Who switches a target off means its HPA too. A floor of 0 is one of 1 as long as the target runs.
        replicas: scale.replicas === 0 ? 0 : Math.max(1, found.minReplicas),
        autoscaler: { name: `HorizontalPodAutoscaler ${name}`, minReplicas: found.original, maxReplicas: found.maxReplicas },
        async write(replicas, writeSignal) {
          await claim();
          await autoscalers.hold(plan.namespace, found, plan.name, replicas, writeSignal);
        },
      };
    },
  };
}

/** Gives back the floor that the scaler keeps, if it keeps one, and takes its mark off. */
export async function giveBackFloor({ autoscalers, claims }: FloorParts, { stored, floorOf }: Pick<OutputPass, "stored"> & { floorOf: string }, signal: AbortSignal): Promise<void> {
  const { namespace = "", name } = stored.metadata;
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

function changed({ name, minReplicas, owners }: Autoscaler, { namespace }: Plan): OperatorError {
  const who = owners.map(({ manager = "somebody", time }) => (time === undefined ? manager : `${manager} (${time})`)).join(", ") || "Somebody";
  return new OperatorError(`${who} set minReplicas of HorizontalPodAutoscaler "${name}" to ${minReplicas} after this scaler had written it; it is left alone.`, {
    reason: "OutputChanged",
    retry: "nextInterval",
    hint: `Take minReplicas out of what sets it; then kubectl annotate hpa ${name} -n ${namespace} predictivescaler.io/floor-held-by- hands the floor to the scaler again.`,
  });
}
