// The list half of a reflector: at which version the cache stands, and how it is read anew from there.
import type { Cache } from "./cache.ts";
import type { KubeConnection, KubeObject } from "./kube.ts";
import { isExpired, isVersionTooLarge, listAll } from "./list.ts";

export interface Lister {
  /** The version that the cache is at; "" before the first list. */
  readonly version: string;
  /** The first list is in. */
  readonly isListed: boolean;
  /** A watch has brought the cache to this version. */
  moveTo(version: string): void;
  /** The server does not know this version (any more, or yet): the next list asks for the newest. */
  lose(): void;
  /** Replaces the cache's content by the server's. Throws KubeError; the cache is as before then. */
  list(signal: AbortSignal): Promise<void>;
}

export interface ListerOptions {
  readonly connection: KubeConnection;
  readonly path: string;
  readonly pageSize: number;
  readonly cache: Cache<unknown>;
  /** Every list asks for the newest, in pages. */
  readonly listsNewest: boolean;
}

export function createLister({ connection, path, pageSize, cache, listsNewest }: ListerOptions): Lister {
  let version = "";
  let isLost = false;
  let isPagedByServer = false;
  let isListed = false;
  const once = async (signal: AbortSignal) => {
    const asked = isLost || listsNewest ? "" : version === "" ? "0" : version;
    // A list at a version comes from the server's cache only when it is asked for whole.
    const size = asked === "" || asked === "0" || isPagedByServer ? pageSize : 0;
    let next = cache.replacement();
    const sink = { begin: () => void (next = cache.replacement()), add: (object: KubeObject) => next.add(object) };
    const { version: listed, isPaged } = await listAll({ connection, path, version: asked, pageSize: size, signal }, sink);
    if (asked === "0" && isPaged) isPagedByServer = true;
    version = listed;
    isLost = false;
    next.finish();
    isListed = true;
  };
  return {
    get version() {
      return version;
    },
    get isListed() {
      return isListed;
    },
    moveTo: (seen) => void (version = seen),
    lose: () => void (isLost = true),
    async list(signal) {
      try {
        await once(signal);
      } catch (error) {
        if (!isExpired(error) && !isVersionTooLarge(error)) throw error;
        isLost = true;
        await once(signal);
      }
    },
  };
}
