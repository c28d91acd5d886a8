// A connection whose calls are counted: by method, and by the answer's status or the failure that kept one from coming.
import { KubeError } from "./failure.ts";
import type { KubeConnection } from "./kube.ts";

/**
 * `onRequest` hears of each call and each watch once, when it ends: code `2xx`, another HTTP status, or a reason such as
 * `KubernetesUnreachable`. What the caller gave up is not told.
 */
export function metered(connection: KubeConnection, onRequest: (method: string, code: string) => void): KubeConnection {
  const codeOf = (error: unknown) => (error instanceof KubeError ? String(error.status ?? error.reason) : "InternalError");
  return {
    ...connection,
    async request(request) {
      try {
        const answer = await connection.request(request);
        onRequest(request.method, "2xx");
        return answer;
      } catch (error) {
        if (request.signal?.aborted !== true) onRequest(request.method, codeOf(error));
        throw error;
      }
    },
    async *watch(path, signal) {
      try {
        yield* connection.watch(path, signal);
        if (!signal.aborted) onRequest("WATCH", "2xx");
      } catch (error) {
        onRequest("WATCH", codeOf(error));
        throw error;
      }
    },
  };
}
