// The seam between a decision and where it goes: what it starts from, within which bounds, and how it is written.
// Invariant: what is written is decided on the state that was read, and is refused where that has changed since.
import type { Policy } from "../../decision/index.ts";
import type { TargetScale } from "../../kube/index.ts";
import type { Plan } from "../plan.ts";
import type { StoredScaler } from "../stored-scaler.ts";

/** The scaler and its target at the moment of a decision. */
export interface OutputPass {
  readonly stored: StoredScaler;
  readonly plan: Plan;
  readonly scale: TargetScale;
  readonly nowMs: number;
}

/** Where the number goes, as it was read. */
export interface OutputState {
  /** The number that the decision starts from and changes. */
  readonly replicas: number;
  /** Who runs at least that number, and the bounds that it sets; undefined where the number is the target's own. */
  readonly autoscaler: Policy["autoscaler"];
  /** Somebody else has set another number since this scaler wrote: who (a field manager), and as a sentence without its end. */
  readonly changed?: { readonly manager: string; readonly change: string } | undefined;
  /** Carries a decision out. Throws KubeError; Conflict if what was read has changed since. */
  readonly write: (replicas: number, signal: AbortSignal) => Promise<void>;
}

/** One place where numbers go. */
export interface Output {
  /** Throws OperatorError: then nothing is decided. */
  read(pass: OutputPass, signal: AbortSignal): Promise<OutputState>;
}

/** What is decided on, for people: `Replicas`, of whom they are asked, or whose floor. */
export function subjectOf({ output }: Plan): string {
  if (output.type === "External") return "Replicas asked of KEDA";
  return output.type === "HorizontalPodAutoscaler" ? `Floor of HorizontalPodAutoscaler ${output.name}` : "Replicas";
}
