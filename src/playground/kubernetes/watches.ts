// The streams of watches: what changed since a version, then what changes, one JSON line each, with bookmarks in between.
import type { ServerResponse } from "node:http";
import type { Clock } from "../../clock.ts";
import { badRequest, expired } from "./failure.ts";
import { part } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { groupVersion } from "./resources.ts";
import type { Route } from "./routes.ts";
import type { Selector } from "./selectors.ts";
import type { Change, Store } from "./store.ts";

/** How often a quiet watch learns the version, ms of the wall clock. */
const BOOKMARK_EVERY_MS = 1_000;
/** How long a watch lasts where the client does not say, ms of the wall clock. */
const DEFAULT_TIMEOUT_MS = 30 * 60_000;

export interface WatchRequest {
  readonly route: Route;
  readonly selector: Selector;
  /** "" or "0": begin with what is there. */
  readonly version: string;
  readonly hasBookmarks: boolean;
  /** NaN for the default. */
  readonly timeoutSeconds: number;
}

export interface Watches {
  open(request: WatchRequest, response: ServerResponse): void;
  /** Ends all streams as a server does that restarts. */
  closeAll(): void;
  readonly count: number;
}

export function createWatches(store: Store, wall: Clock): Watches {
  const open = new Set<() => void>();
  return {
    open(request, response) {
      const { route, selector, version, hasBookmarks, timeoutSeconds } = request;
      const { resource, namespace } = route;
      const isMine = (object: JsonObject) => (namespace === "" || part(object, "metadata")["namespace"] === namespace) && selector(object);
      const send = (type: string, object: JsonObject) => void response.write(`${JSON.stringify({ type, object })}\n`);
      const tell = (change: Change) => {
        if (change.resource !== resource) return;
        // What a selector stops or begins to select looks deleted or added.
        const was = change.before !== undefined && isMine(change.before);
        const is = change.type !== "DELETED" && isMine(change.object);
        if (was || is) send(is ? (was ? "MODIFIED" : "ADDED") : "DELETED", change.object);
      };
      const bookmark = () => {
        const metadata = { resourceVersion: String(store.version), creationTimestamp: null };
        if (hasBookmarks) send("BOOKMARK", { kind: resource.kind, apiVersion: groupVersion(resource), metadata });
      };
      const since = version === "" || version === "0" ? undefined : Number(version);
      if (Number.isNaN(since)) throw badRequest(`Invalid value: "${version}": resourceVersion must be a number`);
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      const changes = since === undefined ? [] : store.since(since);
      if (changes === undefined) {
        send("ERROR", expired(since ?? 0, store.oldest).status);
        response.end();
        return;
      }
      if (since === undefined) for (const object of store.list(resource) ?? []) if (isMine(object)) send("ADDED", object);
      for (const change of changes) tell(change);
      const stopListening = store.listen(tell);
      let timer = wall.after(BOOKMARK_EVERY_MS, function again() {
        bookmark();
        timer = wall.after(BOOKMARK_EVERY_MS, again);
      });
      const end = () => {
        open.delete(end);
        stopListening();
        timer.cancel();
        deadline.cancel();
        response.end();
      };
      const deadline = wall.after(Number.isNaN(timeoutSeconds) ? DEFAULT_TIMEOUT_MS : timeoutSeconds * 1000, () => {
        bookmark();
        end();
      });
      open.add(end);
      response.once("close", end);
    },
    closeAll() {
      for (const end of open) end();
    },
    get count() {
      return open.size;
    },
  };
}
