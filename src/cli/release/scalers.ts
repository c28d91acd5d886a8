// The scalers that the operator may see, with what of their status is needed to let go of them.
import type { ScalerStatus } from "../../api/index.ts";
import { KubeError, listAll, pruneScaler, scalersPath } from "../../kube/index.ts";
import type { KubeObject } from "../../kube/index.ts";
import type { ReleaseParts } from "./parts.ts";

export interface HeldScaler {
  readonly metadata: KubeObject["metadata"];
  readonly conditions: NonNullable<ScalerStatus["conditions"]>;
  /** There may be placeholder pods. */
  readonly hasHeadroom?: boolean;
}

const PAGE_SIZE = 500;

/** Undefined `namespaces`: all. What is not there, or may not be seen, is passed over and told. Throws KubeError. */
export async function readScalers(namespaces: readonly string[] | undefined, parts: ReleaseParts): Promise<HeldScaler[]> {
  const lists = (namespaces ?? [undefined]).map((namespace) => readFrom(namespace, parts));
  return (await Promise.all(lists)).flat();
}

async function readFrom(namespace: string | undefined, { connection, signal, say }: ReleaseParts): Promise<HeldScaler[]> {
  const found: HeldScaler[] = [];
  const sink = { begin: () => void found.splice(0), add: (object: KubeObject) => void found.push(heldScaler(object)) };
  try {
    await listAll({ connection, path: scalersPath(namespace), version: "", pageSize: PAGE_SIZE, signal }, sink);
    return found;
  } catch (error) {
    if (!(error instanceof KubeError) || (error.status !== 403 && error.status !== 404)) throw error;
    say(error.status === 404 ? "The CRD is not installed: there are no scalers." : `Scalers are passed over: ${error.sentence}`);
    return [];
  }
}

function heldScaler(object: KubeObject): HeldScaler {
  const { metadata, status } = pruneScaler(object) as KubeObject & { readonly status?: ScalerStatus };
  return { metadata, conditions: status?.conditions ?? [], hasHeadroom: status?.nodeHeadroom !== undefined };
}
