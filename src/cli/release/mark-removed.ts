// The status of scalers that nobody acts on any more: every condition is Unknown, because nobody looks. The rest of the status stays as a record.
import type { Condition } from "../../api/index.ts";
import { CONDITION_TYPES } from "../../api/index.ts";
import { rfc3339 } from "../../clock.ts";
import { createStatuses, KubeError } from "../../kube/index.ts";
import type { ReleaseParts } from "./parts.ts";
import type { HeldScaler } from "./scalers.ts";

const REASON = "OperatorRemoved";
const MESSAGE =
  "The operator was uninstalled: nobody acts on this scaler, and its target keeps the replicas that it has. Install the operator again, or delete the scaler.";
/** Requests under way at once. */
const AT_ONCE = 16;

/** Passes over scalers that are marked already, and those that may not be written. Throws KubeError when the server fails. */
export async function markRemoved(scalers: readonly HeldScaler[], { connection, clock, signal, say }: ReleaseParts): Promise<void> {
  const statuses = createStatuses({ connection });
  const left = scalers.filter(({ conditions }) => !isMarked(conditions));
  const total = left.length;
  let refused = 0;
  const worker = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      try {
        const outcome = await statuses.patch(next, { conditions: marked(next, clock.nowMs()) }, signal);
        if (outcome === "changed" && ++refused === 1) say(`${next.metadata.namespace}/${next.metadata.name} was changed at the same time.`);
      } catch (error) {
        if (!(error instanceof KubeError) || error.status !== 403) throw error;
        if (++refused === 1) say(error.sentence);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const passedOver = refused === 0 ? "" : ` ${refused} could not be written.`;
  say(`Scalers that now say that nobody acts on them: ${total - refused} of ${scalers.length}.${passedOver}`);
}

function isMarked(conditions: readonly Condition[]): boolean {
  const ready = conditions.find(({ type }) => type === "Ready");
  return ready?.status === "Unknown" && ready.reason === REASON;
}

function marked({ conditions, metadata: { generation = 0 } }: HeldScaler, nowMs: number): Condition[] {
  return CONDITION_TYPES.map((type) => {
    const before = conditions.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === "Unknown" ? before.lastTransitionTime : rfc3339(nowMs);
    return { type, status: "Unknown", reason: REASON, message: MESSAGE, lastTransitionTime, observedGeneration: generation };
  });
}
