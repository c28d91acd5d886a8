// What people and other controllers have said about a target beside its manifest: a pause, and a conflict over who scales it.
// Invariant: both only hold what is there; neither moves it.
import { replicasText } from "../wording.ts";
import type { Rule } from "./rule.ts";

/** An annotation pauses one direction or both. It holds against bounds too: who pauses wants nothing to change. */
export const paused: Rule = {
  name: "paused",
  apply(replicas, { policy, target, pause }) {
    if (pause === undefined || policy.mode === "Recommend" || replicas === target.replicas) return undefined;
    const isHeld = replicas < target.replicas ? pause.scaleIn : pause.scaleOut;
    if (!isHeld) return undefined;
    const message = `${pause.sentence} The target stays at ${replicasText(target.replicas)} and is not set to ${replicas}.`;
    return { to: target.replicas, reason: "Paused", message };
  },
};

/** Somebody else scales the target: two hands on one number move it to and fro. */
export const conflict: Rule = {
  name: "conflict",
  apply(replicas, { policy, target, conflict: found }) {
    if (found === undefined || policy.mode === "Recommend" || replicas === target.replicas) return undefined;
    const message = `${found.sentence} The target stays at ${replicasText(target.replicas)} and is not set to ${replicas}.`;
    return { to: target.replicas, reason: found.reason, message };
  },
};
