// Output External: nothing is written. KEDA asks for the number, and its HPA changes the target when it comes round to it.
// Invariant: what counts as done is what the target shows, not what was decided: the policies count real changes, and each new number is told once.
import { withChange } from "../../decision/index.ts";
import type { Decision, ScaleHistory } from "../../decision/index.ts";
import type { Output } from "./output.ts";

export const externalOutput: Output = {
  read: ({ scale: { replicas } }) => Promise.resolve({ replicas, autoscaler: undefined, write: () => Promise.resolve() }),
};

/** The history with what has become of the target since `last` was decided. */
export function followed(history: ScaleHistory, last: Decision | undefined, replicas: number, nowMs: number): ScaleHistory {
  return last === undefined || last.from === replicas ? history : withChange(history, replicas - last.from, nowMs);
}

/** `decision`, held where it asks for no other number than `last` did: that number is being served already. */
export function served(decision: Decision, last: Decision | undefined): Decision {
  return decision.kind === "scale" && decision.to === last?.to ? { ...decision, kind: "hold" } : decision;
}
