// What the user lets the scaler do: everything, only growing, or only saying.
import { replicasText } from "../wording.ts";
import type { Rule } from "./rule.ts";

export const mode: Rule = {
  name: "mode",
  apply(replicas, { policy, target }) {
    if (policy.mode === "Recommend") {
      return { to: replicas, reason: "RecommendOnly", message: `The mode is Recommend: ${replicasText(replicas)} are recommended and nothing is written.` };
    }
    if (policy.mode !== "ScaleOutOnly" || replicas >= target.replicas) return undefined;
    return { to: target.replicas, reason: "ScaleOutOnly", message: `The mode is ScaleOutOnly: ${replicasText(target.replicas)} are not lowered to ${replicas}.` };
  },
};
