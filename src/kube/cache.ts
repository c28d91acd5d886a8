// The objects of one resource by `namespace/name`, and the word to the handler for each that changed.
// An object of the same name but another uid is another object: the old one is reported as deleted first.
import type { KubeObject } from "./kube.ts";

interface Entry<T> {
  readonly uid: string;
  readonly version: string;
  readonly value: T;
}

export interface Cache<T> {
  set(object: KubeObject): void;
  remove(object: KubeObject): void;
  /** Starts a new generation of the cache: `add` what a list brings, then `finish` to take it over and report what differs. */
  replacement(): { add(object: KubeObject): void; finish(): void };
  readonly get: (key: string) => T | undefined;
  readonly keys: () => readonly string[];
}

export interface CacheOptions<T> {
  readonly prune: (object: KubeObject) => T;
  readonly changed: (key: string, value: T | undefined) => void;
  /** What prune or changed threw: one bad object or handler must not stop the others. */
  readonly failed: (key: string, error: unknown) => void;
}

export function createCache<T>({ prune, changed, failed }: CacheOptions<T>): Cache<T> {
  let entries = new Map<string, Entry<T>>();
  const tell = (key: string, value: T | undefined) => {
    try {
      changed(key, value);
    } catch (error) {
      failed(key, error);
    }
  };
  const entryOf = (key: string, object: KubeObject): Entry<T> | undefined => {
    const { uid = "", resourceVersion: version = "" } = object.metadata;
    try {
      return { uid, version, value: prune(object) };
    } catch (error) {
      failed(key, error);
      return undefined;
    }
  };
  const report = (key: string, old: Entry<T> | undefined, now: Entry<T>) => {
    if (old !== undefined && old.uid === now.uid && old.version === now.version && now.version !== "") return;
    if (old !== undefined && old.uid !== now.uid) tell(key, undefined);
    tell(key, now.value);
  };
  return {
    set(object) {
      const key = keyOf(object);
      const now = entryOf(key, object);
      if (now === undefined) return;
      const old = entries.get(key);
      entries.set(key, now);
      report(key, old, now);
    },
    remove(object) {
      const key = keyOf(object);
      if (entries.delete(key)) tell(key, undefined);
    },
    replacement() {
      const next = new Map<string, Entry<T>>();
      return {
        add(object) {
          const key = keyOf(object);
          const entry = entryOf(key, object) ?? entries.get(key);
          if (entry !== undefined) next.set(key, entry);
        },
        finish() {
          const before = entries;
          entries = next;
          for (const key of before.keys()) if (!next.has(key)) tell(key, undefined);
          for (const [key, now] of next) report(key, before.get(key), now);
        },
      };
    },
    get: (key) => entries.get(key)?.value,
    keys: () => [...entries.keys()],
  };
}

function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}
