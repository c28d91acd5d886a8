// HorizontalPodAutoscalers whose floor scalers keep, given back as they were found; then the scalers' finalizers, which would keep them from being deleted.
// Invariant: a finalizer goes only after what it stands for was given back.
import { createAutoscalers, createClaims, KubeError } from "../../kube/index.ts";
import type { ReleaseParts } from "./parts.ts";
import type { HeldScaler } from "./scalers.ts";

/** Requests under way at once. */
const AT_ONCE = 16;

/** Passes over scalers that keep nothing, and says which could not be given back. Throws KubeError when the server fails. */
export async function giveBack(scalers: readonly HeldScaler[], { connection, signal, say }: ReleaseParts): Promise<void> {
  const autoscalers = createAutoscalers({ connection });
  const claims = createClaims({ connection });
  const left = scalers.flatMap((scaler) => {
    const floorOf = claims.of(scaler);
    return floorOf === undefined ? [] : [{ scaler, floorOf }];
  });
  const total = left.length;
  if (total === 0) return;
  let refused = 0;
  const worker = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { metadata } = next.scaler;
      try {
        if (next.floorOf !== "") await autoscalers.giveBack(metadata.namespace ?? "", next.floorOf, metadata.name, signal);
        await claims.set(next.scaler, undefined, signal);
      } catch (error) {
        if (!(error instanceof KubeError) || error.status === undefined || error.status >= 500) throw error;
        refused++;
        say(`The HPA ${metadata.namespace ?? ""}/${next.floorOf} was not given back: ${error.sentence}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  say(`HPAs that have their minReplicas back: ${total - refused} of ${total}.`);
}
