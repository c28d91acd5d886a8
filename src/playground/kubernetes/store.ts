// Every object at its newest version, and the changes since a while ago in one order: what watches replay and resume from.
// resourceVersion counts all changes of the server; a version older than the log of changes is gone (410).
import type { Resource } from "./resources.ts";
import { part, text } from "./json.ts";
import type { JsonObject } from "./json.ts";

/** Changes that are kept for watches to resume from: minutes of a busy demo. */
const MAX_CHANGES = 1_000;

export interface Change {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: Resource;
  readonly object: JsonObject;
  /** What the object was before, if it was there. */
  readonly before: JsonObject | undefined;
}

/** `namespace/name`; sorts as the real server lists. */
export function keyOf(object: JsonObject): string {
  const metadata = part(object, "metadata");
  return `${text(metadata, "namespace")}/${text(metadata, "name")}`;
}

export class Store {
  #version = 1;
  /** The oldest version from which every later change is still known. */
  #oldest = 1;
  #changes: Change[] = [];
  readonly #objects = new Map<Resource, Map<string, JsonObject>>();
  /** Changes that a listener makes are told after those that it is being told of: everyone hears the same order. */
  readonly #untold: Change[] = [];
  #isTelling = false;
  readonly #listeners = new Set<(change: Change) => void>();

  get version(): number {
    return this.#version;
  }

  get oldest(): number {
    return this.#oldest;
  }

  get(resource: Resource, key: string): JsonObject | undefined {
    return this.#objects.get(resource)?.get(key);
  }

  /** All objects of a resource as they were at `version`, by key; undefined if that is forgotten. */
  list(resource: Resource, version = this.#version): JsonObject[] | undefined {
    const undone = this.since(version)?.toReversed();
    if (undone === undefined) return undefined;
    const objects = new Map(this.#objects.get(resource));
    for (const change of undone) {
      if (change.resource !== resource) continue;
      if (change.before === undefined) objects.delete(keyOf(change.object));
      else objects.set(keyOf(change.object), change.before);
    }
    return [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Puts the object at the next version and tells everyone who listens; the object as stored. */
  put(resource: Resource, object: JsonObject): JsonObject {
    const key = keyOf(object);
    const before = this.get(resource, key);
    const stored = this.#stamped(object);
    const objects = this.#objects.get(resource) ?? new Map<string, JsonObject>();
    this.#objects.set(resource, objects.set(key, stored));
    this.#tell({ version: this.#version, type: before === undefined ? "ADDED" : "MODIFIED", resource, object: stored, before });
    return stored;
  }

  remove(resource: Resource, key: string): void {
    const before = this.get(resource, key);
    if (before === undefined) return;
    this.#objects.get(resource)?.delete(key);
    const last = this.#stamped(before);
    this.#tell({ version: this.#version, type: "DELETED", resource, object: last, before });
  }

  /** Changes after `version`; undefined if some of them are gone. */
  since(version: number): readonly Change[] | undefined {
    return version < this.#oldest ? undefined : this.#changes.filter((change) => change.version > version);
  }

  /** Calls `listener` for each change from now on; the answer ends it. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the changes so far, as compaction does: older versions cannot be resumed from. */
  compact(): void {
    this.#version++;
    this.#changes = [];
    this.#oldest = this.#version;
  }

  #stamped(object: JsonObject): JsonObject {
    this.#version++;
    return { ...object, metadata: { ...part(object, "metadata"), resourceVersion: String(this.#version) } };
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > MAX_CHANGES) {
      this.#changes = this.#changes.slice(-MAX_CHANGES / 2);
      this.#oldest = (this.#changes[0]?.version ?? this.#version) - 1;
    }
    this.#untold.push(change);
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) for (const listener of this.#listeners) listener(next);
    this.#isTelling = false;
  }
}
