// A Secret's values, read when they are needed: no list, no watch, no cache, so that `get` is all that the operator is granted.
import { KubeError } from "./failure.ts";
import type { KubeConnection } from "./kube.ts";

/** The values by key as text; undefined when there is no such Secret. Throws KubeError. */
export function createSecretReader(
  connection: KubeConnection,
): (namespace: string, name: string, signal?: AbortSignal) => Promise<Readonly<Record<string, string>> | undefined> {
  return async (namespace, name, signal) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
    try {
      const secret = await connection.request({ method: "GET", path, ...(signal === undefined ? {} : { signal }) });
      const { data = {} } = secret as { data?: Readonly<Record<string, string>> };
      return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    }
  };
}
