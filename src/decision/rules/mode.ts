// What the user lets the scaler do: everything, only growing, or only saying.
import { replicasText } from "../wording.ts";
import type { Rule } from "./rule.ts";

export const mode: Rule = {
  name: "mode",
  apply(replicas, { policy, target }) {
    if (policy.mode === "Recommend") {
      const message = `The mode is Recommend: ${replicasText(replicas)} would be set; nothing is written.`;
      return { to: replicas, reason: "RecommendOnly", message };
    }
    if (policy.mode !== "ScaleOutOnly" || replicas >= target.replicas) return undefined;
    const message = `The mode is ScaleOutOnly: the target stays at ${replicasText(target.replicas)} and is not lowered to ${replicas}.`;
    return { to: target.replicas, reason: "ScaleOutOnly", message };
  },
};
