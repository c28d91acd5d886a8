// The placeholder pods of scalers, taken away: without the operator nobody would ever lower their number.
import { createHeadrooms, createStatuses, KubeError } from "../../kube/index.ts";
import type { ReleaseParts } from "./parts.ts";
import type { HeldScaler } from "./scalers.ts";

/** Requests under way at once. */
const AT_ONCE = 16;

/** Deletes only what the scaler owns; passes over what may not be deleted. Throws KubeError when the server fails. */
export async function removeHeadroom(scalers: readonly HeldScaler[], { connection, signal, say }: ReleaseParts): Promise<void> {
  // Nothing is made here, so that no image is needed.
  const headrooms = createHeadrooms({ connection, image: "" });
  const statuses = createStatuses({ connection });
  const left = scalers.filter(({ hasHeadroom }) => hasHeadroom === true);
  const total = left.length;
  let removed = 0;
  let refused = 0;
  const worker = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { namespace = "", name, uid = "" } = next.metadata;
      try {
        if (await headrooms.remove({ namespace, name, uid }, signal)) removed++;
        await statuses.patch(next, { nodeHeadroom: null }, signal);
      } catch (error) {
        if (!(error instanceof KubeError) || error.status !== 403) throw error;
        if (++refused === 1) say(error.sentence);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (total > 0) say(`Scalers whose placeholder pods were removed: ${removed}.${refused === 0 ? "" : ` ${refused} could not be removed.`}`);
}
