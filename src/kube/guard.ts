// A connection that only reads while this process may not write: the last gate before the server, beside the signal that stops the work.
import { KubeError } from "./failure.ts";
import type { KubeConnection } from "./kube.ts";

/** `mayWrite` is asked right before each call that changes something; without leave the call is not made and a KubeError (NotLeader) is thrown. */
export function guardWrites(connection: KubeConnection, mayWrite: () => boolean): KubeConnection {
  return {
    ...connection,
    async request(request) {
      if (request.method === "GET" || mayWrite()) return connection.request(request);
      const message = `This replica does not lead (any more): ${request.method} ${request.path.split("?")[0] ?? ""} was not sent.`;
      throw new KubeError(message, { reason: "NotLeader", retry: "backoff" });
    },
  };
}
