// Output Scale: the target's own replicas, through /scale.
import type { Scales } from "../../kube/index.ts";
import type { Output } from "./output.ts";

export function scaleOutput(scales: Scales): Output {
  return {
    read: ({ plan, scale: { replicas, resourceVersion } }) =>
      Promise.resolve({
        replicas,
        autoscaler: undefined,
        write: (wanted, signal) => scales.write(plan.namespace, plan.target, wanted, resourceVersion, signal),
      }),
  };
}
